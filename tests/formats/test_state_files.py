"""Everything about an output stands under one pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from captioner.formats.state_files import StateFiles


def test_files_stand_beside_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names start with the output's, and they stay put when the working directory moves."""
    monkeypatch.chdir(tmp_path)
    state = StateFiles.of("out/my.captions.jsonl")
    names = ["my.captions.jsonl"] + [
        f"my.captions.{rest}"
        for rest in ("partial.jsonl", "failures.jsonl", "summary.json", "ledger.sqlite")
    ]
    assert state.all() == [tmp_path / "out" / name for name in names]


def test_a_state_folder_takes_all_but_the_output(tmp_path: Path) -> None:
    """Only the output itself stays where it was asked for; rows keep its suffix."""
    state = StateFiles.of(tmp_path / "out" / "c.ndjson", tmp_path / "state")
    assert state.output == tmp_path / "out" / "c.ndjson"
    assert state.partial == tmp_path / "state" / "c.partial.ndjson"
    assert state.failures == tmp_path / "state" / "c.failures.jsonl"
    assert {path.parent.name for path in state.all()[1:]} == {"state"}


def test_standard_output_is_called_captions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files stand in the working directory, or in the state folder."""
    monkeypatch.chdir(tmp_path)
    assert StateFiles.of("-").output is None
    assert StateFiles.of("-").failures == tmp_path / "captions.failures.jsonl"
    assert StateFiles.of("-", "s").summary == tmp_path / "s" / "captions.summary.json"


def test_tables_and_folders_gather_in_their_own_form(tmp_path: Path) -> None:
    """Rows of a parquet file gather in a file of another kind; a folder gathers beside itself."""
    state = StateFiles.of(tmp_path / "c.parquet", tmp_path / "state")
    assert state.partial == tmp_path / "state" / "c.partial.arrows"
    assert StateFiles.of(tmp_path / "c.tsv").partial == tmp_path / "c.partial.tsv"
    state = StateFiles.of(tmp_path / "laion.v2", tmp_path / "state")
    assert state.partial == tmp_path / "laion.v2.partial"
    assert state.failures == tmp_path / "state" / "laion.v2.failures.jsonl"
