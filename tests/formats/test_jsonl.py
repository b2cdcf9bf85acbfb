"""JSONL in: every line has its id and position. JSONL out: cut, continued, renamed, never torn."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.jsonl import MAX_DEPTH, JsonlSink, JsonlSource, parse_object
from captioner.samples.outcome import Outcome
from captioner.samples.sample import BadRecord, Record, Sample

LINES = st.lists(
    st.one_of(
        st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=2).map(
            lambda fields: json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")
        ),
        st.sampled_from([b"", b"  ", b"[1]", b"nonsense", b"\xff", b"\xef\xbb\xbf{}", b'{"a":\0}']),
    ),
    max_size=8,
)
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".jsonl": bytes,
    ".jsonl.gz": lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:]),
    ".jsonl.zst": lambda data: zstandard.compress(data[:7]) + zstandard.compress(data[7:]),
}


def records_of(path: Path) -> list[Record]:
    """All that a file holds."""
    return list(JsonlSource(path).open())


def write(folder: Path, data: bytes, name: str = "in.jsonl") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(data)
    return path


@given(LINES, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.sampled_from(list(PACK)))
def test_any_position_gives_exactly_the_rest(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    end: bytes,
    ended: bool,
    suffix: str,
) -> None:
    """Ids count from 0, and opening at a record's position, through JSON, yields all behind it."""
    data = end.join(lines) + (end if ended else b"")
    source = JsonlSource(
        write(tmp_path_factory.mktemp("in"), PACK[suffix](data), f"in{suffix}"),
    )
    records = list(source.open())
    assert [record.id for record in records] == list(range(len(records)))
    assert len(records) == sum(bool(line.strip()) for line in lines)
    for index, record in enumerate(records):
        position = json.loads(json.dumps(record.position))
        assert list(source.open(position)) == records[index + 1 :]
    if suffix == ".jsonl":
        assert source.total() == len(records)
        assert source.identity()["size"] == len(data)


def test_a_sample_keeps_its_line_as_it_stood(tmp_path: Path) -> None:
    """`raw` is the line without mark and line end: spacing, escapes and number forms stay."""
    raw = rb' {"b" : 1.50, "a":"\u00e9", "a": "last" } '
    (sample,) = records_of(write(tmp_path, b"\xef\xbb\xbf" + raw + b"\r\n"))
    assert isinstance(sample, Sample)
    assert sample.raw == raw
    assert sample.fields == {"b": 1.5, "a": "last"}
    assert sample.size_bytes == len(raw)


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b'{"a": 1 2}', "at column 9"),
        (b"\xff{}", "byte 0xff at column 1 is not UTF-8"),
        (b'{"a": "caf\xe9"}', "byte 0xe9 at column 11"),
        (b"[1]", "a list, not an object"),
        (b'"x"', "a string, not"),
        (b"3", "a number, not"),
        (b"true", "true or false, not"),
        (b"null", "null, not"),
        (b'{"a": "\0"}', "at column 8"),
        (b"\0\0\0", "at column 1"),
        (b"{} {}", "Extra data at column 4"),
        (b'{"a": ' + b"1" * 5000 + b"}", "too many digits"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deeper than"),
    ],
)
def test_a_line_that_is_no_object_is_a_bad_record(tmp_path: Path, line: bytes, detail: str) -> None:
    """It takes an id, says where and why, and the lines around it are read."""
    before, bad, after = records_of(write(tmp_path, b'{"a":1}\n\n' + line + b'\n{"a":2}'))
    assert isinstance(before, Sample)
    assert isinstance(bad, BadRecord)
    assert isinstance(after, Sample)
    assert (bad.id, bad.where, bad.reason) == (1, "line 3", "not_json")
    assert detail in bad.detail
    assert len(bad.text) < 600
    assert after.id == 2


def test_nesting_is_limited_in_the_same_way_everywhere() -> None:
    """The deepest that is read is a fixed number, and it can be written again."""
    inner = MAX_DEPTH - 1
    deepest = parse_object(b'{"a":' + b"[" * inner + b"]" * inner + b"}")
    assert json.loads(json.dumps(deepest)) == deepest
    with pytest.raises(ValueError, match="deeper"):
        parse_object(b'{"a":' + b'{"b":' * inner + b"[]" + b"}" * inner + b"}")


def test_very_long_lines_are_whole(tmp_path: Path) -> None:
    """A line far longer than a read comes out in one piece, and so does its neighbour."""
    long = "x" * 3_000_000
    path = write(tmp_path, json.dumps({"text": long}).encode() + b'\n{"a": 1}\n')
    first, second = records_of(path)
    assert isinstance(first, Sample)
    assert first.fields["text"] == long
    assert second.id == 1


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize("kept_share", [0.05, 0.5, 0.9, 0.99])
def test_a_cut_archive_costs_only_what_is_lost(
    tmp_path: Path, suffix: str, kept_share: float
) -> None:
    """The records before the damage come first, then one bad record; positions hold here too."""
    rows = [{"id": number, "text": f"{number * 7919 % 1000}" * 9} for number in range(3000)]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    packed = gzip.compress(data) if suffix == ".jsonl.gz" else zstandard.compress(data)
    path = write(tmp_path, packed[: int(len(packed) * kept_share)], f"in{suffix}")
    source = JsonlSource(path)
    *whole, damage = source.open()
    assert [record.fields for record in whole if isinstance(record, Sample)] == rows[: len(whole)]
    assert isinstance(damage, BadRecord)
    assert damage.id == len(whole)
    assert damage.reason == "not_json"
    assert f"in{suffix} is damaged behind line {len(whole)}" in damage.detail
    records = [*whole, damage]
    for index in {0, len(records) // 2, len(records) - 2, len(records) - 1} - {-1}:
        assert list(source.open(records[index].position)) == records[index + 1 :]


def test_a_last_line_that_is_whole_survives_the_damage(tmp_path: Path) -> None:
    """Only the checksum is cut off: the line without an end is a sample, then comes the damage."""
    path = write(tmp_path, gzip.compress(b'{"a":1}\n{"a":2}')[:-8], "in.jsonl.gz")
    source = JsonlSource(path)
    records = list(source.open())
    assert [type(record) for record in records] == [Sample, Sample, BadRecord]
    for index, record in enumerate(records):
        assert list(source.open(record.position)) == records[index + 1 :]


def test_image_base_is_the_folder_of_the_file(tmp_path: Path) -> None:
    """Relative images start at the file's folder, or where they are said to."""
    path = write(tmp_path, b"")
    assert JsonlSource(path).image_base == str(tmp_path.resolve())
    assert JsonlSource(path, image_base="/elsewhere").image_base == "/elsewhere"
    assert JsonlSource(path).notes() == [f"{path.resolve()} is empty"]
    assert JsonlSource(path).total() == 0


def outcome(number: int, *rows: dict[str, Any]) -> Outcome:
    """A sample that became these rows."""
    return Outcome(Sample(number, {"n": number}), rows)


def test_rows_are_lines_in_the_partial_file_until_it_is_finished(tmp_path: Path) -> None:
    """What was written can be read at once; the output appears whole, and the partial goes."""
    sink = JsonlSink(tmp_path / "out.jsonl")
    sink.resume(None)
    sink.write([outcome(0, {"a": 1}, {"a": "é"}), outcome(1), outcome(2, {"a": 3})])
    partial = tmp_path / "out.partial.jsonl"
    assert partial.read_text("utf-8") == '{"a": 1}\n{"a": "é"}\n{"a": 3}\n'
    assert not (tmp_path / "out.jsonl").exists()
    sink.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    sink.close()
    sink.close()


def test_a_run_without_rows_leaves_an_empty_output(tmp_path: Path) -> None:
    """No rows is a fine answer: the file exists."""
    sink = JsonlSink(tmp_path / "out.jsonl")
    sink.resume(None)
    sink.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == b""


@given(
    st.lists(st.integers(0, 3), max_size=6),
    st.integers(0, 6),
    st.binary(max_size=20),
)
def test_a_crash_costs_only_what_came_after_the_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], kept: int, torn: bytes
) -> None:
    """Cut at a token, whatever was written behind it, the same rows give the same bytes."""
    folder = tmp_path_factory.mktemp("out")
    outcomes = [[outcome(n, {"n": n, "batch": b})] * b for n, b in enumerate(batches)]
    kept = min(kept, len(outcomes))
    first = JsonlSink(folder / "out.jsonl")
    first.resume(None)
    for batch in outcomes[:kept]:
        first.write(batch)
    token = json.loads(json.dumps(first.checkpoint()))
    for batch in outcomes[kept:]:
        first.write(batch)
    first.close()
    with (folder / "out.partial.jsonl").open("ab") as file:
        file.write(torn)
    second = JsonlSink(folder / "out.jsonl")
    second.resume(token)
    for batch in outcomes[kept:]:
        second.write(batch)
    second.finish()
    rows = [row for batch in outcomes for one in batch for row in one.rows]
    written = (folder / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in written] == rows


def test_a_finished_pilot_goes_on(tmp_path: Path) -> None:
    """The output of a complete run is taken back and grows."""
    pilot = JsonlSink(tmp_path / "out.jsonl")
    pilot.resume(None)
    pilot.write([outcome(0, {"n": 0})])
    token = pilot.checkpoint()
    pilot.finish()
    job = JsonlSink(tmp_path / "out.jsonl")
    job.resume(token)
    assert not (tmp_path / "out.jsonl").exists()
    job.write([outcome(1, {"n": 1})])
    job.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"n": 0}\n{"n": 1}\n'


def test_an_earlier_output_stays_until_a_new_run_is_complete(tmp_path: Path) -> None:
    """Beginning anew, or at nothing, does not touch the finished file."""
    (tmp_path / "out.jsonl").write_bytes(b"old\n")
    for token in (None, {"bytes": 0}):
        sink = JsonlSink(tmp_path / "out.jsonl")
        sink.resume(token)
        sink.close()
        assert (tmp_path / "out.jsonl").read_bytes() == b"old\n"
        (tmp_path / "out.partial.jsonl").unlink()


def test_a_token_beyond_the_file_is_refused(tmp_path: Path) -> None:
    """Missing or shortened files are named, and nothing is changed."""
    output, partial = tmp_path / "out.jsonl", tmp_path / "out.partial.jsonl"
    with pytest.raises(ConfigError, match=r"out\.partial\.jsonl holds 0 bytes where 9"):
        JsonlSink(output).resume({"bytes": 9})
    assert not partial.exists()
    output.write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"out\.jsonl is shorter than the 9 bytes"):
        JsonlSink(output).resume({"bytes": 9})
    partial.write_bytes(b"four")
    with pytest.raises(ConfigError, match="holds 4 bytes"):
        JsonlSink(output).resume({"bytes": 9})
    assert (output.read_bytes(), partial.read_bytes()) == (b"short", b"four")


def test_a_link_as_output_is_followed(tmp_path: Path) -> None:
    """What the link points to is replaced; the link stays one."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "out.jsonl"
    link.symlink_to(tmp_path / "real" / "data.jsonl")
    sink = JsonlSink(link, partial=tmp_path / "out.partial.jsonl")
    sink.resume(None)
    sink.finish()
    assert link.is_symlink()
    assert (tmp_path / "real" / "data.jsonl").exists()


def test_what_is_kept_comes_back_byte_for_byte(tmp_path: Path) -> None:
    """Originals that are kept make the output equal to an input of plain lines."""
    data = b'{"b" : 1.50}\n{"a":"\\u00e9\\ud800"}\n{"c": NaN, "c": 1e2}\n'
    sink = JsonlSink(tmp_path / "out.jsonl")
    sink.resume(None)
    for record in records_of(write(tmp_path, data)):
        assert isinstance(record, Sample)
        sink.write([Outcome(record, (record.fields,))])
    sink.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == data
