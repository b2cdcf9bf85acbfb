"""Tables, data sets and tars of a run, written anew around what was asked for again."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.asked_again import AskedAgain
from captioner.formats.choose import open_sink, open_source
from captioner.formats.failures import FailuresFile
from captioner.formats.layouts import Layout, layout_of
from captioner.formats.replacement import Replacement, SinkAnew, beside, finish_swap
from captioner.formats.sharded import Shard
from captioner.formats.state_files import StateFiles
from captioner.samples.assemble import assemble, bad_record_outcome
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import plan
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Record
from captioner.samples.selection import Selection

IMAGE = "<__dj__image>"
ROWS = 7
Texts = Sequence[str | None]
KINDS = (
    ("in.parquet", "out.parquet"),
    ("in.parquet", "out.csv"),
    ("shards", "out"),
    ("set", "out"),
    ("set", "out.parquet"),
    ("in.csv", "out.csv"),
    ("in.csv", "out.tsv"),
    ("in.csv", "out.parquet"),
    ("in.tar", "out.tar"),
    ("in.tar", "out.parquet"),
    ("tars", "out"),
)


def make_input(folder: Path, name: str, *, texts: bool) -> None:
    """Rows with no image, one and two; in CSV one line is no row."""
    images = [[f"{n}-{i}.png" for i in range(n % 3)] for n in range(ROWS)]
    columns = {"id": list(range(ROWS)), "images": images, "caption" if not texts else "text": [""]}
    words = [f'a "b", {n}' if not texts else IMAGE * (n % 3) + f" {n}" for n in range(ROWS)]
    columns["caption" if not texts else "text"] = words
    if name == "in.csv":
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(columns)
            for number, word in enumerate(words):
                one = images[number][0] if images[number] else ""
                writer.writerow([number, one, IMAGE * bool(one) + " x" if texts else word])
            file.write("1,2\r\n")
        return
    if name in ("in.tar", "tars"):
        paths = (
            [folder / name] if name == "in.tar" else [folder / name / f"{n}.tar" for n in (0, 1)]
        )
        paths[0].parent.mkdir(exist_ok=True)
        for tar_number, path in enumerate(paths):
            with tarfile.open(path, "w") as tar:
                for number in range(ROWS):
                    for member in (*images[number], f"{number}-0.json", f"{number}-0.cls"):
                        info = tarfile.TarInfo(f"{tar_number}{member.replace('-', '.', 1)}")
                        info.size = 3
                        tar.addfile(info, io.BytesIO(b"123"))
        return
    table = pa.table(columns)
    if name == "set":
        datasets.Dataset(table).save_to_disk(str(folder / name), num_shards=2)
    elif name == "shards":
        (folder / name).mkdir()
        pq.write_table(table.slice(0, 3), folder / name / "a.parquet")
        pq.write_table(table.slice(3), folder / name / "b.parquet", row_group_size=2)
    else:
        pq.write_table(table, folder / name, row_group_size=3)


def outcome_of(record: Record, texts: Texts, rules: Rules) -> Outcome:
    """What became of a record; one of the captions was let through although it was cut off."""
    if isinstance(record, BadRecord):
        return bad_record_outcome(record)
    planned = plan(record, rules)
    captions = [caption_of(record.id, p.index, texts[p.index % 2]) for p in planned.placeholders]
    return assemble(planned, captions, rules)


def caption_of(sample: int, index: int, text: str | None) -> CaptionOutcome:
    """A caption, or a failure where there is no text."""
    if text is None:
        return CaptionOutcome(sample, index, "a", None, Verdict.REFUSED, "refused", "no")
    verdict = Verdict.TRUNCATED if text == "cut" else Verdict.OK
    return CaptionOutcome(sample, index, "a", text, verdict)


class Run:
    """A run over an input into an output, all in one folder."""

    def __init__(self, folder: Path, names: tuple[str, str], rules: Rules, shard: Shard | None):
        self.source = open_source(folder / names[0], shard=shard)
        self.state = StateFiles.of(folder / names[1])
        self.rules = rules
        assert self.state.output is not None
        self.output = self.state.output

    def write(self, texts: Sequence[Texts]) -> dict[str, bytes]:
        """Do it, with these captions; what it wrote."""
        chosen = open_sink(self.output, source=self.source, rules=self.rules)
        outcomes = [outcome_of(r, texts[r.id % ROWS], self.rules) for r in self.records()]
        for sink in (chosen.sink, FailuresFile(self.state.failures, "/p")):
            sink.resume(None)
            sink.write(outcomes)
            sink.finish()
            sink.close()
        return self.written()

    def records(self) -> list[Record]:
        """The source's."""
        return list(self.source.source.open())

    def written(self) -> dict[str, bytes]:
        """The content of all files of output and failures."""
        paths = [self.output, *self.output.rglob("*"), self.state.failures]
        return {
            str(path.relative_to(self.output.parent)): path.read_bytes()
            for path in paths
            if path.is_file()
        }

    def layout(self) -> Layout:
        """Of the output."""
        return layout_of(self.output, self.source, self.rules)

    def again(self, selection: Selection) -> AskedAgain:
        """What of it is asked for again."""
        return AskedAgain(
            self.source.source,
            selection,
            samples=len(self.records()),
            output=partial(self.layout().past, self.output),
            failures=self.state.failures,
            rules=self.rules,
        )

    def replace(self, again: AskedAgain, old: Sequence[Texts], new: Sequence[Texts]) -> list[Texts]:
        """Answer what is asked again from `new`; which captions there are now."""
        layout = self.layout()
        assert layout.remaking is not None
        replacement = Replacement(
            self.output,
            SinkAnew(beside(self.output), beside(self.state.partial), layout.sink, layout.remaking),
            self.state.failures,
            past=again.past,
            end=again.end,
            rules=self.rules,
            image_base="/p",
        )
        replacement.resume(None)
        mixed = {record.id: list(old[record.id % ROWS]) for record in self.records()}
        for record in again.open():
            assert not isinstance(record, BadRecord)
            captions = []
            for one in plan(record, self.rules).placeholders:
                known = again.known(one, since=7)
                if isinstance(known, int):
                    text = (new if known == 7 else old)[record.id % ROWS][one.index]
                    mixed[record.id][one.index] = text
                    known = caption_of(record.id, one.index, text)
                captions.append(known)
            replacement.write([assemble(plan(record, self.rules), captions, self.rules)])
        replacement.finish()
        finish_swap(replacement.swap)
        finish_swap(replacement.swap)
        return list(mixed.values())


captions = st.none() | st.sampled_from(["x", 'y "z",\n', "cut"])
every_text = st.lists(st.tuples(captions, captions), min_size=ROWS, max_size=ROWS)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_output_is_that_of_a_run_that_was_answered_so(data: st.DataObject) -> None:
    """To the byte, in every format, whatever is asked again and whatever comes of it; what is not
    asked keeps its verdict too, and nothing is left beside it."""
    names = data.draw(st.sampled_from(KINDS))
    rules = Rules(
        placeholders="add",
        rows=data.draw(st.sampled_from(["samples", "captions"])),
        captions_key=data.draw(st.sampled_from([None, "caps"])),
        any_or_all=data.draw(st.sampled_from(["any", "all"])),
        keep_original_sample=data.draw(st.booleans()),
        accept=frozenset({Verdict.TRUNCATED}),
    )
    shard = data.draw(st.sampled_from([None, Shard(0, 2), Shard(1, 2)]))
    old, new = data.draw(every_text), data.draw(every_text)
    ids = data.draw(st.sets(st.integers(0, ROWS - 1)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(folder, names[0], texts=data.draw(st.booleans()))
        run = Run(folder, names, rules, shard)
        run.write(old)
        there = {record.id for record in run.records()}
        chosen: dict[int, dict[int | None, int]] = {n: {None: 1} for n in ids & there}
        again = run.again(Selection(frozenset({"refused"}), chosen, "ids"))
        mixed = run.replace(again, old, new)
        after = run.written()
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
        texts = {record.id % ROWS: text for record, text in zip(run.records(), mixed, strict=True)}
        if len(texts) == len(mixed):  # of two tars each number is there twice
            assert after == run.write([texts.get(n, (None, None)) for n in range(ROWS)])


def test_what_was_changed_is_refused(tmp_path: Path) -> None:
    """The message names the file, what differs, and what to do."""
    make_input(tmp_path, "in.parquet", texts=False)
    rules = Rules(placeholders="add", rows="captions")
    run = Run(tmp_path, ("in.parquet", "out.parquet"), rules, None)
    run.write([("x", None)] * ROWS)
    table = pq.read_table(run.output)
    for changed, message in (
        (table.slice(0, 5), "it ends behind row 5, within sample 4"),
        (pa.concat_tables([table, table.slice(0, 1)]), "it has more than"),
        (table.slice(1), "row 1 is not that of sample 0"),
        (table.set_column(2, "caption", [["no"] * table.num_rows]), "row 1 is not that of sample"),
        (table.drop_columns(["verdict"]), "cannot be read: out.parquet has no column 'verdict'"),
    ):
        pq.write_table(changed, run.output)
        with pytest.raises(ConfigError, match=message):
            run.again(Selection()).choose()


def test_a_tar_that_was_changed_is_refused(tmp_path: Path) -> None:
    """Where something is missing in the middle, nothing is taken for what it is not."""
    make_input(tmp_path, "in.tar", texts=False)
    run = Run(tmp_path, ("in.tar", "out.tar"), Rules(placeholders="add", rows="captions"), None)
    run.write([("x", None)] * ROWS)
    whole = run.output.read_bytes()
    for changed in (whole[:1024] + whole[2048:], whole[:4096] + bytes(512), b""):
        run.output.write_bytes(changed)
        with pytest.raises(ConfigError, match=r"out.tar was changed since the run"):
            run.again(Selection()).choose()


def test_csv_without_its_columns_is_refused(tmp_path: Path) -> None:
    """So is a line with other cells than the header."""
    make_input(tmp_path, "in.csv", texts=False)
    run = Run(tmp_path, ("in.csv", "out.csv"), Rules(placeholders="add", rows="captions"), None)
    run.write([("x", None)] * ROWS)
    whole = run.output.read_bytes()
    for old, new, message in (
        (b"verdict", b"judged", "no column 'verdict'"),
        (b",ok,", b",", "is no row of it"),
    ):
        run.output.write_bytes(whole.replace(old, new, 1))
        with pytest.raises(ConfigError, match=message):
            run.again(Selection()).choose()


def test_the_record_of_a_pilot_stays_true(tmp_path: Path) -> None:
    """What the sink tells of the new output lets a later run go on behind it."""
    make_input(tmp_path, "in.parquet", texts=False)
    rules = Rules(placeholders="add", rows="captions")
    run = Run(tmp_path, ("in.parquet", "out.parquet"), rules, None)
    run.write([("x", None)] * ROWS)
    layout = run.layout()
    assert layout.remaking is not None
    again = run.again(Selection())
    anew = SinkAnew(beside(run.output), beside(run.state.partial), layout.sink, layout.remaking)
    anew.begin()
    for past in again.past():
        anew.copy(past)
    anew.finish()
    before = pq.read_table(run.output)
    anew.new.replace(run.output)
    sink = layout.sink(run.output, run.state.partial)
    sink.resume(anew.token)
    assert json.loads(json.dumps(anew.token))["rows"] == before.num_rows
    sink.finish()
    sink.close()
    assert pq.read_table(run.output).equals(before)
