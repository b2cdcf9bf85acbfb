"""What a lane learned about how its endpoint wants to be asked: once, for all requests."""

from __future__ import annotations

from dataclasses import replace

from captioner.events import DialectLearned, Observer
from captioner.flow.adapting import Adaptation
from captioner.samples.verdict import without_reasoning
from captioner.vision.reply import Action, Problem, Reply
from captioner.vision.request import Dialect, Parameters

_CUT_REPLIES = 3


class Habits:
    """The dialect, and the output cap that leaves room for hidden reasoning."""

    def __init__(self, parameters: Parameters, observe: Observer) -> None:
        self._parameters = parameters
        self._observe = observe
        self._cut_replies = 0
        self._doubles = False
        self._first_try = Adaptation(
            parameters.cap_tokens, may_double=not parameters.cap_in_extra_body
        )
        self.dialect = Dialect()

    def first_try(self) -> Adaptation:
        """How a request is asked at first."""
        return self._first_try

    def change_dialect(self, problem: Problem, used: Dialect) -> Problem:
        """Learn what one request was told, unless another already has; STOP if nothing is left."""
        if self.dialect == used:
            learned = used.learn(problem.parameter)
            if learned is None:
                return replace(problem, action=Action.STOP)
            self.dialect = learned
            self._observe(DialectLearned(learned.describe()))
        return problem

    def note(self, reply: Reply, cap_tokens: int) -> None:
        """Count replies whose cap was eaten before a word came; after three, begin with twice."""
        if reply.finish_reason != "length" or self._doubles or self._parameters.cap_in_extra_body:
            return
        text, _ = without_reasoning(reply.content or "")
        if text.strip():
            return
        self._cut_replies += cap_tokens == self._parameters.cap_tokens
        if self._cut_replies >= _CUT_REPLIES:
            self._doubles = True
            self._first_try = Adaptation(2 * self._parameters.cap_tokens, may_double=False)
            self._observe(
                DialectLearned(
                    f"hidden reasoning used up {cap_tokens} output tokens in {_CUT_REPLIES} "
                    f"replies: {2 * cap_tokens} are allowed from now on (--max-token)"
                )
            )
