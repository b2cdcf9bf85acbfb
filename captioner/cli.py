"""The command line. Nothing heavy is imported here, so that `captioner --help` answers at once:
a command's flags are made, and its code is imported, only when it is the one that was asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn

from captioner import __version__
from captioner.errors import ConfigError

_USAGE_ERROR: Final = 2
_INTERRUPTED: Final = 130
SECRET_FLAGS: Final = ("--api-key", "--extra-headers")
"""Flags whose values are hidden from the list of processes."""

_Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (default: the process's own words) asks for.

    Returns the exit status: the command's own, 2 for wrong usage, settings or input.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        _hide_secrets(words)
    try:
        return _dispatch(words)
    except ConfigError as error:
        print(f"captioner: {error}", file=sys.stderr)
        return _USAGE_ERROR
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as stop:  # argparse's way to end: after --help, --version or a usage error
        return stop.code if isinstance(stop.code, int) else 0


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
        epilog="Settings come from the defaults, --config, .env, CAPTIONER_* in the environment"
        " and flags; the later wins.",
    )
    endpoint = commands.add_parser(
        "endpoint",
        help="serve the rehearsal endpoint",
        usage="captioner endpoint [flags]",
        description="Serve an OpenAI-compatible endpoint to rehearse against; no model looks at"
        " the images, and nothing leaves this machine.",
    )
    command: _Command
    match next((word for word in words if not word.startswith("-")), None):
        case "run":
            chosen, (words, command) = run, _run(run, words)
        case "endpoint":
            chosen, command = endpoint, _endpoint(endpoint)
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


def _endpoint(parser: _Parser) -> _Command:
    from captioner.commands.endpoint import add_arguments, endpoint_command

    add_arguments(parser)
    return endpoint_command


def _run(parser: _Parser, words: list[str]) -> tuple[list[str], _Command]:
    """Give the parser its flags; return the words as it knows them, and what to do."""
    from captioner.commands.settings_flags import SettingsFlags, spell_switches

    _add_run_words(parser)
    flags = SettingsFlags(parser)

    def command(parsed: argparse.Namespace) -> int:
        from captioner.commands.arguments import RunArguments
        from captioner.settings import EMBEDDED, load_settings

        given = flags.values(parsed)
        if parsed.rehearse and given.setdefault("base_url", EMBEDDED) != EMBEDDED:
            raise ConfigError("--rehearse and --base-url are both given: keep one")
        settings = load_settings(given, config=parsed.config, env_file=parsed.env_file)
        arguments = RunArguments(
            input=parsed.input,
            output=parsed.output,
            limit=parsed.limit,
            state_dir=parsed.state_dir,
            restart=parsed.restart,
            quiet=parsed.quiet,
            rehearse=settings.base_url == EMBEDDED,
        )
        from captioner.commands.run import run_command

        return run_command(arguments, settings)

    return spell_switches(words), command


def _add_run_words(parser: _Parser) -> None:
    parser.add_argument(
        "input",
        metavar="INPUT",
        help="samples (.jsonl, .jsonl.gz, .jsonl.zst), a folder of images, a list of image paths"
        " (.txt), or - for samples on standard input",
    )
    parser.add_argument("output", metavar="OUTPUT", help="a .jsonl file, or - for standard output")
    group = parser.add_argument_group("This run")
    group.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    group.add_argument(
        "--env-file",
        type=Path,
        default=".env",
        metavar="FILE",
        help="settings as CAPTIONER_NAME=value (default: .env in the working directory)",
    )
    group.add_argument("--limit", type=_count, metavar="N", help="only the first N samples")
    group.add_argument(
        "--rehearse",
        action="store_true",
        help="without a model, key or cost, the same as --base-url embedded",
    )
    group.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where the files beside the output go instead (partial, failures, summary)",
    )
    group.add_argument(
        "--restart", action="store_true", help="begin anew where an earlier run was stopped"
    )
    group.add_argument("--quiet", action="store_true", help="no progress; warnings and errors only")


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, not {text!r}")
    return number


def _hide_secrets(words: Sequence[str]) -> None:
    """Replace the process's title if a flag holds a secret: anyone on the machine can read it."""
    shown = masked(words)
    if shown == list(words):
        return
    from setproctitle import setproctitle

    setproctitle(" ".join(["captioner", *shown]))


def masked(words: Sequence[str]) -> list[str]:
    """Return the words with stars for secrets, and for what stands after a `?` in --base-url."""
    shown: list[str] = []
    before = ""
    for word in words:
        name, equals, _ = word.partition("=")
        if before in SECRET_FLAGS:
            shown.append("***")
        elif equals and name in SECRET_FLAGS:
            shown.append(f"{name}=***")
        elif "--base-url" in (before, name if equals else ""):
            shown.append(_without_query(word))
        else:
            shown.append(word)
        before = word
    return shown


def _without_query(word: str) -> str:
    address, mark, _ = word.partition("?")
    return f"{address}?***" if mark else address
