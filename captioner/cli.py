"""The command line. Nothing heavy is imported here, so that `captioner --help` answers at once:
a command's flags are made, and its code is imported, only when it is the one that was asked for.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from captioner import __version__
from captioner.commands.secrecy import hide_secrets
from captioner.errors import ConfigError, RunStopped

if TYPE_CHECKING:
    from captioner.commands.settings_flags import SettingsFlags
    from captioner.settings import Settings

_USAGE_ERROR: Final = 2
_STOPPED: Final = 3
_INTERRUPTED: Final = 130
_TERMINATED: Final = 143
_SETTINGS_FROM: Final = (
    "Settings come from the defaults, --config, .env, CAPTIONER_* in the environment and flags; the"
    " later wins."
)

_Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (default: the process's own words) asks for.

    Returns the exit status: the command's own, 2 for wrong usage, settings or input, 3 for a run
    that cannot begin where it is.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        hide_secrets(words)
        _end_when_told()
    try:
        return _dispatch(words)
    except ConfigError as error:
        print(f"captioner: {error}", file=sys.stderr)
        return _USAGE_ERROR
    except RunStopped as error:
        print(f"captioner: {error.verdict}: {error}", file=sys.stderr)
        return _STOPPED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as stop:  # argparse's way to end: after --help, --version or a usage error
        return stop.code if isinstance(stop.code, int) else 0


def _end_when_told() -> None:
    """As the first process of a container, end at SIGTERM: from that one, the kernel keeps every
    signal that it has no handler for. Commands that end in order set their own."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, where argparse would print every flag there is."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        self.exit(_USAGE_ERROR, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")

    def refuse(self, leftover: Sequence[str]) -> NoReturn:
        """End with what was not understood; values stay unsaid, for one may be a secret."""
        unknown = [word.partition("=")[0] for word in leftover if word.startswith("-")]
        if not unknown:
            self.error(f"one word too many: {leftover[0]!r}")
        known = [flag for flag in self._option_string_actions if flag.startswith("--")]
        close = get_close_matches(unknown[0].replace("_", "-"), known, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        self.error(f"unknown flag {unknown[0]}{hint}")


def _dispatch(words: list[str]) -> int:
    root = _Parser(
        prog="captioner",
        description="Write text for images with a vision chat API, in order and at full speed.",
        epilog="Each command has its own help: captioner run --help.",
    )
    root.add_argument("--version", action="version", version=f"captioner {__version__}")
    commands = root.add_subparsers(metavar="COMMAND", title="commands")
    run = commands.add_parser(
        "run",
        help="caption a folder of images or a file of samples",
        usage="captioner run INPUT OUTPUT [flags]",
        description="Caption what INPUT holds and write the rows to OUTPUT.",
        epilog=_SETTINGS_FROM,
    )
    endpoint = commands.add_parser(
        "endpoint",
        help="serve the rehearsal endpoint",
        usage="captioner endpoint [flags]",
        description="Serve an OpenAI-compatible endpoint to rehearse against; no model looks at"
        " the images, and nothing leaves this machine.",
    )
    failures = commands.add_parser(
        "failures",
        help="what a run could not caption, by reason",
        usage="captioner failures OUTPUT [flags]",
        description="Show the failures of the run into OUTPUT by reason: how many, an example, and"
        " what to do. Also while the run goes on.",
    )
    retry = commands.add_parser(
        "retry",
        help="ask again for what failed, or for captions that were rejected",
        usage="captioner retry OUTPUT [flags]",
        description="Ask again for a part of the run into OUTPUT, with the settings of that run and"
        " those of today over them, and put the new rows in its place; all else stays as it is.",
        epilog=_SETTINGS_FROM,
    )
    merge = commands.add_parser(
        "merge",
        help="put the outputs of all shards together",
        usage="captioner merge OUTPUT PART...",
        description="Put the outputs and failures of all shards of an input (--shard I/N) together,"
        " in the order of the input.",
    )
    worker = commands.add_parser(
        "worker",
        help="work through a queue until it is told to stop",
        usage="captioner worker --queue URL [flags]",
        description="Take samples from a queue as they come, caption them with the settings of"
        " their profile, and put the results where they belong.",
        epilog=_SETTINGS_FROM,
    )
    enqueue = commands.add_parser(
        "enqueue",
        help="put a data set into a queue in Redis",
        usage="captioner enqueue INPUT --queue URL [flags]",
        description="Put every sample of INPUT into the stream of a queue, as a batch. After it was"
        " stopped or killed, the same command goes on.",
    )
    collect = commands.add_parser(
        "collect",
        help="take the results of a batch out of Redis, in order",
        usage="captioner collect OUTPUT --queue URL [flags]",
        description="Write what became of a batch to OUTPUT, in the order of its input, and take it"
        " out of Redis. After it was stopped or killed, the same command goes on.",
    )
    ctl = commands.add_parser(
        "ctl",
        help="ask a worker beside it, or steer it",
        usage="captioner ctl health|status|pause|resume|drain|limits [flags]",
        description="Ask a worker over HTTP how it is, pause or resume it, let it finish and end,"
        " or change its limits while it works.",
    )
    command: _Command
    match next((word for word in words if not word.startswith("-")), None):
        case "run":
            chosen, (words, command) = run, _run(run, words)
        case "endpoint":
            chosen, command = endpoint, _plain(endpoint, "endpoint")
        case "failures":
            chosen, command = failures, _plain(failures, "failures")
        case "retry":
            chosen, (words, command) = retry, _retry(retry, words)
        case "worker":
            chosen, (words, command) = worker, _worker(worker, words)
        case "ctl":
            chosen, command = ctl, _plain(ctl, "ctl")
        case "merge":
            chosen, command = merge, _plain(merge, "merge")
        case "enqueue":
            chosen, command = enqueue, _plain(enqueue, "enqueue")
        case "collect":
            chosen, command = collect, _plain(collect, "collect")
        case _:
            chosen, command = root, _none(root)
    parsed, leftover = root.parse_known_args(words)
    if leftover:
        chosen.refuse(leftover)
    return command(parsed)


def _none(parser: _Parser) -> _Command:
    def command(_: argparse.Namespace) -> int:
        parser.print_help(sys.stderr)
        return _USAGE_ERROR

    return command


def _plain(parser: _Parser, name: str) -> _Command:
    """A command without settings."""
    module = import_module(f"captioner.commands.{name}")
    module.add_arguments(parser)
    command: _Command = getattr(module, f"{name}_command")
    return command


def _run(parser: _Parser, words: list[str]) -> tuple[list[str], _Command]:
    """Give the parser its flags; return the words as it knows them, and what to do."""
    from captioner.commands.arguments import add_part_words, spell_sidecar
    from captioner.commands.settings_flags import SettingsFlags, spell_switches
    from captioner.commands.words import add_run_words

    add_run_words(parser)
    add_part_words(parser)
    flags = SettingsFlags(parser)

    def command(parsed: argparse.Namespace) -> int:
        from captioner.commands.arguments import RunArguments, shard_of, sidecars_of
        from captioner.settings import EMBEDDED

        settings = _settings(flags, parsed)
        arguments = RunArguments(
            input=parsed.input,
            output=parsed.output,
            limit=parsed.limit,
            state_dir=parsed.state_dir,
            ledger=parsed.ledger,
            restart=parsed.restart,
            quiet=parsed.quiet,
            rehearse=settings.base_url == EMBEDDED,
            shard=shard_of(parsed.shard),
            sidecars=sidecars_of(parsed.sidecar, parsed.prefix, parsed.suffix, parsed.sidecar_ext),
        )
        from captioner.commands.run import run_command

        return run_command(arguments, settings)

    return spell_switches(spell_sidecar(words)), command


def _retry(parser: _Parser, words: list[str]) -> tuple[list[str], _Command]:
    """As `_run`."""
    from captioner.commands.retry import add_arguments, retry_command
    from captioner.commands.settings_flags import SettingsFlags, spell_switches
    from captioner.commands.words import add_shared_words

    add_arguments(parser)
    add_shared_words(parser.add_argument_group("This retry"))
    flags = SettingsFlags(parser)
    return spell_switches(words), lambda parsed: retry_command(parsed, _settings(flags, parsed))


def _worker(parser: _Parser, words: list[str]) -> tuple[list[str], _Command]:
    """As `_run`."""
    from captioner.commands.settings_flags import SettingsFlags, spell_switches
    from captioner.commands.words import add_sources
    from captioner.commands.worker import add_arguments, options_given, worker_command

    add_arguments(parser)
    add_sources(parser.add_argument_group("Settings of all profiles"))
    flags = SettingsFlags(parser)

    def command(parsed: argparse.Namespace) -> int:
        from captioner.settings import load_options, load_profiles

        options = load_options(options_given(parsed))
        given = _given(flags, parsed)
        profiles = load_profiles(given, config=parsed.config, env_file=parsed.env_file)
        return worker_command(options, profiles)

    return spell_switches(words), command


def _settings(flags: SettingsFlags, parsed: argparse.Namespace) -> Settings:
    from captioner.settings import load_settings

    given = _given(flags, parsed)
    return load_settings(given, config=parsed.config, env_file=parsed.env_file)


def _given(flags: SettingsFlags, parsed: argparse.Namespace) -> dict[str, Any]:
    from captioner.settings import EMBEDDED

    given = flags.values(parsed)
    if parsed.rehearse and given.setdefault("base_url", EMBEDDED) != EMBEDDED:
        raise ConfigError("--rehearse and --base-url are both given: keep one")
    return given
