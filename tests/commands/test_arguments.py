"""Words of `captioner run` that are no settings: what they mean, and which mean nothing."""

from __future__ import annotations

import pytest

from captioner.commands.arguments import shard_of, sidecars_of, spell_sidecar
from captioner.errors import ConfigError
from captioner.formats.sharded import Shard
from captioner.formats.sidecar import Sidecars


@pytest.mark.parametrize(
    ("words", "spelled"),
    [
        ("run photos photos --sidecar", "run photos photos --sidecar=skip"),
        ("run --sidecar photos photos", "run --sidecar=skip photos photos"),
        ("run --sidecar append photos photos", "run --sidecar append photos photos"),
        ("run photos --sidecar=overwrite out", "run photos --sidecar=overwrite out"),
        ("run photos out --sidecar --quiet", "run photos out --sidecar=skip --quiet"),
        ("run in out", "run in out"),
    ],
)
def test_a_bare_flag_takes_no_other_word(words: str, spelled: str) -> None:
    """It may stand in front of INPUT: only a mode is taken for its mode."""
    assert spell_sidecar(words.split()) == spelled.split()


def test_what_is_not_given_is_the_default() -> None:
    """No flag, no sidecars and no shard; the flag alone is the defaults."""
    assert sidecars_of(None, None, None, None) is None
    assert shard_of(None) is None
    assert sidecars_of("skip", None, None, None) == Sidecars()
    given = sidecars_of("append", "a", "b", "caption")
    assert given == Sidecars("append", "a", "b", ".caption")
    assert shard_of("1/2") == Shard(1, 2)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((None, "x", None, None), "--prefix is for sidecars"),
        ((None, None, "", None), "--suffix is for sidecars"),
        ((None, None, None, ".txt"), "--sidecar-ext is for sidecars"),
        (("", None, None, None), "--sidecar takes skip"),
        (("skip", None, None, ""), "--sidecar-ext"),
    ],
)
def test_words_without_a_meaning(words: tuple[str | None, ...], what: str) -> None:
    """Refused before anything is read, with what to do."""
    with pytest.raises(ConfigError, match=what):
        sidecars_of(*words)
