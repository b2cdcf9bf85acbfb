"""`captioner ctl`: asks a worker beside it, and steers it, over HTTP."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from captioner.errors import ConfigError

_HTTP: Final = "CAPTIONER_WORKER_HTTP"
_TOKEN_FILES: Final = ("CAPTIONER_WORKER_CONTROL_TOKEN_FILE", "CAPTIONER_WORKER_HTTP_TOKEN_FILE")
_DEFAULT_PORT: Final = 8080
_TIMEOUT_S: Final = 8.0
_FAILED: Final = 1
_ASKS: Final = {"health": "/healthz", "status": "/status"}
_LIMITS: Final = ("concurrency", "requests_per_minute", "tokens_per_minute")
_FIRST_PROCESS: Final = Path("/proc/1/cmdline")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's words and flags."""
    parser.add_argument(
        "act",
        metavar="ACT",
        choices=("health", "status", "pause", "resume", "drain", "limits"),
        help="health, status, pause, resume, drain or limits",
    )
    parser.add_argument(
        "--concurrency", type=_concurrency, metavar="N|auto", help="limits: requests in flight"
    )
    for name in ("requests", "tokens"):
        parser.add_argument(
            f"--{name}-per-minute",
            type=_per_minute,
            metavar="N|none",
            help=f"limits: ceiling on {name}; none: as the endpoint says",
        )
    parser.add_argument("--profile", metavar="NAME", help="limits: of its endpoint alone")
    parser.add_argument(
        "--url",
        metavar="URL",
        help=f"where the worker serves HTTP (default: as {_HTTP} says, else port {_DEFAULT_PORT})",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"a file with the token that steers (default: as {' or '.join(_TOKEN_FILES)} says)",
    )


def ctl_command(arguments: argparse.Namespace) -> int:
    """Do it; return 0, or 1 where the worker refuses or does not answer.

    `health` is 0 as well in a container whose first process is a captioner that is no worker: it is
    healthy while it runs. `status` is 1 for a worker that is not ready. Raises ConfigError for
    wrong usage.
    """
    changes = {
        name: None if value in ("auto", "none") else value
        for name in _LIMITS
        if (value := getattr(arguments, name)) is not None
    }
    if (arguments.act == "limits") != bool(changes) or (arguments.profile and not changes):
        raise ConfigError(
            "ctl limits needs --concurrency, --requests-per-minute or --tokens-per-minute, "
            "and they go with limits alone"
        )
    if arguments.act == "health" and arguments.url is None and _is_first_no_worker():
        return 0
    url = (arguments.url or _address(os.environ)).rstrip("/")
    if arguments.act in _ASKS:
        answer = _call(url + _ASKS[arguments.act])
    else:
        body = changes | ({"profile": arguments.profile} if arguments.profile else {})
        token = _token(arguments.token_file, os.environ)
        answer = _call(f"{url}/control/{arguments.act}", body, token)
    print(json.dumps(answer, indent=2, ensure_ascii=True))
    return 0 if answer.get("ready", True) else _FAILED


def _call(url: str, body: Mapping[str, Any] | None = None, token: str = "") -> dict[str, Any]:
    """The answer. Ends the command, with what is wrong, where there is none or a refusal."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"--url {url}: must begin with http:// or https://")
    data = None if body is None else json.dumps(body).encode()
    try:
        request = Request(url, data, headers)  # noqa: S310 - http and https alone, see above
        # A proxy is for what is elsewhere; the worker is beside us.
        with build_opener(ProxyHandler({})).open(request, timeout=_TIMEOUT_S) as reply:
            answer = json.load(reply)
    except HTTPError as error:
        _end(f"{url} answers {error.code}: {_words(error)}")
    except (URLError, OSError, HTTPException, ValueError) as error:
        _end(f"no worker answers at {url}: {getattr(error, 'reason', None) or error}")
    if not isinstance(answer, dict):
        _end(f"what answers at {url} is no worker")
    return answer


def _end(words: str) -> NoReturn:
    print(f"captioner: {words}", file=sys.stderr)
    raise SystemExit(_FAILED)


def _words(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)


def _address(environ: Mapping[str, str]) -> str:
    """Where the worker that this environment is for can be reached from beside it."""
    host, _, port = environ.get(_HTTP, "").strip().rpartition(":")
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{host}:{port or _DEFAULT_PORT}"


def _token(given: Path | None, environ: Mapping[str, str]) -> str:
    """The token, empty without a file. Raises ConfigError."""
    named = (environ.get(variable, "").strip() for variable in _TOKEN_FILES)
    name = given or next(filter(None, named), "")
    if not name:
        return ""
    try:
        return Path(name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"the token file {name} cannot be read: {words}") from None


def _is_first_no_worker(cmdline: Path = _FIRST_PROCESS) -> bool:
    """Whether the first process here is a captioner that does something else."""
    try:
        text = cmdline.read_text("utf-8", "replace")
    except OSError:
        return False
    words = text.replace("\0", " ").split()
    for place, word in enumerate(words):
        if Path(word).name == "captioner":
            return next((each for each in words[place + 1 :] if each[0] != "-"), "") != "worker"
    return False


def _concurrency(text: str) -> int | str:
    return "auto" if text == "auto" else _number(text, int)


def _per_minute(text: str) -> float | str:
    return "none" if text == "none" else _number(text, float)


def _number(text: str, kind: type[int] | type[float]) -> Any:
    try:
        number = kind(text)
    except ValueError:
        number = kind(0)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return number
