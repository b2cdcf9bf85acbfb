"""A worker may be killed before any change it makes on the disk: the next ends what it began."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

SAMPLE = "<__dj__image>A boat.<|__dj__eoc|>"


def there(spool: Path) -> dict[str, bytes]:
    """What is in a spool; of ledgers and summaries, which tell of time, the name alone."""
    return {
        str(path.relative_to(spool)): b""
        if "ledger" in path.name or "summary" in path.name
        # What a worker had begun to make is swept by workers that live for longer.
        else path.read_bytes().replace(bytes(spool), b"")
        for path in sorted(spool.rglob("*"))
        if path.is_file() and ".new-" not in str(path)
    }


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize("name", ["good.jsonl", "bad.json"])
def test_killed_anywhere_it_ends_the_same(tmp_path: Path, name: str) -> None:
    """Before claiming, in the middle of the run, between any two steps of its end."""
    images = tmp_path / "given" / "images"
    images.mkdir(parents=True)
    Image.new("RGB", (24, 16), (9, 90, 200)).save(images / "boat.png")
    rows = [{"text": SAMPLE, "images": [f"images/{image}.png"]} for image in ("boat", "none")]
    dropped = tmp_path / "given" / name
    dropped.write_text("".join(json.dumps(row) + "\n" for row in rows))
    killer = Path(__file__).with_name("killing.py")
    command = [sys.executable, str(killer), str(tmp_path / "all"), str(dropped), str(images)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert ended.returncode == 0, ended.stderr
    whole = there(tmp_path / "all" / "whole" / "spool")
    to = "done" if name == "good.jsonl" else "failed"
    assert f"{to}/{name}" in whole
    if to == "done":
        assert whole["out/good.jsonl"].count(b"boat.png") > 1  # as it was, and with its caption
        assert json.loads(whole["out/good.failures.jsonl"])["reason"] == "missing_image"
    else:
        assert b"one a line" in whole["failed/bad.json.reason.txt"]
    killed = int(ended.stdout)
    assert killed > 10
    for number in range(killed):
        assert there(tmp_path / "all" / str(number) / "spool") == whole, f"killed at {number}"
