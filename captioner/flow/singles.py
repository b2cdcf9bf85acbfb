"""Samples that come one by one, each for somebody who waits for it: no order, no window."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from captioner.errors import Abandoned, RunStopped
from captioner.events import Draining, Observer, RecordFaulty, SampleRead
from captioner.flow.asking import Asker
from captioner.flow.captioning import captioned
from captioner.flow.drain import Drain
from captioner.samples.assemble import assemble
from captioner.samples.outcome import CaptionOutcome, Outcome
from captioner.samples.plan import Placeholder, plan
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample


class Singles:
    """Captions samples side by side; each has its outcome as soon as it is done."""

    def __init__(
        self,
        *,
        rules: Rules,
        image_base: str,
        asker: Asker,
        observe: Observer,
        drain_timeout_s: float,
    ) -> None:
        self._rules = rules
        self._image_base = image_base
        self._asker = asker
        self._observe = observe
        self._drain_timeout_s = drain_timeout_s
        self._drain = Drain()
        self._tasks: set[asyncio.Task[CaptionOutcome]] = set()

    @property
    def unsent(self) -> int:
        """How many requests were begun and wait to be sent."""
        return sum(not self._drain.finishes_by_itself(task) for task in self._tasks)

    async def caption(
        self,
        sample: Sample,
        name: str = "",
        user_prompt: str | None = None,
        rules: Rules | None = None,
    ) -> Outcome:
        """The outcome of a sample; with `reuse_captions` off, replies are found again by `name`.

        A `user_prompt` takes the place of the one that is set, and of the sample's own; `rules` are
        those of a sample that has others.

        Raises RunStopped where no request can succeed, and Abandoned once it drains.
        """
        if self._drain.requested:
            raise Abandoned
        rules = rules or self._rules
        if user_prompt is not None:
            rules = replace(rules, user_prompt=user_prompt, user_prompt_key=None)
        planned = plan(sample, rules)
        self._observe(SampleRead(sample.id, len(planned.placeholders)))
        stopped: list[BaseException] = []
        tasks: list[asyncio.Task[CaptionOutcome]] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks.extend(
                    group.create_task(self._caption(placeholder, name, rules))
                    for placeholder in planned.placeholders
                )
                self._tasks.update(tasks)
        except* (RunStopped, Abandoned) as errors:
            stopped.extend(errors.exceptions)
        finally:
            self._tasks.difference_update(tasks)
        for error in stopped:
            raise error
        if any(task.cancelled() for task in tasks):  # as `drain` does
            raise Abandoned
        outcome = assemble(planned, [task.result() for task in tasks], rules)
        if outcome.fault:
            self._observe(RecordFaulty(sample.id, outcome.fault, outcome.fault_detail))
        return outcome

    def drain(self) -> None:
        """Start nothing, finish what is in flight within the drain time; the rest is abandoned."""
        if self._drain.requested:
            return
        self._drain.requested = True
        staying = {task for task in self._tasks if self._drain.finishes_by_itself(task)}
        if self._tasks:
            self._observe(Draining(len(staying)))
        for task in self._tasks - staying:
            task.cancel()
        if staying:
            asyncio.get_running_loop().call_later(self._drain_timeout_s, self._give_up)

    def _give_up(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def ended(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def _caption(self, placeholder: Placeholder, name: str, rules: Rules) -> CaptionOutcome:
        return await captioned(
            placeholder,
            self._asker,
            rules,
            image_base=self._image_base,
            drain=self._drain,
            observe=self._observe,
            name=name,
        )

    def __repr__(self) -> str:
        return f"<Singles {len(self._tasks)} begun, {self.unsent} unsent>"
