"""One entry of a stream, while a worker has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from captioner.formats.jsonl import shortened
from captioner.samples.assemble import bad_record_outcome
from captioner.samples.outcome import Outcome
from captioner.samples.sample import BadRecord
from captioner.wiring import rules_of
from captioner.worker.desk import UnknownProfile
from captioner.worker.redis_entry import Entry, FaultyEntry
from captioner.worker.redis_outcome import is_done, needs_sample, outcome_json

if TYPE_CHECKING:
    from captioner.worker.desk import Desk
    from captioner.worker.redis_queue import RedisQueue


class RedisClaim:
    """A sample that is this worker's until its result is written or it is given back."""

    def __init__(
        self, queue: RedisQueue, entry_id: str, fields: Mapping[bytes, bytes], deliveries: int
    ) -> None:
        self.entry_id = entry_id
        self.entry = Entry.of(entry_id, fields)
        self._queue = queue
        self._fields = fields
        self.deliveries = deliveries

    @property
    def name(self) -> str:
        """The id that whoever enqueued it gave it."""
        return self.entry.id

    @property
    def profile(self) -> str:
        """Whose settings it wants."""
        return self.entry.profile

    def __repr__(self) -> str:
        return f"<RedisClaim {self.entry_id}, id {self.name!r}>"

    async def work(self, desk: Desk) -> None:
        """Caption it and write its result, however long the server may be away meanwhile.

        Raises RunStopped, Abandoned.
        """
        try:
            outcome = await self._outcome(desk)
        except FaultyEntry as fault:
            outcome = self._faulty(fault)
        await self._queue.finish(self, *self._result(outcome))

    async def give_back(self) -> None:
        """Let another worker have it at once; where the server is away, after `takeover_s`."""
        await self._queue.give_back(self)

    async def _outcome(self, desk: Desk) -> Outcome:
        if self.deliveries > self._queue.options.max_deliveries:
            raise FaultyEntry(
                "poison",
                f"it was taken {self.deliveries - 1} times, and each time its worker died",
            )
        kind = self.entry.checked_kind()
        try:
            seat = await desk.seat(self.profile)
        except UnknownProfile as error:
            raise FaultyEntry("unknown_profile", str(error)) from None
        sample = self.entry.parsed(
            self._fields, seat.settings.image_key, self._queue.options.max_body_bytes
        )
        rules = rules_of(seat.settings, kind)
        return await seat.captioner.singles.caption(sample, self.entry.id, rules=rules)

    def _faulty(self, fault: FaultyEntry) -> Outcome:
        entry = self.entry
        return bad_record_outcome(
            BadRecord(
                entry.position,
                f"entry {self.entry_id}",
                fault.reason,
                fault.detail,
                shortened(entry.sample),
            )
        )

    def _result(self, outcome: Outcome) -> tuple[bool, dict[str, str | int | bytes]]:
        entry = self.entry
        fields: dict[str, str | int | bytes] = {"id": entry.id, "outcome": outcome_json(outcome)}
        if entry.batch:
            fields |= {"batch": entry.batch, "position": entry.position}
        if needs_sample(outcome):
            fields["sample"] = entry.sample
        return is_done(outcome), fields
