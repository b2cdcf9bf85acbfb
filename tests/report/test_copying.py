"""What is told of an input that is copied."""

from captioner.events import InputCopied
from captioner.report.copying import FIRST_LINE_S, LINE_EVERY_S, Copying


def test_a_line_now_and_then() -> None:
    """None where it is here in a moment; then how much there is, and of how much."""
    now_s = 0.0
    copying = Copying(lambda: now_s)

    def at(second: float, copied: int, total: int | None = 40_000_000) -> str | None:
        nonlocal now_s
        now_s = second
        return copying.line(InputCopied("s3://bucket/in.parquet", copied, total))

    assert at(0.1, 1_000_000) is None
    assert at(FIRST_LINE_S, 10_000_000) == (
        "Copying s3://bucket/in.parquet: 10.0 MB of 40.0 MB (25 %)."
    )
    assert at(FIRST_LINE_S + 1, 11_000_000) is None
    assert at(FIRST_LINE_S + LINE_EVERY_S, 20_000_000, None) == (
        "Copying s3://bucket/in.parquet: 20.0 MB."
    )
    assert at(FIRST_LINE_S + 2 * LINE_EVERY_S, 0, 0) == "Copying s3://bucket/in.parquet: 0 bytes."
