"""Keys and other people's headers: sent where they belong, and seen nowhere else."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from captioner.endpoint import AskedRequest, ScriptedReply
from captioner.endpoint.options import FaultKind

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Ended, Served

KEY = "sk-test-0123456789abcdefghijklmnop"
HEADER = "header-value-0123456789"
EVERYWHERE = ("--extra-headers", f'{{"X-Team": "{HEADER}"}}')


def assert_unseen(bench: Bench, ended: Ended) -> None:
    """Neither secret is in anything that the run said or wrote."""
    seen = {"stdout": ended.out.encode(), "stderr": ended.err.encode()}
    kept = ("key", ".env", "config.toml")
    for path in bench.folder.rglob("*"):
        if path.is_file() and path.name not in kept and path.suffix != ".png":
            seen[path.name] = path.read_bytes()
    for name, text in seen.items():
        for secret in (KEY, HEADER, KEY[8:24]):
            assert secret.encode() not in text, name


@pytest.mark.parametrize("way", ["flag", "environment", "file", "env-file", "toml"])
def test_a_key_is_sent_and_not_seen(bench: Bench, way: str) -> None:
    """However it is given, it reaches the endpoint, and no output, file or list of processes."""
    bench.photos(3)
    (bench.folder / "photos/001.png").write_bytes(b"")
    (bench.folder / "key").write_text(f"{KEY}\n")
    served = bench.serve(api_key=KEY)
    words: dict[str, tuple[str, ...]] = {
        "flag": ("--api-key", KEY),
        "file": ("--api-key-file", "key"),
        "toml": ("--config", "config.toml"),
    }
    if way == "env-file":
        (bench.folder / ".env").write_text(f"CAPTIONER_API_KEY={KEY}\n")
    (bench.folder / "config.toml").write_text(f'api_key = "{KEY}"\n')
    env = {"CAPTIONER_API_KEY": KEY} if way == "environment" else {}
    given = (*words.get(way, ()), *EVERYWHERE, "--base-url", served.base_url)
    ended = bench.run("photos", "out.jsonl", *given, env=env).check(1)
    assert served.stats.captions == 2
    assert_unseen(bench, ended)


def test_secrets_are_unseen_however_a_run_ends(bench: Bench) -> None:
    """Also where the endpoint is gone, rejects them, or quotes them in its errors."""
    bench.photos(6)

    def quoting(_: AskedRequest) -> ScriptedReply:
        return ScriptedReply(f"I do not like {KEY} nor {HEADER}.", status=400)

    broken: tuple[FaultKind, ...] = ("500", "reset", "truncated", "content_policy")
    gone = bench.serve()
    gone.close()
    few = ("--max-attempts", 2)
    usage = ("--max-attempts", "many", f"--api-kye={KEY}")
    cases: list[tuple[Served, tuple[object, ...], int]] = [
        (bench.serve(api_key="another"), (), 3),
        (bench.serve(quota_requests=1), (), 3),
        (bench.serve(fault_share=1, fault_kinds=broken), few, 1),
        (bench.serve(quoting), (), 1),
        (gone, (), 3),
        (gone, usage, 2),
    ]
    same = ("--api-key", KEY, "--model", "rehearsal", *EVERYWHERE)
    ends = bench.run_all(
        *(
            ("photos", f"{at}.jsonl", "--base-url", f"{served.base_url}?sig={KEY}", *same, *more)
            for at, (served, more, _) in enumerate(cases)
        )
    )
    for ended, (_, _, status) in zip(ends, cases, strict=True):
        assert_unseen(bench, ended.check(status))


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_the_list_of_processes_shows_no_secret(bench: Bench) -> None:
    """While the run goes on, anyone may read its command line."""
    bench.photos(2)
    served = bench.serve(lambda _: ScriptedReply(fault="hang"))
    at = ("--base-url", f"{served.base_url}?sig={KEY}", "--model", "rehearsal")
    process = bench.start("run", "photos", "out.jsonl", *at, "--api-key", KEY, *EVERYWHERE)
    bench.until(lambda: served.stats.in_flight > 0)
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
    assert KEY not in shown
    assert HEADER not in shown
    assert "captioner run photos out.jsonl" in shown.replace("\0", " ")


def test_openai_api_key_goes_to_its_own_host_alone(bench: Bench) -> None:
    """Withheld from another endpoint, which a line says; sent where OPENAI_BASE_URL names it."""
    bench.photos(1)
    served = bench.serve(api_key=KEY)
    at = ("--base-url", served.base_url)
    env = {"OPENAI_API_KEY": KEY}
    number = itertools.count()

    def run(*words: object, env: dict[str, str]) -> Ended:
        return bench.run("photos", f"{next(number)}.jsonl", *words, env=env)

    withheld = run(*at, env=env).check(3, "OPENAI_API_KEY was withheld from", served.base_url)
    assert_unseen(bench, withheld)
    elsewhere = env | {"OPENAI_BASE_URL": "https://other.example/v1"}
    run(*at, env=elsewhere).check(3, "withheld")
    own = env | {"OPENAI_BASE_URL": served.base_url + "/"}
    for words in (at, ()):
        ended = run(*words, env=own).check(0)
        assert "withheld" not in ended.err
        assert_unseen(bench, ended)


def test_azure_takes_the_key_in_its_own_header(bench: Bench) -> None:
    """--auth-header names it, and a query in the address is kept."""
    bench.photos(1)
    served = bench.serve(api_key=KEY, models=("gpt",))
    host = served.base_url.removesuffix("/v1")
    url = f"{host}/openai/deployments/gpt?api-version=2024-10-21"
    words = ("--base-url", url, "--auth-header", "api-key", "--model", "gpt")
    ended = bench.run("photos", "out.jsonl", *words, env={"CAPTIONER_API_KEY": KEY}).check(0)
    assert_unseen(bench, ended)
    assert bench.summary()["settings"]["base_url"].endswith("?api-version=***")


def test_without_a_key_none_is_sent(bench: Bench) -> None:
    """An endpoint that asks for none gets no header; one that does says so."""
    bench.photos(1)
    served = bench.serve(require_key=True)
    bench.run("photos", "out.jsonl", "--base-url", served.base_url).check(3, "bad_key")
