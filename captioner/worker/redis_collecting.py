"""The results of a batch in the order of its input: from Redis to an output, and then out of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from captioner import __version__
from captioner.errors import ConfigError, RunStopped
from captioner.formats.choose import open_sink
from captioner.formats.failures import FailuresFile
from captioner.formats.journal import Journal
from captioner.jobs.end import JobEnd, Status, exit_status_of
from captioner.report.summary import RunFacts, build_summary, read_summary, write_summary
from captioner.report.tally import Tally
from captioner.samples.outcome import Outcome
from captioner.worker.redis_batch import Batch, check_name
from captioner.worker.redis_link import RedisLink
from captioner.worker.redis_outcome import outcome_of
from captioner.worker.redis_retold import retold
from captioner.worker.redis_scripts import COLLECTED, FETCH

_AT_ONCE: Final = 500
_BYTES_AT_ONCE: Final = 8 * 2**20
_LOOK_EVERY_S: Final = 0.5
_CHECKPOINT_EVERY_S: Final = 1.0
_NOT_THERE: Final = "results_missing"


class Collector:
    """Writes a batch to OUTPUT, failures and summary beside it, as a run of it would.

    What is durable there is taken out of Redis; where a later life goes on stands there as well,
    written in the same step. Raises ConfigError where OUTPUT cannot work.
    """

    def __init__(
        self,
        link: RedisLink,
        output: str,
        *,
        batch: str | None = None,
        state_dir: Path | None = None,
        wait: bool = True,
        max_failed_share: float = 0.0,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._link = link
        self._output = output
        self._batch_name = None if batch is None else check_name(batch)
        self._wait = wait
        self._max_failed_share = max_failed_share
        self._tell = tell
        if output == "-":
            raise ConfigError("captioner collect writes what it can go on with: name a file")
        self._chosen = open_sink(output, state_dir=state_dir)
        self._state = self._chosen.state
        self.tally = Tally(time.monotonic)

    async def run(self) -> JobEnd:
        """Collect. Raises ConfigError where there is no such batch, or OUTPUT is of another."""
        name = self._batch_name or await self._only_batch()
        batch = await self._batch(name)
        if batch is None:
            return self._done_before(name)
        going_on = self._look_back(batch)
        journal = Journal(self._chosen.sink, FailuresFile(self._state.failures, batch.image_base))
        journal.resume(going_on)
        try:
            # From now on a later life can tell its own output from a foreign one.
            await self._checkpoint(journal, batch.name, batch.collected, ())
            return await self._collect(journal, batch)
        except OSError as error:
            raise RunStopped("output_unwritable", f"cannot write: {error}") from error
        finally:
            journal.close()

    async def _collect(self, journal: Journal, batch: Batch) -> JobEnd:
        position, unsaved = batch.collected, list[str]()
        saved_s = time.monotonic()
        while True:
            outcomes = await self._fetched(batch, position)
            if outcomes:
                journal.write(outcomes)
                for outcome in outcomes:
                    self._count(outcome)
                unsaved += [batch.id_of(outcome.record.id) for outcome in outcomes]
                position += len(outcomes)
            is_due = not outcomes or time.monotonic() - saved_s >= _CHECKPOINT_EVERY_S
            if unsaved and is_due:
                await self._checkpoint(journal, batch.name, position, unsaved)
                unsaved, saved_s = [], time.monotonic()
            if outcomes:
                continue
            batch = await self._batch(batch.name) or batch
            if batch.is_complete and position >= batch.count:
                return await self._finish(journal, batch)
            if not self._wait:
                return self._ended(batch, position)
            self._tell(f"{position:,} of {self._shown(batch)} collected; waiting.")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _finish(self, journal: Journal, batch: Batch) -> JobEnd:
        """The output gets its name; then nothing of the batch is left in Redis."""
        too_many = self.tally.failed_share > self._max_failed_share
        exit_status = exit_status_of("complete", None, too_many=too_many)
        journal.finish()
        summary = self._summary(batch, "complete", exit_status)
        if self._chosen.delivery is not None:
            self._chosen.delivery.summary()
        await self._link.through(self._forget(batch.name))
        return JobEnd(exit_status, summary)

    def _ended(self, batch: Batch, position: int) -> JobEnd:
        error = RunStopped(
            _NOT_THERE, f"{position:,} of {self._shown(batch)} are there, in order; more will come"
        )
        exit_status = exit_status_of("stopped", None, too_many=False)
        return JobEnd(exit_status, self._summary(batch, "stopped", exit_status, error))

    def _done_before(self, name: str) -> JobEnd:
        """What the summary says of a batch that is no longer in Redis."""
        told = read_summary(self._state.summary)
        output = self._state.output
        is_of_it = told is not None and told.get("input") == self._input(name)
        is_there = self._chosen.delivery is not None or (output is not None and output.exists())
        if told is not None and is_of_it and is_there and told["status"] == "complete":
            return JobEnd(int(told["exit_status"]), told, already_done=True)
        raise ConfigError(
            f"there is no batch {name} at {self._link.place.shown}: check --batch and --queue"
        )

    def _look_back(self, batch: Batch) -> Any:
        """Where an earlier life stood, and its counts. Raises ConfigError for another OUTPUT."""
        before = batch.collecting
        output = self._state.output
        if before is None:
            if output is not None and output.exists():
                raise ConfigError(f"{self._output} exists: remove it, or choose another OUTPUT")
            return None
        if before["output"] != self._state.scope:
            raise ConfigError(
                f"batch {batch.name} is being collected into {before['output']}: name that OUTPUT"
            )
        self.tally = Tally.restore(before["tally"], time.monotonic)
        return before["token"]

    async def _checkpoint(
        self, journal: Journal, name: str, position: int, ids: Sequence[str]
    ) -> None:
        place = self._link.place
        collecting = {
            "output": self._state.scope,
            "token": journal.checkpoint(),
            "tally": self.tally.to_dict(),
        }
        keys = [place.done, place.failed, place.finished, place.batch(name)]
        words = [position, json.dumps(collecting), *ids]
        await self._link.through(lambda: self._link.script(COLLECTED, keys, words))

    async def _fetched(self, batch: Batch, position: int) -> list[Outcome]:
        """The next results, as many as are there without a gap."""
        place = self._link.place
        last = min(position + _AT_ONCE, batch.count)
        if last <= position:
            return []
        keys = [place.done, place.failed, place.finished]
        words = [_BYTES_AT_ONCE, *(batch.id_of(number) for number in range(position, last))]
        found = await self._link.through(lambda: self._link.script(FETCH, keys, words))
        outcomes = []
        for number, fields in enumerate(found, position):
            try:
                outcomes.append(
                    outcome_of(number, dict(zip(fields[::2], fields[1::2], strict=True)))
                )
            except ValueError as error:
                raise RunStopped(
                    "input_unreadable",
                    f"the result of {batch.id_of(number)} in Redis is gone or damaged ({error}): "
                    "somebody else has taken it away",
                ) from None
        return outcomes

    async def _only_batch(self) -> str:
        place = self._link.place
        names = await self._link.through(lambda: self._link.command("SMEMBERS", place.batches))
        found: list[str] = sorted(name.decode("utf-8", "replace") for name in names)
        if len(found) == 1:
            return found[0]
        if not found:
            told = read_summary(self._state.summary)
            start = self._input("")
            if told and str(told.get("input", "")).startswith(start):
                return str(told["input"]).removeprefix(start)
            raise ConfigError(f"there is no batch at {place.shown}: captioner enqueue makes one")
        raise ConfigError(f"name one with --batch: {place.shown} has {', '.join(found)}")

    async def _batch(self, name: str) -> Batch | None:
        key = self._link.place.batch(name)
        record = await self._link.through(lambda: self._link.command("HGETALL", key))
        return Batch.of(name, record) if record else None

    def _forget(self, name: str) -> Callable[[], Any]:
        place = self._link.place

        async def forget() -> None:
            pipe = self._link.client.pipeline(transaction=True)
            pipe.delete(place.batch(name))
            pipe.srem(place.batches, name)
            await pipe.execute()

        return forget

    def _count(self, outcome: Outcome) -> None:
        for event in retold(outcome):
            self.tally(event)

    def _shown(self, batch: Batch) -> str:
        return f"{batch.count:,}" + ("" if batch.is_complete else " so far")

    def _input(self, name: str) -> str:
        return f"{self._link.place.shown} batch {name}"

    def _summary(
        self, batch: Batch, status: Status, exit_status: int, error: RunStopped | None = None
    ) -> dict[str, Any]:
        state = self._state
        files = {"output": state.output, "failures": state.failures, "summary": state.summary}
        if status != "complete":
            files["output"] = state.partial
        facts = RunFacts(
            version=__version__,
            status=status,
            verdict=error.verdict if error else "",
            message=error.detail if error else "",
            exit_status=exit_status,
            rehearsal=False,
            input=self._input(batch.name),
            output=self._output,
            image_base=batch.image_base,
            endpoint="",
            model="",
            mode="",
            settings={},
            files={
                name: str(path)
                for name, path in files.items()
                if path is not None and (name == "summary" or path.exists())
            },
            continues=status != "complete",
        )
        summary = build_summary(facts, self.tally.snapshot(batch.count))
        write_summary(state.summary, summary)
        return summary
