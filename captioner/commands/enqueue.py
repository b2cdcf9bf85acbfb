"""`captioner enqueue`: a data set into the stream of a queue in Redis."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from captioner.commands.redis_arguments import add_queue, tell, with_queue
from captioner.errors import ConfigError
from captioner.formats.places import is_url, plain_url
from captioner.formats.recognise import FORMATS
from captioner.report.wording import clean, counted
from captioner.settings import load_settings
from captioner.wiring import source_of
from captioner.worker.redis_batch import Enqueuer
from captioner.worker.redis_link import RedisLink

_SETTINGS: Final = {
    "format": ("NAME", f"what INPUT is, where that is not told by its name: {', '.join(FORMATS)}"),
    "image_base": ("DIR", "where relative image paths start (default: the input's folder)"),
    "image_key": ("NAME", "the field of a sample's images (default: images)"),
    "image_bytes_key": ("NAME", "the column of a table that holds the images' bytes"),
    "text_key": ("NAME", "the field of a sample's text (default: text)"),
}
"""Settings of how an input is read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's words and flags."""
    parser.add_argument("input", metavar="INPUT", help="whatever captioner run takes")
    add_queue(parser)
    parser.add_argument(
        "--batch", metavar="NAME", help="what it is called there (default: the name of INPUT)"
    )
    parser.add_argument(
        "--profile", default="", metavar="NAME", help="the worker's profile that it wants"
    )
    parser.add_argument(
        "--keep-paths",
        action="store_true",
        help="leave relative image paths to the worker's --image-base (default: they start at this"
        " input's, and the worker must see the same folders)",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    parser.add_argument("--env-file", type=Path, default=".env", metavar="FILE", help="settings")
    for name, (metavar, text) in _SETTINGS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=text)


def enqueue_command(arguments: argparse.Namespace) -> int:
    """Put all of INPUT into the stream, or what an earlier life left of it, and return 0.

    Raises ConfigError where INPUT cannot be read, or the batch is of another.
    """
    given = {name: value for name in _SETTINGS if (value := getattr(arguments, name)) is not None}
    settings = load_settings(given, config=arguments.config, env_file=arguments.env_file)
    if arguments.input == "-":
        raise ConfigError("standard input cannot be gone on with: enqueue a file")
    chosen = source_of(settings, arguments.input)
    name = arguments.batch or _name_of(arguments.input)

    async def work(link: RedisLink) -> int:
        enqueuer = Enqueuer(
            link,
            chosen,
            batch=name,
            image_key=settings.image_key,
            profile=arguments.profile,
            keep_paths=arguments.keep_paths,
        )
        before, now = await enqueuer.run()
        if not arguments.quiet:
            already = f" ({before:,} of them were there already)" if before else ""
            tell(
                f"Batch {clean(name)}: {counted(now, 'sample')} in {link.place.shown}{already}. "
                f"Results come out with captioner collect OUTPUT --batch {clean(name)}."
            )
        return 0

    for note in (*chosen.remarks, *chosen.source.notes()):
        if not arguments.quiet:
            tell(f"Note: {clean(note)}.")
    return with_queue(arguments, work)


def _name_of(given: str) -> str:
    return (plain_url(given) if is_url(given) else str(Path(given).absolute())).rpartition("/")[2]
