"""Every error captioner raises, and who dies of it.

    CaptionerError
    ├── ConfigError        the run, before anything was sent: wrong usage, settings or input
    ├── PlaceholderError   one placeholder: unreadable image, rejected request, retries ended
    ├── TransientError     one attempt: the next may succeed
    ├── Abandoned          one placeholder, left for a later run because this one drains
    └── RunStopped         the run, with its state kept: no quota, bad key, endpoint gone

Anything else that escapes is a bug and may crash.
"""

from __future__ import annotations


class CaptionerError(Exception):
    """The base of all; its message says what happened and what to do about it."""


class ConfigError(CaptionerError):
    """Usage, settings or input are wrong, and nothing has been sent. Mend it and start again."""


class PlaceholderError(CaptionerError):
    """This placeholder gets no caption; everything else goes on.

    `reason` is one of `samples.reasons.REASONS`; `detail` says what exactly was seen.
    """

    def __init__(self, reason: str, detail: str, *, attempts: int = 0) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.attempts = attempts


class TransientError(CaptionerError):
    """This attempt failed and another may not; `wait_s` is what the server asked for, if it did.

    Without `blame` it says nothing about the request and does not count against it. Where not
    `sent`, the request never left: it cannot have cost anything.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        wait_s: float | None = None,
        blame: bool = True,
        sent: bool = True,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.wait_s = wait_s
        self.blame = blame
        self.sent = sent


class Abandoned(CaptionerError):  # noqa: N818 - what happened, and no error of anybody
    """This placeholder is neither captioned nor failed: the run stops, a later one does it."""


class RunStopped(CaptionerError):  # noqa: N818 - a verdict, not a mistake
    """The run cannot go on. What was written stays valid; the same command continues later.

    `verdict` is one of `bad_key`, `no_quota`, `bad_request_settings`, `endpoint_gone`,
    `all_failed`, `budget_reached`, `input_unreadable`, `output_unwritable`, `ledger_locked`,
    `ledger_unusable`, `ledger_unwritable`, `claim_lost`.
    """

    def __init__(self, verdict: str, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.detail = detail
