"""Who is let in: callers and operators by their tokens, which change while the worker runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from captioner.errors import ConfigError
from captioner.worker.access import access_of
from captioner.worker.tokens import TokenFile
from tests.worker.said import Said

if TYPE_CHECKING:
    from tests.worker.http.conftest import Serving

OPERATOR = "another-long-random-token"


@pytest.mark.parametrize("act", ["pause", "resume", "drain", "limits"])
async def test_control_needs_the_token(serving: Serving, act: str) -> None:
    """A wrong one, or none, changes nothing."""
    async with serving() as bench:
        for given in ("Bearer wrong", "Basic x", ""):
            answer = await bench.post(
                f"/control/{act}", {"concurrency": 1}, headers={"Authorization": given}
            )
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await bench.get("/readyz")).status == 200


async def test_without_a_token_nobody_steers_and_no_name_is_answered(serving: Serving) -> None:
    """Control says how to turn it on. Callers need no token, but must use an address: a page that
    leads its readers' browsers here does so by a name."""
    async with serving(token=None) as bench:
        off = await bench.post("/control/pause")
        assert off.status == 403
        assert "--http-token-file" in off.json["error"]
        assert (await bench.caption(1)).status == 200
        for path in ("/", "/live", "/status"):
            assert (await bench.get(path)).status == 200
            assert (await bench.get(path, headers={"Host": "evil.test"})).status == 421
        named = await bench.caption(1, headers={"Host": "evil.test:80"})
        assert named.status == 421


async def test_captions_and_pictures_need_the_token(serving: Serving) -> None:
    """Health, readiness and metrics do not; nothing that they tell is a caption."""
    async with serving() as bench:
        await bench.caption(1)
        nobody = {"Authorization": ""}
        for path in ("/live", "/thumbnails/x"):
            assert (await bench.get(path, headers=nobody)).status == 401
        for path in ("/healthz", "/readyz", "/metrics", "/status", "/"):
            assert (await bench.get(path, headers=nobody)).status == 200
        caption = (await bench.get("/live")).json["captions"][0]["caption"]
        assert caption
        for path in ("/metrics", "/status"):
            assert caption not in (await bench.get(path)).text


@pytest.mark.parametrize("act", ["pause", "resume", "drain", "limits"])
async def test_with_a_token_of_its_own_control_is_not_for_callers(
    serving: Serving, act: str
) -> None:
    """They are told so, and nothing changes; who knows no token at all is not let that far."""
    async with serving(control_token=OPERATOR) as bench:
        refused = await bench.post(f"/control/{act}", {"concurrency": 1})
        assert refused.status == 403
        assert "--control-token-file" in refused.json["error"]
        for given in ("Bearer wrong", "Bearer ", "Bearer \udcff\udcfe", ""):
            unknown = await bench.post(
                f"/control/{act}", {"concurrency": 1}, headers={"Authorization": given}
            )
            assert unknown.status == 401
        assert (await bench.get("/readyz")).status == 200
        assert not bench.service.is_draining
        assert '"act"' not in bench.log.getvalue()


async def test_the_operators_token_opens_every_door(serving: Serving) -> None:
    """So an operator needs one token; the callers' one opens what it did."""
    async with serving(control_token=OPERATOR) as bench:
        operator = {"Authorization": f"Bearer {OPERATOR}"}
        for headers in (operator, {}):
            assert (await bench.caption(1, headers=headers)).status == 200
            assert (await bench.get("/live", headers=headers)).status == 200
        for act in ("pause", "resume"):
            assert (await bench.post(f"/control/{act}", headers=operator)).status == 200
        limits = await bench.post("/control/limits", {"concurrency": 2}, headers=operator)
        assert limits.status == 200
        said = bench.log.getvalue()
    assert OPERATOR not in said


async def test_callers_need_none_where_only_control_has_one(serving: Serving) -> None:
    """They reach this machine's own address alone; steering needs the token."""
    async with serving(token=None, control_token=OPERATOR) as bench:
        assert (await bench.caption(1)).status == 200
        assert (await bench.get("/live")).status == 200
        assert (await bench.caption(1, headers={"Host": "evil.test"})).status == 421
        assert (await bench.post("/control/pause")).status == 401
        operator = {"Authorization": f"Bearer {OPERATOR}"}
        assert (await bench.post("/control/pause", headers=operator)).status == 200


async def test_a_token_is_changed_without_a_restart(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the next look at its file on the new one is known, and the one before is not."""
    monkeypatch.setattr("captioner.worker.tokens._LOOK_EVERY_S", 0.0)
    async with serving(control_token=OPERATOR) as bench:
        (tmp_path / "control_token").write_text("renewed\n", "utf-8")
        before = {"Authorization": f"Bearer {OPERATOR}"}
        assert (await bench.post("/control/pause", headers=before)).status == 401
        now = {"Authorization": "Bearer renewed"}
        assert (await bench.post("/control/pause", headers=now)).status == 200


class Held:
    """A token file, and a clock for who looks at it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.now_s, self.log = folder / "token", 0.0, Said()
        self.path.write_text("first\n")
        self.token = TokenFile(self.path, "--http-token-file", self.log, lambda: self.now_s)

    def known(self, *tokens: str) -> list[str]:
        """Those of these that are let in."""
        return [each for each in tokens if self.token.is_token(each.encode())]


def test_a_file_is_looked_at_once_a_second(tmp_path: Path) -> None:
    """However often it is asked for; written in place or moved over it is seen."""
    held = Held(tmp_path)
    held.path.write_text("second")
    held.now_s = 0.9
    assert held.known("first", "second") == ["first"]
    held.now_s = 1.0
    assert held.known("first", "second") == ["second"]
    other = tmp_path / "other"
    other.write_text("third")
    other.replace(held.path)
    held.now_s = 2.5
    assert held.known("second", "third") == ["third"]
    assert held.log.of("info") == ["token changed"] * 2
    assert "third" not in repr(held.token) + str(held.log.lines)


def test_the_token_before_stays_while_the_file_holds_none(tmp_path: Path) -> None:
    """Empty, no text, away: each is said once, and none locks an operator out or lets all in."""
    held = Held(tmp_path)
    for number, spoilt in enumerate((b"", b" \n ", b"\xff\xfe", None)):
        held.path.unlink()
        if spoilt is not None:
            held.path.write_bytes(spoilt)
        for look in range(3):
            held.now_s += 2.0
            assert held.known("first", "", " ") == ["first"], (spoilt, look)
        assert len(held.log.of("warning")) == number + 1, spoilt
    held.path.write_text("second")
    held.now_s += 2.0
    assert held.known("first", "second") == ["second"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_be_read_again_is_read(tmp_path: Path) -> None:
    """Nothing but its mode has changed then."""
    held = Held(tmp_path)
    held.path.write_text("second")
    held.path.chmod(0)
    held.now_s = 2.0
    assert held.known("first") == ["first"]
    held.path.chmod(stat.S_IRUSR)
    held.now_s = 4.0
    assert held.known("second") == ["second"]


def test_others_are_not_let_in_without_a_token(tmp_path: Path) -> None:
    """An address that other machines reach needs a callers' token, whatever steers."""
    held = Held(tmp_path)
    for host in ("127.0.0.1", "::1", "localhost"):
        assert not access_of(host, None).has_control
        assert access_of(host, None, held.token).has_control
    for host in ("0.0.0.0", "::", "10.1.2.3", "worker.test"):
        with pytest.raises(ConfigError, match="--http-token-file"):
            access_of(host, None, held.token)
        assert access_of(host, held.token).has_control


def test_one_token_for_both_is_refused(tmp_path: Path) -> None:
    """Whoever may ask could steer, though it looks as if not."""
    held = Held(tmp_path)
    same = TokenFile(held.path, "--control-token-file", held.log, lambda: 0.0)
    with pytest.raises(ConfigError, match="hold the same token"):
        access_of("127.0.0.1", held.token, same)


def test_a_file_without_a_token_is_refused_at_the_start(tmp_path: Path) -> None:
    """By the option that names it."""
    file = tmp_path / "token"
    for words, text in (("cannot be read", None), ("is empty", " \n")):
        if text is not None:
            file.write_text(text)
        with pytest.raises(ConfigError, match=f"--control-token-file .*{words}"):
            TokenFile(file, "--control-token-file", Said(), lambda: 0.0)
