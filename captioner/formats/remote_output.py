"""An OUTPUT in a bucket: written here, and put there when it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.base import Sink, Token
from captioner.formats.places import Place
from captioner.formats.state_files import StateFiles
from captioner.samples.outcome import Outcome


class Delivery:
    """Puts the files of a run at the URL of its OUTPUT, and beside it.

    `is_there` says whether there is an output, as it was found at first or has been put since.
    Raises ConfigError where the store cannot be used for it or has no such bucket; all methods
    block, and raise OSError where a file cannot be put.
    """

    def __init__(self, state: StateFiles, url: str) -> None:
        self._state = state
        self._place = Place.of(url)
        if self._place.protocol in ("http", "https"):
            raise ConfigError(f"{self._place.url} cannot be written: OUTPUT may be in a bucket")
        self.is_there = self._place.exists()

    def __repr__(self) -> str:
        return f"<Delivery to {self._place.url}>"

    @property
    def url(self) -> str:
        """Where the output goes."""
        return self._place.url

    def output(self) -> None:
        """Put the failures, if there are any, and behind them the output.

        Of a folder every file is put, what makes it a data set last.
        """
        self._beside(self._state.failures)
        output = self._state.output
        assert output is not None  # noqa: S101 - a run to standard output has no place
        try:
            if output.is_dir():
                for path in _in_order(output):
                    self._place.put(path, path.relative_to(output).as_posix())
            else:
                self._place.put(output)
        except ConfigError as error:
            raise OSError(f"{error}; what was written is in {output}") from error
        self.is_there = True

    def summary(self) -> None:
        """Put the summary."""
        self._beside(self._state.summary)

    def _beside(self, path: Path) -> None:
        try:
            place = Place.of(f"{self._place.parent_url}/{path.name}")
            if path.exists():
                place.put(path)
            else:
                place.remove()
        except ConfigError as error:
            raise OSError(str(error)) from error


class DeliveredSink:
    """A sink whose output is put elsewhere when it is finished; all else is the sink's own."""

    def __init__(self, sink: Sink, delivery: Delivery) -> None:
        self._sink = sink
        self._delivery = delivery

    def __repr__(self) -> str:
        return f"<DeliveredSink {self._sink!r}, {self._delivery!r}>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the rows."""
        self._sink.write(outcomes)

    def checkpoint(self) -> Token:
        """Make what was written durable here."""
        return self._sink.checkpoint()

    def resume(self, token: Token) -> None:
        """Open what an earlier run left here."""
        self._sink.resume(token)

    def finish(self) -> None:
        """Finish it here, then put it there; done again, it is put again."""
        self._sink.finish()
        self._delivery.output()

    def close(self) -> None:
        """Let go of it."""
        self._sink.close()


def _in_order(folder: Path) -> list[Path]:
    """The files of a folder; those on its top that are no rows tell what it is: they come last."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(files, key=lambda path: (path.suffix == ".json", path))
