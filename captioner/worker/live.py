"""What people look at: how fast it goes, and the last captions with their images."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from captioner.errors import PlaceholderError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    ImagePrepared,
    Observer,
    PlaceholderSettled,
)
from captioner.report.rate import Rate
from captioner.report.wording import place_name
from captioner.vision.image import prepare
from captioner.worker.pauses import profile_label

_SHOWN: Final = 12
_SPAN_S: Final = 15
_HISTORY_S: Final = 600
_EVERY_S: Final = 1.0
_BARE_EVERY_S: Final = 3.0
"""Captions with a picture are preferred: others are shown where for so long there was none."""
_PENDING: Final = 32
"""Thumbnails whose caption is still to come, of one run: after so many the oldest is let go."""
_THUMBNAIL_PX: Final = 320
_CAPTION_CHARS: Final = 2000
_PICODOLLARS: Final = 1e12

_Id = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """A caption, or why there is none; `thumbnail` is the id of its picture, empty without."""

    at_unix_s: float
    profile: str
    run: str
    image: str
    caption: str
    verdict: str
    detail: str
    reused: bool
    thumbnail: str


class Live:
    """Keeps rates, and the last captions: of many, about one a second.

    `keep` must run beside: it makes the thumbnails, in a thread, at most one a second. `clock`
    gives seconds that never go back, `unix_s` the time of day.
    """

    def __init__(self, clock: Callable[[], float], unix_s: Callable[[], float]) -> None:
        now_s = clock()
        self._clock, self._unix_s = clock, unix_s
        self._captions = Rate(now_s, _SPAN_S)
        self._requests: dict[str, Rate] = {}
        self._tokens: dict[str, Rate] = {}
        self._began_s = now_s
        self._history: deque[tuple[int, int]] = deque()
        self._verdicts: Counter[tuple[str, str]] = Counter()
        self._picodollars: Counter[str] = Counter()
        self._shown: deque[Shown] = deque(maxlen=_SHOWN)
        self._thumbnails: dict[str, tuple[str, bytes]] = {}
        self._last_shown_s = self._last_taken_s = now_s - _BARE_EVERY_S
        self._wanted: asyncio.Queue[tuple[str, bytes, str]] = asyncio.Queue()

    def listen(self, profile: str, run: str) -> Observer:
        """Shows what happens in this run under the profile's name."""
        name = profile_label(profile)
        requests = self._requests.setdefault(name, Rate(self._clock(), _SPAN_S))
        tokens = self._tokens.setdefault(name, Rate(self._clock(), _SPAN_S))
        pending: dict[_Id, str] = {}

        def observe(event: Event) -> None:
            match event:
                case AttemptStarted():
                    now_s = self._clock()
                    requests.add(now_s, 1)
                    tokens.add(now_s, event.tokens)
                case AttemptEnded():
                    self._picodollars[name] += event.picodollars or 0
                case ImagePrepared():
                    self._take_image(pending, event)
                case PlaceholderSettled():
                    self._settled(name, run, event, pending.pop((event.sample, event.index), ""))
                case _:
                    pass

        return observe

    def thumbnail(self, name: str) -> tuple[str, bytes] | None:
        """The type and bytes of a picture that is shown, None once it is not any more."""
        return self._thumbnails.get(name)

    def to_dict(self) -> dict[str, Any]:
        """Rates, counts and the last captions as JSON values, the newest caption first.

        `history` holds captions of each second of the last ten minutes, the newest last.
        """
        now_s = self._clock()
        return {
            "captions_per_s": self._captions.per_second(now_s),
            "profiles": {
                name: {
                    "requests_per_minute": 60 * rate.per_second(now_s),
                    "tokens_per_minute": 60 * self._tokens[name].per_second(now_s),
                    "verdicts": {
                        verdict: count
                        for (profile, verdict), count in sorted(self._verdicts.items())
                        if profile == name
                    },
                    "dollars": self._picodollars[name] / _PICODOLLARS,
                }
                for name, rate in self._requests.items()
            },
            "history": self._seconds(int(now_s)),
            "captions": [asdict(shown) for shown in reversed(self._shown)],
        }

    async def keep(self) -> None:
        """Make thumbnails until it is cancelled."""
        while True:
            name, data, label = await self._wanted.get()
            if (made := await asyncio.to_thread(_thumbnail, data, label)) is not None:
                self._thumbnails[name] = made
            self._forget()

    def _take_image(self, pending: dict[_Id, str], event: ImagePrepared) -> None:
        now_s = self._clock()
        if not event.data or now_s - self._last_taken_s < _EVERY_S or self._wanted.qsize():
            return
        self._last_taken_s = now_s
        name = secrets.token_urlsafe(9)
        while len(pending) >= _PENDING:
            del pending[next(iter(pending))]
        pending[event.sample, event.index] = name
        self._wanted.put_nowait((name, event.data, f"sample {event.sample}"))

    def _settled(self, name: str, run: str, event: PlaceholderSettled, thumbnail: str) -> None:
        now_s = self._clock()
        self._verdicts[name, event.verdict] += 1
        if event.caption is not None:
            self._captions.add(now_s, 1)
            self._count(int(now_s))
        if not thumbnail and now_s - self._last_shown_s < _BARE_EVERY_S:
            return
        self._last_shown_s = now_s
        self._shown.append(
            Shown(
                self._unix_s(),
                name,
                run,
                place_name(event.image or ""),
                (event.caption or "")[:_CAPTION_CHARS],
                event.verdict,
                "" if event.caption is not None else event.detail,
                event.reused,
                thumbnail,
            )
        )

    def _count(self, second: int) -> None:
        if self._history and self._history[-1][0] == second:
            self._history[-1] = second, self._history[-1][1] + 1
            return
        self._history.append((second, 1))
        while self._history[0][0] <= second - _HISTORY_S:
            self._history.popleft()

    def _seconds(self, now: int) -> list[int]:
        """Up to the last whole second."""
        first = max(int(self._began_s), now - _HISTORY_S)
        counts = dict(self._history)
        return [counts.get(second, 0) for second in range(first, now)]

    def _forget(self) -> None:
        """Keep those that are shown, and the newest that may yet be."""
        shown = {shown.thumbnail for shown in self._shown}
        newest = set(list(self._thumbnails)[-_PENDING:])
        for name in [name for name in self._thumbnails if name not in shown | newest]:
            del self._thumbnails[name]


def _thumbnail(data: bytes, label: str) -> tuple[str, bytes] | None:
    """A small JPEG, decoded with the care that all images get; None where there is none."""
    try:
        small = prepare(data, label, effort="reencode", max_side_px=_THUMBNAIL_PX)
    except PlaceholderError:
        return None
    return small.mime, small.data
