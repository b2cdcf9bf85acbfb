"""An OpenAI-compatible endpoint to rehearse against, in or out of the process.

`options` says what it can do (light to import), `server` is the endpoint itself. The way of a
request: `keys` › `checks` (with `parameters`, `image_urls`) › `pixels` › `pretend` (with
`bucket`, `other_client`, `faults`, `describe`, `replies`) › back; `stats` and `allowance` tell of
it. Only `server` and `doors` know aiohttp, only `pixels` knows Pillow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from captioner.endpoint.options import EndpointOptions

if TYPE_CHECKING:
    from captioner.endpoint.checks import AskedRequest
    from captioner.endpoint.replies import ScriptedReply
    from captioner.endpoint.server import RehearsalEndpoint

__all__ = ["AskedRequest", "EndpointOptions", "RehearsalEndpoint", "ScriptedReply"]

_HOMES = {"AskedRequest": "checks", "RehearsalEndpoint": "server", "ScriptedReply": "replies"}


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is asked for: the options alone make the command's flags."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
