"""Which placeholders of a run that is done are asked for once more."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from captioner.errors import ConfigError
from captioner.samples.failure import Failure, is_index
from captioner.samples.plan import Plan

Ids: TypeAlias = Mapping[int, Mapping[int | None, int]]
"""Sample → placeholder (None: all of them) → the number of the line that names it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The failures with one of these `reasons`, and the placeholders in `ids`, captioned or not.

    With neither, every failure. `ids_file` names where the ids come from. Only a placeholder can be
    asked for: a record that is no sample, or whose text and images do not fit, never is.
    """

    reasons: frozenset[str] = frozenset()
    ids: Ids = field(default_factory=dict)
    ids_file: str = ""

    def placeholders_of(self, plan: Plan, failures: Iterable[Failure]) -> frozenset[int]:
        """Return which placeholders of a sample are asked for, given its failures.

        Raises ConfigError for an id of a placeholder that the sample does not have.
        """
        count = len(plan.placeholders)
        selected = {
            failure.placeholder
            for failure in failures
            if failure.placeholder is not None and self._takes(failure.reason)
        }
        for index, line in self.ids.get(plan.sample.id, {}).items():
            if index is None:
                selected.update(range(count))
            elif index < count:
                selected.add(index)
            else:
                raise ConfigError(
                    f"{self.ids_file}, line {line}: sample {plan.sample.id} has no placeholder "
                    f"{index}; {_those_there(count)}"
                )
        return frozenset(selected)

    def check_reasons(self, there: Collection[str]) -> None:
        """Raise ConfigError for a reason that is not among those of the failures file."""
        if unknown := sorted(self.reasons - set(there)):
            known = f"it has {', '.join(sorted(there))}" if there else "there are no failures"
            raise ConfigError(f"--only {unknown[0]}: no failure has this reason; {known}")

    def check_samples(self, count: int) -> None:
        """Raise ConfigError for an id of a sample that a run of `count` samples does not have."""
        for sample, lines in self.ids.items():
            if sample >= count:
                raise ConfigError(
                    f"{self.ids_file}, line {min(lines.values())}: there is no sample {sample}; "
                    f"the run has {count:,}, counted from 0"
                )

    def _takes(self, reason: str) -> bool:
        return reason in self.reasons or not (self.reasons or self.ids_file)


def parse_id(line: str) -> tuple[int, int | None] | None:
    """Read a line of an ids file: sample and placeholder, None for all of the sample's.

    A line is `SAMPLE`, `SAMPLE:PLACEHOLDER`, or a JSON object with `sample` and `placeholder`, such
    as a row of `rows=captions` or a line of the failures file. Blank lines and those that begin
    with `#` give None. Raises ValueError that says what is wrong.
    """
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    if line.startswith("{"):
        return _of_object(line)
    sample, colon, placeholder = (part.strip() for part in line.partition(":"))
    return _number(sample), _number(placeholder) if colon else None


def _of_object(line: str) -> tuple[int, int | None]:
    try:
        row: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON object ({error.msg} at column {error.colno})") from None
    except (ValueError, RecursionError):
        raise ValueError("no JSON object that can be read") from None
    if "sample" not in row:
        raise ValueError("this object has no 'sample': write the ids as SAMPLE:PLACEHOLDER")
    sample, placeholder = row["sample"], row.get("placeholder")
    if not is_index(sample) or not (placeholder is None or is_index(placeholder)):
        raise ValueError("'sample' and 'placeholder' must be whole numbers from 0")
    return sample, placeholder


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise ValueError("an id is SAMPLE or SAMPLE:PLACEHOLDER, whole numbers from 0, such as 17:0")


def _those_there(count: int) -> str:
    return f"it has {count}, counted from 0" if count else "it has none"
