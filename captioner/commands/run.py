"""`captioner run`: one job, seen from a terminal."""

from __future__ import annotations

from captioner.commands.arguments import RunArguments
from captioner.commands.terminal import Terminal
from captioner.jobs.job import Job
from captioner.report.opening import DESCRIPTION_HINT
from captioner.settings import Settings


def run_command(arguments: RunArguments, settings: Settings) -> int:
    """Do the job and return its exit status. Raises ConfigError for what is wrong beforehand."""
    terminal = Terminal(quiet=arguments.quiet)
    job = Job(
        arguments.input,
        arguments.output,
        settings,
        limit=arguments.limit,
        state_dir=arguments.state_dir,
        ledger=arguments.ledger,
        restart=arguments.restart,
        shard=arguments.shard,
        sidecars=arguments.sidecars,
        observer=terminal.hear,
    )
    hints = [DESCRIPTION_HINT] if _wants_hint(job, settings) else []
    return terminal.attend(job, [*job.notes(), *hints])


def _wants_hint(job: Job, settings: Settings) -> bool:
    chosen = {"mode", "user_prompt", "user_prompt_file", "user_prompt_key"}
    return job.kind == "images" and not settings.model_fields_set & chosen
