"""What the errors of a request mean: none of aiohttp's goes any further. Pure."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
from yarl import URL

from captioner.errors import CaptionerError, RunStopped, TransientError
from captioner.vision.exchange import AnswerTooLongError

_NO_ADDRESS = (
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    ValueError,
)
TROUBLE = (
    *_NO_ADDRESS,
    aiohttp.ClientError,
    AnswerTooLongError,
    OSError,
    asyncio.IncompleteReadError,
)
"""All that may go wrong with a request and is no mistake in this program."""


def explained(error: Exception, url: str) -> CaptionerError:
    """One of `TROUBLE` as who asked should know it."""
    where = host_of(url)
    match error:
        case AnswerTooLongError():
            return TransientError("bad_reply", f"the answer of {where} has {error}")
        case aiohttp.ConnectionTimeoutError():
            return TransientError("connection", f"no connection to {where} in time", sent=False)
        case TimeoutError():
            return TransientError("timeout", f"no whole answer from {where} in time")
        case aiohttp.ClientConnectorCertificateError():
            return TransientError("connection", f"{where} shows a bad certificate", sent=False)
        case aiohttp.ClientConnectorError() | ssl.SSLError():
            sent = not isinstance(error, aiohttp.ClientConnectorError)
            return TransientError(
                "connection", f"no connection to {where}: {_why(error)}", sent=sent
            )
        case _ if not isinstance(error, _NO_ADDRESS):
            return TransientError("connection", f"the connection to {where} broke: {_why(error)}")
        case _:
            return RunStopped(
                "bad_request_settings",
                f"no request to {where} can be made: check --base-url, the key and --extra-headers",
            )


def host_of(url: str) -> str:
    """The address without credentials, path and query, for messages."""
    try:
        parsed = URL(url)
        return f"{parsed.host}:{parsed.port}" if parsed.host else "the address"
    except ValueError:
        return "the address"


def _why(error: BaseException) -> str:
    """An error in words without addresses, which may hold keys."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(cause, "strerror", None) or type(cause).__name__
