"""Key files of profiles: a new key is sent, and may let a profile go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from captioner.errors import ConfigError
from captioner.road import Road
from captioner.settings import Settings


class KeyFiles:
    """Looks at the key files that `profiles` (name → settings) are to use."""

    def __init__(self, profiles: Mapping[str, Settings]) -> None:
        self._keyed = {
            name: (settings, settings.api_key_file)
            for name, settings in profiles.items()
            if settings.api_key_file is not None
        }
        self._states = {name: file_state(file) for name, (_, file) in self._keyed.items()}

    async def renewed(self, roads: Mapping[str, Road]) -> set[str]:
        """The profiles whose key is another than at the last look; their roads send it from now on.

        `roads` are open, by profile; all profiles on a road have its key. Of a profile without one
        it counts that its file has changed: nothing knows what was in it.
        """
        names: set[str] = set()
        renewed: list[Road] = []
        for name, (settings, file) in self._keyed.items():
            state = await asyncio.to_thread(file_state, file)
            has_changed, self._states[name] = state != self._states[name], state
            road = roads.get(name)
            if road is None:
                if has_changed:
                    names.add(name)
                continue
            with suppress(ConfigError):
                if await asyncio.to_thread(road.renew_key, settings):
                    renewed.append(road)
        on_road = {name for name, road in roads.items() if any(road is each for each in renewed)}
        return names | on_road


def file_state(path: Path) -> tuple[int, ...] | None:
    """What is another once a file was written, replaced, or may be read again; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
