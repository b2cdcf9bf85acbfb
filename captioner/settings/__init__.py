"""Every option once: its type, default, range, and what it affects. A leaf."""

from __future__ import annotations

from captioner.settings.declare import Affects, affects, secrets
from captioner.settings.endpoint_url import EMBEDDED, is_official, join_url, normalise_base_url
from captioner.settings.fields import Settings, public_dump
from captioner.settings.key import ResolvedKey, resolve_key
from captioner.settings.loading import load_settings, settings_from
from captioner.settings.profiles import load_profiles
from captioner.settings.working import WorkerOptions, load_options

__all__ = [
    "EMBEDDED",
    "Affects",
    "ResolvedKey",
    "Settings",
    "WorkerOptions",
    "affects",
    "is_official",
    "join_url",
    "load_options",
    "load_profiles",
    "load_settings",
    "normalise_base_url",
    "public_dump",
    "resolve_key",
    "secrets",
    "settings_from",
]
