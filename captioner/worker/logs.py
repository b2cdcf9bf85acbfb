"""What a worker says: lines for people on a terminal, JSON for programs.

A line about a sample names it, its run and its image, and comes at debug alone. Never said: keys,
captions, and what an image is made of.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from captioner.events import (
    AttemptEnded,
    DialectLearned,
    Draining,
    EndpointDown,
    EndpointUp,
    EstimateOff,
    Event,
    Observer,
    PlaceholderSettled,
    RecordFaulty,
    RetryScheduled,
    Warned,
)
from captioner.report.wording import clean, place_name
from captioner.samples.outcome import Verdict
from captioner.worker.pauses import profile_label

LogFormat = Literal["auto", "console", "json"]
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def open_log(
    how: LogFormat = "auto", level: str = "info", stream: TextIO | None = None
) -> FilteringBoundLogger:
    """A logger that writes to `stream` (default: standard error). No global state is touched."""
    stream = sys.stderr if stream is None else stream
    plain = how == "console" or (how == "auto" and stream.isatty())
    renderer: Processor
    if plain:
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    else:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if plain else [structlog.processors.dict_tracebacks]),
        _printable,
        renderer,
    ]
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        context_class=dict,
    )
    return logger


class Libraries(logging.Handler):
    """Takes what libraries log by Python's own logging, warnings and worse, into this log.

    A context manager: the root logger is as before when it is left.
    """

    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def __enter__(self) -> Libraries:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """One line for the record."""
        say = self._logger.error if record.levelno >= logging.ERROR else self._logger.warning
        say(record.getMessage(), library=record.name, exc_info=record.exc_info or None)


class Logs:
    """Tells events to a logger."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        self._logger = logger
        self._has_debug = logger.is_enabled_for(logging.DEBUG)

    def listen(self, profile: str, run: str) -> Observer:
        """Says what happens, with the profile and the run that it happens in."""
        logger = self._logger.bind(profile=profile_label(profile), run=run)
        seldom = _seldom(logger)
        if not self._has_debug:
            return seldom
        each = _each(logger)

        def observe(event: Event) -> None:
            each(event)
            seldom(event)

        return observe


def _seldom(logger: FilteringBoundLogger) -> Callable[[Event], None]:
    def observe(event: Event) -> None:
        match event:
            case EndpointDown():
                logger.warning("endpoint_down", endpoint=event.endpoint)
            case EndpointUp():
                logger.info("endpoint_up", down_s=round(event.down_s, 1))
            case EstimateOff():
                logger.info(
                    "image_tokens_differ",
                    table_tokens=round(event.table_tokens),
                    billed_tokens=round(event.billed_tokens),
                )
            case DialectLearned():
                logger.info("dialect_learned", lesson=event.lesson)
            case Draining():
                logger.info("draining", in_flight=event.in_flight)
            case Warned():
                logger.warning("warned", text=event.text)
            case _:
                pass

    return observe


def _each(logger: FilteringBoundLogger) -> Callable[[Event], None]:
    """One line a sample, and more."""

    def observe(event: Event) -> None:
        match event:
            case AttemptEnded():
                logger.debug(
                    "answered" if event.status is not None else "unanswered",
                    sample=event.sample,
                    placeholder=event.index,
                    attempt=event.attempt,
                    status=event.status,
                    reason=event.reason,
                    latency_s=round(event.latency_s, 3),
                )
            case RetryScheduled():
                logger.debug(
                    "retry",
                    sample=event.sample,
                    placeholder=event.index,
                    reason=event.reason,
                    wait_s=round(event.wait_s, 3),
                )
            case PlaceholderSettled():
                # Of a reply that was judged, the detail has words of the model.
                told = {"detail": event.detail} if event.verdict == Verdict.FAILED else {}
                logger.debug(
                    "settled",
                    sample=event.sample,
                    placeholder=event.index,
                    image=place_name(event.image or ""),
                    verdict=event.verdict,
                    reason=event.reason,
                    attempts=event.attempts,
                    reused=event.reused,
                    **told,
                )
            case RecordFaulty():
                logger.debug(
                    "no_sample", sample=event.sample, reason=event.reason, detail=event.detail
                )
            case _:
                pass

    return observe


def _printable(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Nothing that a terminal would obey, and no line but the one that is written."""
    for name, value in fields.items():
        if isinstance(value, str) and name != "exception":
            fields[name] = clean(value)
    return fields
