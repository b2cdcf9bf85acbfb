"""The table of errors, a row a test, and answers that make no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from captioner.samples.outcome import Usage
from captioner.samples.reasons import REASONS
from captioner.vision.reply import Action, Problem, Reply, read

VERDICTS = {"bad_key", "no_quota", "bad_request_settings"}


def _read(status: int, body: object, **headers: str) -> Reply | Problem:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(status, CIMultiDict(named), content, now_unix_s=1_700_000_000.0)


def _problem(status: int, body: object, **headers: str) -> Problem:
    problem = _read(status, body, **headers)
    assert isinstance(problem, Problem)
    known = VERDICTS if problem.action is Action.STOP else REASONS
    assert problem.reason in known or problem.action is Action.CHANGE_DIALECT
    return problem


def _error(message: str = "", **fields: object) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


def _reply(message: dict[str, Any], **choice: object) -> Reply:
    reply = _read(200, {"choices": [{"message": message, **choice}]})
    assert isinstance(reply, Reply)
    return reply


# --- the table


_RATE = (
    "Rate limit reached for gpt-4o (for limit gpt-4o) in organization org-1 on tokens per min "
    "(TPM): Limit 30,000, Used 29,900, Requested 1,200. Please try again in 2.2s. You can "
    "increase it by adding a payment method at https://platform.example/account/billing."
)


def test_429_rate_limit_slows_down_as_told() -> None:
    """By header, else by its words; that it names the page of bills does not mean no money."""
    body = _error(_RATE, code="rate_limit_exceeded", type="tokens")
    problem = _problem(429, body)
    assert (problem.action, problem.reason) == (Action.SLOW_DOWN, "rate_limited")
    assert problem.wait_s == pytest.approx(2.2)
    assert _problem(429, body, Retry_After_Ms="300").wait_s == pytest.approx(0.3)
    assert _problem(429, {}).wait_s is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, _error("You exceeded your current quota", code="insufficient_quota")),
        (429, _error("quota", type="insufficient_quota", code=None)),
        (429, _error("Your credit balance is too low to access the API")),
        (400, _error("Your credit balance is too low to access the API")),
        (429, _error("Account inactive", code="billing_not_active")),
        (402, _error("Pay first")),
        (402, b"Payment Required"),
    ],
)
def test_429_without_money_stops_the_run(status: int, body: object) -> None:
    """Every further request would fail as well."""
    problem = _problem(status, body)
    assert (problem.action, problem.reason) == (Action.STOP, "no_quota")


@pytest.mark.parametrize(
    "message",
    [
        "Request too large for gpt-4o (for limit gpt-4o) on TPM: Limit 30000, Requested 42013.",
        "Limit: 30,000, Used: 1, Requested: 42,013",
    ],
)
def test_429_that_can_never_pass_is_shrunk(message: str) -> None:
    """Waiting would not help a request above the limit, whatever else is used."""
    problem = _problem(429, _error(message, code="rate_limit_exceeded"), Retry_After="9")
    assert (problem.action, problem.reason) == (Action.SHRINK, "too_large")


@pytest.mark.parametrize(
    "message",
    [
        _RATE,
        "Rate limit for gpt-4o: Limit 30000, Requested 300",
        "Rate limit for gpt-4o, Requested 300",
    ],
)
def test_digits_of_model_names_are_no_limits(message: str) -> None:
    """The 4 of gpt-4o is not the limit that 300 exceeds."""
    assert _problem(429, _error(message)).action is Action.SLOW_DOWN


def test_429_without_capacity_backs_off() -> None:
    """The flex tier has no room: no wait is told."""
    problem = _problem(429, _error("Resource unavailable", code="resource_unavailable"))
    assert (problem.action, problem.wait_s) == (Action.SLOW_DOWN, None)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (408, "timeout"),
        (409, "server_error"),
        (500, "server_error"),
        (502, "server_error"),
        (503, "server_error"),
        (504, "timeout"),
        (529, "server_error"),
    ],
)
def test_server_errors_are_tried_again(status: int, reason: str) -> None:
    """Whatever stands in their body; a wait they tell is kept."""
    for body in (b"", b"<html>Bad gateway</html>", _error("The server had an error")):
        problem = _problem(status, body, Retry_After="7")
        assert (problem.action, problem.reason, problem.wait_s) == (Action.RETRY, reason, 7.0)


@pytest.mark.parametrize(
    "error",
    [
        _error("Timeout while downloading https://x.example", code="invalid_image_url"),
        _error("Error while downloading the image."),
        _error("An error occurred", code="sanitizer_server_error"),
        _error("You uploaded an unsupported image.", code="invalid_image_format"),
        _error("You uploaded an unsupported image. Please make sure it is valid."),
        _error("cannot identify image file <_io.BytesIO object>"),
    ],
)
def test_400_about_the_image_is_encoded_anew(error: object) -> None:
    """Once, as a data URL, which is how all images are sent."""
    problem = _problem(400, error)
    assert (problem.action, problem.reason) == (Action.REENCODE, "unreadable_image")


@pytest.mark.parametrize(
    ("error", "parameter"),
    [
        (
            _error(
                "Use 'max_completion_tokens'.", code="unsupported_parameter", param="max_tokens"
            ),
            "max_tokens",
        ),
        (_error("No 0.2", code="unsupported_value", param="temperature"), "temperature"),
        (
            _error("No", code="unknown_parameter", param="messages[1].content[0].image_url.detail"),
            "detail",
        ),
        (
            _error(
                "litellm.BadRequestError: Unsupported parameter: 'max_tokens' is not supported "
                "with this model.",
                code="400",
            ),
            "max_tokens",
        ),
        (_error("Unsupported value: 'temperature' does not support 0.2"), "temperature"),
        (_error("No", code="unsupported_parameter"), ""),
    ],
)
def test_400_about_a_parameter_changes_the_dialect(error: object, parameter: str) -> None:
    """It says which one, by field or, behind a proxy, by its words."""
    problem = _problem(400, error)
    assert (problem.action, problem.parameter) == (Action.CHANGE_DIALECT, parameter)


def test_400_content_policy_is_no_blind_retry() -> None:
    """The request was refused; a filter's word is kept apart."""
    refused = _problem(400, _error("Your request was rejected", code="content_policy_violation"))
    assert (refused.action, refused.reason) == (Action.FAIL, "refused")
    azure = _error("The response was filtered", code="content_filter", status=400)
    filtered = _problem(400, azure, X_Should_Retry="true")
    assert (filtered.action, filtered.reason) == (Action.FAIL, "filtered")
    moderated = _problem(403, _error("Input was flagged by moderation"))
    assert (moderated.action, moderated.reason) == (Action.FAIL, "filtered")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, _error("too long", code="context_length_exceeded")),
        (400, _error("This model's maximum context length is 4096 tokens.")),
        (400, _error("the request exceeds the available context size")),
        (413, _error("Payload too large")),
        (413, b"<html>413 Request Entity Too Large</html>"),
        (413, b""),
    ],
)
def test_what_is_too_large_is_shrunk(status: int, body: object) -> None:
    """By its code, its words or its status."""
    problem = _problem(status, body)
    assert (problem.action, problem.reason) == (Action.SHRINK, "too_large")


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (401, _error("Incorrect API key provided"), "bad_key"),
        (403, _error("Country not supported"), "bad_key"),
        (404, _error("no such model", code="model_not_found"), "bad_request_settings"),
        (400, _error("no such model", code="model_not_found"), "bad_request_settings"),
        (404, b"404 page not found", "bad_request_settings"),
        (301, b"", "bad_request_settings"),
        (500, _error("image input is not supported - hint: mmproj"), "bad_request_settings"),
    ],
)
def test_configuration_stops_the_run(status: int, body: object, verdict: str) -> None:
    """At the first one: nothing that is sent later would fare better."""
    problem = _problem(status, body, X_Should_Retry="true")
    assert (problem.action, problem.reason) == (Action.STOP, verdict)
    assert problem.detail.startswith(f"HTTP {status}")


def test_200_that_is_no_caption_is_a_reply_to_be_judged() -> None:
    """Refusals, filters and empty contents are paid for and judged later."""
    assert _reply({"content": None, "refusal": "I cannot"}).refusal == "I cannot"
    assert _reply({"content": ""}, finish_reason="content_filter") == Reply(
        "", None, "content_filter"
    )
    assert _reply({}) == Reply(None, None, None)
    assert _reply({"content": "cut"}, finish_reason="length").finish_reason == "length"


@pytest.mark.parametrize(
    "body",
    [
        {"choices": []},
        {"choices": None},
        {},
        [],
        None,
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        _error("upstream failed"),
        {"error": "upstream failed"},
        b"",
        b'{"choices": [{"message": {"content": "cut off',
        b"<html></html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_200_without_a_reply_is_tried_again(body: object) -> None:
    """Broken proxies answer so."""
    problem = _problem(200, body)
    assert (problem.action, problem.reason) == (Action.RETRY, "bad_reply")


def test_other_answers() -> None:
    """Unknown 4xx fail their own placeholder, odd 2xx are tried again."""
    assert _problem(418, {}).action is Action.FAIL
    assert _problem(422, _error("field required")).reason == "rejected"
    assert _problem(202, {}).action is Action.RETRY


def test_x_should_retry_overrides_the_status() -> None:
    """Both ways, where only the status decided."""
    assert _problem(400, _error("odd"), X_Should_Retry="true", Retry_After="2") == Problem(
        Action.RETRY, "rejected", "HTTP 400: odd", 2.0
    )
    assert _problem(503, {}, X_Should_Retry="false").action is Action.FAIL
    assert _problem(429, {}, X_Should_Retry="FALSE").action is Action.FAIL
    assert _problem(503, {}, X_Should_Retry="true").action is Action.RETRY


# --- fields and words


def test_every_field_of_a_reply_is_read() -> None:
    """As the official API sends it."""
    reply = _read(
        200,
        {
            "model": "gpt-x",
            "service_tier": "flex",
            "choices": [
                {"message": {"content": " A dog. \n", "refusal": None}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
        },
    )
    assert reply == Reply(" A dog. \n", None, "stop", Usage(100, 7), "gpt-x", "flex")


def test_content_may_be_a_list_of_parts() -> None:
    """Some proxies send it so; parts that are no text are left out."""
    parts = [
        {"type": "text", "text": "A "},
        {"type": "reasoning", "text": "hm"},
        {"text": "dog"},
        {"type": "text", "text": None},
        {"type": "text", "text": {"value": "x"}},
        "loose",
    ]
    assert _reply({"content": parts}).content == "A dog"


@pytest.mark.parametrize(
    "usage", [None, [], {}, {"prompt_tokens": "7", "completion_tokens": 1}, {"prompt_tokens": 3}]
)
def test_a_usage_that_makes_no_sense_is_none(usage: object) -> None:
    """The caption is kept."""
    reply = _read(200, {"choices": [{"message": {"content": "x"}}], "usage": usage})
    assert reply == Reply("x", None, None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "m"}}, "m"),
        ({"error": "m"}, "m"),
        ({"message": "m", "code": 400}, "m"),
        ({"error": None, "message": "m"}, "m"),
        ([{"error": {"message": "m"}}], "m"),
        ({"detail": "m"}, "m"),
        ({"detail": [{"loc": ["body"], "msg": "m"}]}, '[{"loc": ["body"], "msg": "m"}]'),
        (b"plain m", "plain m"),
        ({"error": {"message": " a\n b\x1b[31m\ud800 "}}, "a b [31m"),
    ],
)
def test_the_servers_words_are_found(body: object, words: str) -> None:
    """In the forms that the servers of this API use, on one line, with nothing unprintable."""
    assert _problem(400, body).detail == f"HTTP 400: {words}"


def test_a_page_of_html_is_not_shown() -> None:
    """Its status says enough."""
    assert _problem(502, b" <!doctype html><p>Bad gateway").detail == "HTTP 502"


def test_the_words_never_hold_an_image_and_are_short() -> None:
    """A server that quotes the request does not fill the log with base64."""
    data = "/9j/" + "Ab0+" * 5000
    for quoted in (f"data:image/jpeg;base64,{data}", data):
        detail = _problem(400, _error(f"bad input '{quoted}' here")).detail
        assert detail == "HTTP 400: bad input '(image)' here"
    assert len(_problem(400, _error("word " * 500)).detail) < 330


def test_a_mark_behind_a_quoted_request_still_decides() -> None:
    """What is shown is shortened, not what is read."""
    message = f"prompt was: {'long ' * 200}. This model's maximum context length is 10 tokens"
    assert _problem(400, _error(message)).action is Action.SHRINK


# --- nothing ever raises

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "message",
                    "choices",
                    "content",
                    "code",
                    "type",
                    "param",
                    "usage",
                    "detail",
                    "finish_reason",
                    "refusal",
                    "prompt_tokens",
                    "text",
                    "model",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300)
@given(
    status=st.sampled_from([200, 204, 302, 400, 401, 403, 404, 408, 413, 422, 429, 500, 599]),
    body=st.one_of(
        st.binary(max_size=100),
        _JSON.map(lambda value: json.dumps(value).encode()),
        st.builds(lambda value, cut: json.dumps(value).encode()[:cut], _JSON, st.integers(0, 60)),
        st.builds(
            lambda message, choice: json.dumps(
                {"choices": [{"message": message, **choice}]}
            ).encode(),
            _JSON,
            st.dictionaries(st.sampled_from(["message", "finish_reason"]), _JSON),
        ),
    ),
    should=st.sampled_from(["", "true", "false", "perhaps"]),
)
def test_whatever_comes_back_is_read(status: int, body: bytes, should: str) -> None:
    """A reply or a problem with a known reason, never an exception; details are one short line."""
    answer = read(status, CIMultiDict({"x-should-retry": should}), body, now_unix_s=0.0)
    if isinstance(answer, Problem):
        assert answer.reason in REASONS.keys() | VERDICTS
        assert len(answer.detail) < 350
        assert "".join(answer.detail.splitlines()) == answer.detail
    else:
        assert status == 200
        assert isinstance(answer.content, str | None)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("depth", [10, 300, 600, 900, 950, 980, 990, 2000, 100_000])
@pytest.mark.parametrize("shape", ['{"error":{"message":%s}}', '{"error":%s}', '{"detail":%s}'])
def test_depth_does_not_break_it(status: int, depth: int, shape: str) -> None:
    """Not even where reading just works and writing it out does not."""
    body = shape.replace("%s", "[" * depth + "]" * depth).encode()
    assert isinstance(_read(status, body), Problem)
