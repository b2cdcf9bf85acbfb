"""How far the names in samples may reach: into this machine, its network and its buckets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be read because a sample says so; the default is for samples one trusts.

    `image_root` is a folder, or a bucket and prefix as a URL: files and objects outside are then
    refused, however they are spelled and wherever links lead. `allow_private_urls` lets addresses
    lead to private, loopback and other addresses that are not on the public internet, but never to
    those where clouds hand out keys.
    `allow_local_files` is off for samples that come from elsewhere: without an `image_root` they
    then name no file of this machine.
    """

    image_root: str | None = None
    allow_private_urls: bool = False
    allow_local_files: bool = True

    @property
    def root_url(self) -> str | None:
        """The `image_root` if it is in a bucket."""
        return self.image_root if self.image_root and is_url(self.image_root) else None

    @property
    def root_folder(self) -> str | None:
        """The `image_root` if it is a folder."""
        return self.image_root if self.image_root and not is_url(self.image_root) else None


def is_url(text: str) -> bool:
    """Does it start with a scheme and two slashes?"""
    return _URL.match(text) is not None
