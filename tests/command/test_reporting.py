"""What a run says: beforehand, on its way, at its end, and in its summary."""

from __future__ import annotations

import os
import pty
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"


def test_the_summary_has_all_there_is_to_know(bench: Bench) -> None:
    """Counts, verdicts, tokens, time, images, settings and files, and they agree with the rows
    and with what the endpoint counted."""
    bench.photos(4)
    bench.picture("photos/003.png", 1, (90, 60))
    images = ["000", "001", "002", "000", "003"]
    rows = [{"text": TOKEN, "images": [f"photos/{name}.png"]} for name in images]
    bench.write("in.jsonl", *rows, {"text": f"{TOKEN}{TOKEN}", "images": []}, {"text": "x"}, "x")
    limited: list[int] = []

    def limit_once(asked: AskedRequest) -> ScriptedReply | None:
        limited.append(asked.ask)
        told = {"retry-after-ms": "50"}
        return ScriptedReply("slow down", status=429, headers=told) if len(limited) == 1 else None

    served = bench.serve(limit_once)
    bench.run("in.jsonl", "out.jsonl", "--base-url", served.base_url, "--api-key", "k").check(1)
    summary = bench.summary()
    stats = served.stats
    assert summary["counts"] == {
        "samples": 8,
        "rows": 12,
        "placeholders": 5,
        "captions": 5,
        "failed": 0,
        "malformed": 0,
        "not_json": 1,
        "verdicts": {"ok": 5},
        "failure_reasons": {"not_json": 1},
        "reused_captions": 1,
        "unused_images": 0,
        "requests": 4,
        "attempts": 5,
        "retries": 1,
        "rate_limited_429": 1,
        "statuses": {"200": 4, "429": 1},
    }
    assert len(bench.rows("out.jsonl")) == 12
    assert (stats.captions, stats.requests) == (4, 5)
    assert summary["tokens"] == {
        "prompt": stats.prompt_tokens,
        "completion": stats.completion_tokens,
        "lost_at_most": 0,
    }
    assert summary["outages"] == {"count": 0, "seconds": 0}
    assert summary["seconds"] > 0.05
    assert sum(summary["bound_by"].values()) == pytest.approx(summary["seconds"], abs=0.2)
    assert summary["slow_downs"]["count"] == 1
    assert summary["images"]["max_px"] == [90, 60]
    assert summary["images"]["bytes_sent"] > 0
    assert summary["endpoint"] == served.base_url
    assert (summary["status"], summary["verdict"], summary["exit_status"]) == ("complete", "", 1)
    assert summary["rehearsal"] is False
    assert summary["settings"]["api_key"] == "**********"
    assert summary["settings"]["max_token"] == 500
    assert summary["files"] == {
        "output": str(bench.folder / "out.jsonl"),
        "failures": str(bench.folder / "out.failures.jsonl"),
        "summary": str(bench.folder / "out.summary.json"),
        "ledger": str(bench.folder / "out.ledger.sqlite"),
    }


def test_what_is_about_to_happen_is_said_first(bench: Bench) -> None:
    """One line before anything is sent: samples, model, endpoint, mode, and what an image costs."""
    bench.photos(2)
    served = bench.serve(models=("gpt-4o",))
    ended = bench.run("photos", "out.jsonl", "--base-url", served.base_url, "--mode", "reasoning")
    first = ended.check(0).err.splitlines()[0]
    assert "2 samples with gpt-4o" in first
    assert served.base_url in first
    assert "mode reasoning" in first
    assert "85 tokens" in first


def test_quiet_says_nothing_of_a_success(bench: Bench) -> None:
    """Only what went wrong is told; a warning, too."""
    photos = bench.photos(2)
    words = ("photos", "out.jsonl", "--rehearse", "--quiet")
    ended = bench.run(*words).check(0)
    assert (ended.out, ended.err) == ("", "")
    ended = bench.run(*words).check(0)
    assert (ended.out, ended.err) == ("", "")
    warned = bench.run(*words, "--restart", "--system-prompt", "x").check(0)
    assert warned.err.startswith("Warning: system_prompt is set but not used")
    assert warned.err.count("\n") == 1
    (photos / "001.png").write_bytes(b"")
    bench.run(*words, "--restart").check(1, "unreadable_image")


def test_progress_is_told_line_by_line_where_there_is_no_terminal(bench: Bench) -> None:
    """A run that lasts says how far it is: done of total, speed, in flight, failed, what binds."""
    bench.photos(12)

    def slow_later(asked: AskedRequest) -> ScriptedReply:
        return ScriptedReply("A boat.", latency_s=0.05 if asked.ask < 4 else 1.5)

    served = bench.serve(slow_later)
    flags = ("--base-url", served.base_url, "--mode", "caption", "--concurrency", 2)
    ended = bench.run("photos", "out.jsonl", *flags).check(0)
    assert "\x1b" not in ended.err
    told = [line for line in ended.err.splitlines() if " of 12 samples" in line]
    line = (
        r"^\d+ of 12 samples \(\d+%\) · ETA .* captions/s · [\d,]+ tokens/min "
        r"· bound by concurrency · 2 in flight · 0 waiting to retry · 0 failed"
    )
    assert any(re.search(line, one) for one in told), told


def test_progress_is_drawn_on_a_terminal(bench: Bench) -> None:
    """It is redrawn in place and gone at the end; rows on standard output are not among it."""
    bench.photos(6)
    served = bench.serve(latency_s=0.2)
    ours, theirs = pty.openpty()
    process = bench.start(
        "run",
        *("photos", "-", "--base-url", served.base_url, "--mode", "caption", "--concurrency", 1),
        env={"TERM": "xterm-256color"},
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux says so at the end of a terminal
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.count(b"\n") == 6
    text = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", shown.decode())
    assert "of 6 samples" in text
    assert "Complete: 6 captions" in text
    assert shown.count(b"\x1b[?25l") == shown.count(b"\x1b[?25h") > 0


def test_prompts_that_do_less_than_they_seem_are_warned_about_once(bench: Bench) -> None:
    """A system prompt outside of mode custom; both kinds of user prompt."""
    bench.photos(3)
    flags = ("--system-prompt", "s", "--user-prompt", "u", "--user-prompt-key", "k")
    ended = bench.run("photos", "out.jsonl", "--rehearse", *flags).check(0)
    before, _, after = ended.err.partition("Complete:")
    for words in ("Warning: system_prompt is set but not used", "are both set"):
        # On its way, and in the summary at the end.
        assert (before.count(words), after.count(words)) == (1, 1)
    assert len(bench.summary()["warnings"]) == 2


def test_settings_come_from_everywhere_the_later_winning(bench: Bench) -> None:
    """Defaults, TOML, .env, environment, flags: each overrides what stands before it."""
    bench.photos(1)
    names = ("max_token", "max_attempts", "temperature", "mode")
    values = {
        "toml": {"max_token": "1", "max_attempts": "1", "temperature": "0.1", "mode": '"custom"'},
        "env_file": {"max_attempts": "2", "temperature": "0.2", "mode": "reasoning"},
        "environment": {"temperature": "0.3", "mode": "conversation"},
    }
    toml = "".join(f"{name} = {value}\n" for name, value in values["toml"].items())
    (bench.folder / "c.toml").write_text(toml)
    lines = (f"CAPTIONER_{name.upper()}={value}\n" for name, value in values["env_file"].items())
    (bench.folder / ".env").write_text("UNRELATED=1\n" + "".join(lines))
    env = {f"CAPTIONER_{name.upper()}": value for name, value in values["environment"].items()}
    words = ("photos", "out.jsonl", "--rehearse", "--config", "c.toml", "--mode", "caption")
    bench.run(*words, "--accept", "truncated", env=env).check(0)
    settings = bench.summary()["settings"]
    assert [settings[name] for name in names] == [1, 2, 0.3, "caption"]


def test_a_base_url_is_mended(bench: Bench) -> None:
    """Stray slashes, no scheme, no /v1, or too much of it: all mean the same endpoint."""
    bench.photos(1)
    served = bench.serve()
    host = served.base_url.removeprefix("http://").removesuffix("/v1")
    urls = [host, f"http:/{host}//v1/chat/completions/"]
    ends = bench.run_all(
        *(("photos", f"{number}.jsonl", "--base-url", url) for number, url in enumerate(urls))
    )
    for ended in ends:
        ended.check(0)
    assert served.stats.captions == len(urls)


def test_help_is_there(bench: Bench) -> None:
    """For captioner and for each command, on standard output."""
    calls = (["--help"], ["run", "--help"], ["endpoint", "--help"], ["--version"])
    processes = [bench.start(*words) for words in calls]
    top, run, endpoint, version = (bench.end(process).check(0) for process in processes)
    assert "run" in top.out
    assert "endpoint" in top.out
    for flag in ("--mode", "--rehearse", "--limit", "--state-dir", "--max-failed-share"):
        assert flag in run.out
    assert "--latency-s" in endpoint.out
    assert re.fullmatch(r"captioner \d+\.\d+\.\d+\n", version.out)
    for ended in (top, run, endpoint, version):
        assert ended.err == ""


def test_the_endpoint_command_serves_a_run(bench: Bench) -> None:
    """`captioner endpoint` in one terminal, `captioner run` in another."""
    bench.photos(2)
    server = bench.start("endpoint", "--port", 0)
    assert server.stdout is not None
    said = server.stdout.readline().decode()
    url = said.split(" at ")[1].strip()
    bench.run("photos", "out.jsonl", "--base-url", url).check(0)
    assert bench.summary()["rehearsal"] is False
    server.terminate()
    bench.end(server).check(0)
