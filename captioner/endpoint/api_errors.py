"""The error bodies of the API, in its official shape and with the codes clients look for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from captioner.endpoint.replies import Answer

INVALID = "invalid_request_error"


class ApiError(Exception):
    """A request that is turned away: `status` and the four fields of the official error body.

    `type_` is the body's `type`; `headers` go out with it.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type_: str = INVALID,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type_ = type_
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def with_headers(self, headers: Mapping[str, str]) -> ApiError:
        """The same error, with more headers."""
        return ApiError(
            self.status,
            self.message,
            type_=self.type_,
            param=self.param,
            code=self.code,
            headers={**headers, **self.headers},
        )

    def answer(self) -> Answer:
        """The reply that carries it."""
        error = {
            "message": self.message,
            "type": self.type_,
            "param": self.param,
            "code": self.code,
        }
        return Answer(self.status, json.dumps({"error": error}).encode(), self.headers)


def invalid(message: str, *, param: str | None, code: str | None) -> ApiError:
    """A 400 for a request that is wrong."""
    return ApiError(400, message, param=param, code=code)


def missing(param: str) -> ApiError:
    """A required parameter is not there."""
    return invalid(
        f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
    )


def unknown(param: str) -> ApiError:
    """A parameter that the API does not know."""
    return invalid(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def wrong_type(param: str, expected: str, value: object) -> ApiError:
    """A value of another JSON type than `expected` ("a string")."""
    return invalid(
        f"Invalid type for '{param}': expected {expected}, but got {_json_type(value)} instead.",
        param=param,
        code="invalid_type",
    )


def wrong_value(param: str, value: str, supported: tuple[str, ...]) -> ApiError:
    """A word that is none of the supported ones."""
    words = ", ".join(f"'{word}'" for word in supported)
    return invalid(
        f"Invalid value: '{value[:64]}'. Supported values are: {words}.",
        param=param,
        code="invalid_value",
    )


def empty_array(param: str) -> ApiError:
    """A list that must not be empty."""
    return invalid(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1.",
        param=param,
        code="empty_array",
    )


def not_offered(param: str, what: str) -> ApiError:
    """The real API has it; a rehearsal does not."""
    return invalid(
        f"Unsupported value: {what} is not offered by the rehearsal endpoint.",
        param=param,
        code="unsupported_value",
    )


def invalid_image(message: str, *, param: str | None = None) -> ApiError:
    """Bytes that are no image the API takes."""
    return invalid(
        f"You uploaded an unsupported image. {message} "
        "Please make sure your image is one of: ['png', 'jpeg', 'gif', 'webp'].",
        param=param,
        code="invalid_image_format",
    )


def model_not_found(model: str) -> ApiError:
    """No such model for this key."""
    return ApiError(
        404,
        f"The model `{model[:128]}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def too_large(limit_bytes: int) -> ApiError:
    """The body as a whole is over the limit."""
    return ApiError(
        413,
        f"Payload too large: a request may hold at most {limit_bytes} bytes.",
        code="payload_too_large",
    )


def no_quota() -> ApiError:
    """The money is gone."""
    return ApiError(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        type_="insufficient_quota",
        code="insufficient_quota",
    )


def unavailable() -> ApiError:
    """The whole service is down."""
    return ApiError(
        503, "The service is unavailable. Please try again later.", type_="server_error"
    )


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
