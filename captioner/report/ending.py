"""The end of a run as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TextIO

from captioner.dollars import dollars_text
from captioner.report.wording import byte_size, clean, counted, rate, span

REHEARSAL_LINE: Final = "This was a rehearsal: no model looked at the images."
CONTINUES_LINE: Final = "The same command continues where this run ended."
WARNINGS_SHOWN: Final = 5


def render_summary(summary: Mapping[str, Any]) -> str:
    """A summary (as `build_summary` makes it) as lines of plain text, with a final line end.

    What did not happen is not mentioned. Text that comes from others is made printable.
    """
    lines = [
        _headline(summary),
        *_why(summary),
        *_failures(summary),
        *_remarks(summary),
        _requests(summary),
        *_cost(summary),
        *_images(summary),
        *_bound_by(summary),
        *(f"{name.capitalize()}: {clean(path)}" for name, path in summary["files"].items()),
    ]
    return "\n".join(lines) + "\n"


def show_summary(summary: Mapping[str, Any], stream: TextIO, *, interactive: bool) -> None:
    """Write it to `stream`; with `interactive` its first line has a colour."""
    text = render_summary(summary)
    if not interactive:
        stream.write(text)
        stream.flush()
        return
    from rich.console import Console
    from rich.text import Text

    styled = Text(text.rstrip("\n"))
    styled.stylize(f"bold {_colour(summary)}", 0, text.index("\n"))
    Console(file=stream, force_terminal=True, force_jupyter=False).print(styled, soft_wrap=True)


def _headline(summary: Mapping[str, Any]) -> str:
    counts = summary["counts"]
    word = str(summary["status"]).capitalize()
    if summary["status"] != "complete" and summary["verdict"]:
        word += f" ({clean(summary['verdict'])})"
    line = (
        f"{word}: {counted(counts['captions'], 'caption')} "
        f"for {counted(counts['samples'], 'sample')}, {counted(counts['rows'], 'row')}, "
        f"in {span(summary['seconds'])}"
    )
    if counts["captions"]:
        line += f" ({rate(summary['captions_per_second'])} captions/s)"
    return line + "."


def _why(summary: Mapping[str, Any]) -> list[str]:
    lines = [clean(summary["message"])] if summary["message"] else []
    continues = summary["continues"]
    # Where the budget is used up the message has said how it goes on.
    if continues and summary["verdict"] != "budget_reached":
        lines.append(CONTINUES_LINE)
    if summary["rehearsal"]:
        lines.append(REHEARSAL_LINE)
    return lines


def _failures(summary: Mapping[str, Any]) -> list[str]:
    """A line of reason, count and example for each, and one with what would help."""
    failures: Mapping[str, Any] = summary["failures"]
    if not failures:
        return []
    counts = summary["counts"]
    parts = [
        (counts["failed"], "placeholder without a caption", "placeholders without a caption"),
        (counts["malformed"], "malformed sample", "malformed samples"),
        (counts["not_json"], "line that is no JSON object", "lines that are no JSON object"),
    ]
    what = ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in parts if n)
    if summary["exit_status"] == 1:
        what += " (more than max_failed_share allows)"
    reason_width = max(map(len, failures))
    count_width = max(len(f"{failure['count']:,}") for failure in failures.values())
    indent = " " * (2 + reason_width + 2 + count_width + 2)
    lines = [f"Failed: {what}"]
    for reason, failure in failures.items():
        columns = f"  {reason:<{reason_width}}  {failure['count']:>{count_width},}  "
        lines.append((columns + clean(failure["example"])).rstrip())
        if failure["help"]:
            lines.append(indent + failure["help"])
    return lines


def _remarks(summary: Mapping[str, Any]) -> list[str]:
    lines = [f"Learned: {clean(lesson)}" for lesson in summary["dialect"]]
    unused = summary["counts"]["unused_images"]
    if unused:
        lines.append(f"Unused: {counted(unused, 'image')} beyond the placeholders of their samples")
    warnings = summary["warnings"]
    lines += [f"Warning: {clean(warning)}" for warning in warnings[:WARNINGS_SHOWN]]
    more = len(warnings) - WARNINGS_SHOWN
    if more > 0:
        lines.append(f"… and {counted(more, 'further warning')} in the summary file")
    return lines


def _requests(summary: Mapping[str, Any]) -> str:
    counts, tokens = summary["counts"], summary["tokens"]
    parts = [f"{counts['attempts']:,} sent"]
    if counts["retries"]:
        parts.append(f"{counts['retries']:,} of them again")
    if counts["rate_limited_429"]:
        parts.append(f"{counts['rate_limited_429']:,} answered with 429")
    if counts["reused_captions"]:
        parts.append(f"{counted(counts['reused_captions'], 'caption')} reused")
    parts.append(f"{tokens['prompt']:,} tokens in and {tokens['completion']:,} out")
    return "Requests: " + ", ".join(parts)


def _cost(summary: Mapping[str, Any]) -> list[str]:
    """What was paid, and what is left of the budget; nothing where no price is known."""
    lines = []
    cost = summary.get("cost")  # a version that knew no prices may have written it
    if cost is not None:
        line = "Would have cost" if summary["rehearsal"] else "Cost"
        line += f": {dollars_text(cost['dollars'])}"
        if cost["lost_at_most"]:
            line += f", up to {dollars_text(cost['lost_at_most'])} of it for answers that were lost"
        if cost["unpriced_requests"]:
            line += f", and {counted(cost['unpriced_requests'], 'request')} at an unknown price"
        lines.append(line)
    caps = [
        f"{_amount(name, cap['spent'])} of {name} {_amount(name, cap['limit'])}"
        for name, cap in summary.get("budget", {}).items()
    ]
    if caps:
        lines.append(f"Budget: {', '.join(caps)}")
    return lines


def _amount(cap: str, amount: float) -> str:
    return dollars_text(amount) if cap == "max_cost" else f"{amount:,.0f}"


def _images(summary: Mapping[str, Any]) -> list[str]:
    images = summary["images"]
    if not images["count"]:
        return []
    median, largest = images["median_px"], images["max_px"]
    parts = [
        f"{images['count']:,} prepared",
        f"median {median[0]}×{median[1]} px",
        f"largest {largest[0]}×{largest[1]} px",
        byte_size(images["bytes_sent"]),
    ]
    if images["converted"]:
        parts.append(f"{images['converted']:,} converted")
    mean, whole = (
        round(images[name] / images["count"]) for name in ("tokens", "tokens_as_they_came")
    )
    if mean:
        parts.append(
            f"{mean:,} tokens each" + (f" ({whole:,} as they came)" if whole > mean else "")
        )
    return ["Images: " + ", ".join(parts)]


def _bound_by(summary: Mapping[str, Any]) -> list[str]:
    """The causes that took at least one hundredth of the time, the longest first."""
    bound_by: Mapping[str, float] = summary["bound_by"]
    all_s = sum(bound_by.values())
    shares = sorted(
        ((round(100 * seconds / all_s), cause) for cause, seconds in bound_by.items() if all_s > 0),
        key=lambda share: (-share[0], share[1]),
    )
    shown = [f"{cause} {percent}%" for percent, cause in shares if percent]
    return ["Bound by: " + ", ".join(shown)] if shown else []


def _colour(summary: Mapping[str, Any]) -> str:
    if summary["status"] != "complete":
        return "red"
    return "yellow" if summary["failures"] else "green"
