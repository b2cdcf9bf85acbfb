"""A data set on its way into a stream: which entries are there, and where its source goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from captioner.errors import ConfigError
from captioner.formats.choose import SourceChoice
from captioner.samples.assemble import bad_record_outcome
from captioner.samples.sample import BadRecord, Record
from captioner.worker.redis_entry import entry_of
from captioner.worker.redis_link import RedisLink
from captioner.worker.redis_outcome import outcome_json
from captioner.worker.redis_scripts import APPEND, BEGIN

_ENTRIES_AT_ONCE: Final = 200
_BYTES_AT_ONCE: Final = 4 * 2**20
_MOST_NAME_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """What is on record of a batch.

    `count` entries are there, `is_complete` says that no more come. `position` is where the source
    goes on. `collected` of them are in an output, and `collecting` says in which and how far.
    """

    name: str
    identity: Mapping[str, Any]
    image_base: str
    count: int
    position: Any
    is_complete: bool
    collected: int
    collecting: Mapping[str, Any] | None

    @classmethod
    def of(cls, name: str, record: Mapping[bytes, bytes]) -> Batch:
        """Read the record. Raises ConfigError for what is none."""
        try:
            return cls(
                name=name,
                identity=json.loads(record[b"identity"]),
                image_base=record[b"image_base"].decode("utf-8", "surrogateescape"),
                count=int(record[b"count"]),
                position=json.loads(record.get(b"position", b"null")),
                is_complete=record.get(b"complete") == b"1",
                collected=int(record.get(b"collected", b"0")),
                collecting=json.loads(record.get(b"collecting", b"null")),
            )
        except (KeyError, ValueError) as error:
            raise ConfigError(
                f"batch {name}: its record in Redis is damaged ({error}): use another --batch"
            ) from None

    def id_of(self, position: int) -> str:
        """The id of one of its entries."""
        return f"{self.name}:{position}"


def check_name(name: str) -> str:
    """The name of a batch. Raises ConfigError where it can be none."""
    if not name or len(name) > _MOST_NAME_CHARS or not name.isprintable():
        raise ConfigError(f"--batch {name!r}: must be 1 to {_MOST_NAME_CHARS} printable characters")
    return name


class Enqueuer:
    """Puts a source into the stream as one batch, and goes on where an earlier life stopped."""

    def __init__(
        self,
        link: RedisLink,
        source: SourceChoice,
        *,
        batch: str,
        image_key: str,
        profile: str = "",
        keep_paths: bool = False,
    ) -> None:
        self._link = link
        self._choice = source
        self._name = check_name(batch)
        self._profile = profile
        self._image_key = image_key
        self._image_base = None if keep_paths else source.source.image_base
        self._identity = {
            "source": source.identity(),
            "image_base": source.source.image_base,
            "profile": profile,
            "keep_paths": keep_paths,
        }

    async def begin(self) -> Batch:
        """Find out what is there already.

        Raises ConfigError where a batch of this name is of another input.
        """
        place = self._link.place
        words = [
            *(self._name, "identity", json.dumps(self._identity), "kind", self._choice.kind),
            "image_base",
            self._choice.source.image_base.encode("utf-8", "surrogateescape"),
        ]
        keys = [place.batch(self._name), place.batches]
        found = await self._link.through(lambda: self._link.script(BEGIN, keys, words))
        batch = Batch.of(self._name, dict(zip(found[::2], found[1::2], strict=True)))
        if batch.identity != json.loads(json.dumps(self._identity)):
            raise ConfigError(
                f"batch {self._name} is of another input, or of one that has changed since: "
                "name another --batch, or collect that one first"
            )
        return batch

    async def run(self) -> tuple[int, int]:
        """Add what is missing; returns how many entries were there and how many there are now."""
        batch = await self.begin()
        before = batch.count
        while not batch.is_complete:
            # Once more where Redis came back with less than it had.
            await self._go_on_from(batch)
            batch = await self.begin()
        return before, batch.count

    async def _go_on_from(self, batch: Batch) -> None:
        """Add entries until there are no more, or until others are there than we know of."""
        records = self._choice.source.open(batch.position)
        count, position = batch.count, batch.position
        while True:
            words: list[Any] = []
            added = size_bytes = 0
            while added < _ENTRIES_AT_ONCE and size_bytes < _BYTES_AT_ONCE:
                record = next(records, None)
                if record is None:
                    break
                entry = self._words(record)
                words += entry
                size_bytes += sum(len(word) for word in entry if isinstance(word, bytes))
                added += 1
                position = record.position
            there = await self._append(count, position, not added, words)
            if there != count + added or not added:
                return
            count = there

    def _words(self, record: Record) -> list[Any]:
        """An entry for `APPEND`; what is no sample is a result already."""
        name = f"{self._name}:{record.id}"
        fields: list[Any] = ["id", name, "batch", self._name, "position", record.id]
        if isinstance(record, BadRecord):
            fields += ["outcome", outcome_json(bad_record_outcome(record))]
            return ["failed", name, len(fields), *fields]
        try:
            sample, images = entry_of(
                record, image_key=self._image_key, image_base=self._image_base
            )
        except (TypeError, ValueError) as error:
            raise ConfigError(f"sample {record.id} cannot be written as JSON: {error}") from None
        fields += ["sample", sample, "kind", self._choice.kind]
        if images is not None:
            fields += ["images", images]
        if self._profile:
            fields += ["profile", self._profile]
        return ["entry", name, len(fields), *fields]

    async def _append(self, count: int, position: Any, is_last: bool, words: Sequence[Any]) -> int:
        place = self._link.place
        keys = [
            *(place.stream, place.failed, place.finished),
            *(place.batch(self._name), place.batches),
        ]
        head = [self._name, count, json.dumps(position), "1" if is_last else "0"]
        answer = await self._link.through(lambda: self._link.script(APPEND, keys, [*head, *words]))
        return int(answer)
