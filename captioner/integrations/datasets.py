"""Captions as columns of Hugging Face data sets.

from captioner.integrations.datasets import caption

captioned = caption(dataset, model="gpt-4o-mini", mode="caption")
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from typing import Any, Final, TypeVar

from captioner.api import Captioner
from captioner.errors import ConfigError
from captioner.events import Observer
from captioner.flow.ledger import Ledger, MemoryLedger
from captioner.formats.columns import image_column as find_column
from captioner.formats.datasets import library
from captioner.integrations.in_thread import outcomes_in_thread
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample
from captioner.settings import Settings, settings_from

DataSet = TypeVar("DataSet")

NEW: Final = ("caption", "verdict")


def caption(
    ds: DataSet,
    settings: Settings | None = None,
    *,
    image_column: str | None = None,
    observer: Observer | None = None,
    ledger: Ledger | None = None,
    **parameters: Any,
) -> DataSet:
    """The data set with two more columns of strings, `caption` and `verdict`; its rows stay.

    Takes a `Dataset`, an `IterableDataset`, or a dict of either. `image_column` (default: the one
    of `image_key`, else `image` or another usual name) holds one image a row: an Image feature, a
    path, a URL or bytes. A row without an image, or without an accepted caption, has a null
    `caption`; `verdict` then says why, and is null where there was nothing to ask. `parameters`
    are settings; `user_prompt_key` may name another column.

    A Dataset is captioned at once; an IterableDataset while it is read. Each pass through that asks
    again for what is not in `ledger` (default: one in memory that lives as long as the result).
    Works inside and outside of a running event loop; it blocks.
    Raises ConfigError where columns or settings cannot work, and RunStopped where no request can
    succeed; replies that were paid for are in `ledger`.
    """
    library()
    settings = settings_from(**_merged(settings, parameters))
    ledger = MemoryLedger() if ledger is None else ledger
    if isinstance(ds, dict):
        captioned = {
            split: caption(
                one, settings, image_column=image_column, observer=observer, ledger=ledger
            )
            for split, one in ds.items()
        }
        return type(ds)(captioned)
    open_captioner = partial(Captioner, settings, kind="images", observer=observer, ledger=ledger)
    captioned_one: DataSet = _Job(ds, settings, image_column, open_captioner).captioned()
    return captioned_one


def _merged(settings: Settings | None, parameters: dict[str, Any]) -> dict[str, Any]:
    """Settings that work for rows with one image each, whatever else is set."""
    given = {} if settings is None else {n: getattr(settings, n) for n in settings.model_fields_set}
    return {**given, **parameters, "placeholders": "add", "rows": "captions"}


class _Job:
    """One data set and where its images are."""

    def __init__(
        self,
        ds: Any,
        settings: Settings,
        image_column: str | None,
        open_captioner: Callable[[], Captioner],
    ) -> None:
        datasets = library()
        if not isinstance(ds, datasets.Dataset | datasets.IterableDataset):
            raise ConfigError(
                f"caption takes a Dataset or an IterableDataset, not {type(ds).__name__}"
            )
        self._ds = ds
        self._streamed = isinstance(ds, datasets.IterableDataset)
        self._features = ds.features
        self._prompt_key = settings.user_prompt_key
        self._image_key = settings.image_key
        self._open_captioner = open_captioner
        self._column = image_column
        if self._features is not None:
            self._column = self._checked(list(self._features), image_column)

    def captioned(self) -> Any:
        if self._streamed:
            return self._iterable()
        string = library().Value("string")
        columns: dict[str, list[str | None]] = {name: [] for name in NEW}
        for outcome in outcomes_in_thread(self._records(self._needed()), self._open_captioner):
            for name, value in _columns(outcome).items():
                columns[name].append(value)
        ds = self._ds
        for name, values in columns.items():
            ds = ds.add_column(name, values, feature=string)
        return ds

    def _iterable(self) -> Any:
        datasets = library()
        features = self._features
        if features is not None:
            strings = dict.fromkeys(NEW, datasets.Value("string"))
            features = datasets.Features({**features, **strings})
        return datasets.IterableDataset.from_generator(
            self._examples,
            features=features,
            **({} if self._ds.split is None else {"split": self._ds.split}),
        )

    def _examples(self) -> Iterator[dict[str, Any]]:
        """Rows with their captions; a row waits here from when it is read until it has one."""
        waiting: deque[dict[str, Any]] = deque()
        rows = self._records(_undecoded(self._ds), waiting.append)
        for outcome in outcomes_in_thread(rows, self._open_captioner):
            yield {**waiting.popleft(), **_columns(outcome)}

    def _records(
        self, rows: Any, keep: Callable[[dict[str, Any]], None] | None = None
    ) -> Callable[[], Iterator[Sample]]:
        def read() -> Iterator[Sample]:
            for number, row in enumerate(rows):
                column = self._column or self._checked(list(row), None)
                image = row.get(column)
                if keep is not None:
                    keep(row)
                fields: dict[str, Any] = {self._image_key: None if image is None else [image]}
                if self._prompt_key is not None and self._prompt_key != self._image_key:
                    fields[self._prompt_key] = row.get(self._prompt_key)
                yield Sample(number, fields, size_bytes=_size_bytes(image))

        return read

    def _needed(self) -> Any:
        """The columns that requests are made of, images as they are stored."""
        names = [str(self._column)]
        if self._prompt_key is not None and self._prompt_key in self._features:
            names.append(self._prompt_key)
        return _undecoded(self._ds.with_format(None).select_columns(sorted(set(names))))

    def _checked(self, names: list[str], given: str | None) -> str:
        if taken := [name for name in NEW if name in names]:
            raise ConfigError(
                f"the data set has a column {taken[0]!r} already: rename it first, with "
                f"ds.rename_column({taken[0]!r}, …)"
            )
        if given is not None and given not in names:
            raise ConfigError(f"the data set has no column {given!r}; it has {', '.join(names)}")
        return given or find_column(names, "the data set", image_key=self._image_key)


def _columns(outcome: Outcome) -> dict[str, str | None]:
    for one in outcome.captions:
        return {"caption": one.caption, "verdict": one.verdict.value}
    return dict.fromkeys(NEW)


def _undecoded(ds: Any) -> Any:
    """The same rows, images and the like as they are stored: bytes reach the model as they are."""
    for name, feature in (ds.features or {}).items():
        if getattr(feature, "decode", False):
            stored = copy(feature)
            stored.decode = False
            ds = ds.cast_column(name, stored)
    return ds


def _size_bytes(image: object) -> int:
    content = image.get("bytes") if isinstance(image, dict) else image
    return len(content) if isinstance(content, bytes | str) else 0
