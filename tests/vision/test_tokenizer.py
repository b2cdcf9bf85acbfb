"""Text tokens are counted as the models count them, and no tokenizer ever holds up a run."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers

from captioner.vision.tokenizer import BUILTIN, Tokenizer, load_tokenizer, open_builtin

# Made with an independent implementation of the same vocabulary.
KNOWN_IDS = {
    "hello world": [24912, 2375],
    "Describe the image in one paragraph.": [61443, 290, 3621, 306, 1001, 27853, 13],
    "图片里有什么？ Straße 123456 🙂": [19558, 8756, 90397, 4802, 71184, 220, 7633, 19354, 26192],
}


@pytest.mark.parametrize(("text", "ids"), KNOWN_IDS.items())
def test_builtin_is_o200k_base(text: str, ids: list[int]) -> None:
    """Known texts get the ids that the models' own tokenizer gives them."""
    assert open_builtin().encode(text, add_special_tokens=False).ids == ids
    assert load_tokenizer(BUILTIN)[0].count(text) == len(ids)


@given(st.text())
def test_builtin_loses_nothing(text: str) -> None:
    """Any text survives encoding and decoding, and has at most a token for each of its bytes."""
    tokenizer, warning = load_tokenizer(BUILTIN)
    backend = open_builtin()
    assert warning is None
    assert backend.decode(backend.encode(text).ids, skip_special_tokens=False) == text
    assert tokenizer.count(text) <= len(text.encode())


def test_special_tokens_in_a_text_are_text() -> None:
    """A prompt that spells a special token is charged for its letters."""
    assert load_tokenizer(BUILTIN)[0].count("<|endoftext|>") == 7
    assert open_builtin().token_to_id("<|endoftext|>") == 199_999
    assert open_builtin().token_to_id("<|endofprompt|>") == 200_018


def test_half_a_surrogate_pair_is_counted() -> None:
    """JSON may hold what no encoding can: it is estimated all the same."""
    assert load_tokenizer(BUILTIN)[0].count("a \ud83d b") > 0


def test_each_text_is_encoded_once() -> None:
    """A prompt that comes with every request is counted once."""
    seen: list[str] = []

    def encode(text: str) -> list[int]:
        seen.append(text)
        return [0] * 3

    tokenizer = Tokenizer("mine", encode)
    assert [tokenizer.count(text) for text in "abaab"] == [3] * 5
    assert seen == ["a", "b"]
    assert repr(tokenizer) == "Tokenizer(mine: 2 texts cached)"


def test_a_vocabulary_that_fails_on_a_text_ends_nothing() -> None:
    """Where a foreign tokenizer raises, the bytes are the estimate."""

    def encode(text: str) -> list[int]:
        raise RuntimeError("no unknown token")

    assert Tokenizer("mine", encode).count("née") == 4


@pytest.fixture
def own_tokenizer(tmp_path: Path) -> Path:
    """A tokenizer.json that knows three words, and would cut a text to one of them."""
    backend = tokenizers.Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.enable_truncation(1)
    backend.enable_padding(length=9)
    backend.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def test_a_file_or_its_folder(own_tokenizer: Path) -> None:
    """Both name the same tokenizer, whose own limits do not falsify the count."""
    for spec in (str(own_tokenizer), str(own_tokenizer.parent)):
        tokenizer, warning = load_tokenizer(spec)
        assert (tokenizer.count("a b strange"), tokenizer.spec, warning) == (3, spec, None)


def test_a_folder_that_only_transformers_knows(tmp_path: Path) -> None:
    """Older forms, such as a plain vocabulary file, are opened through transformers."""
    pytest.importorskip("transformers")
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\nfox\n")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    tokenizer, warning = load_tokenizer(str(tmp_path))
    assert warning is None
    assert tokenizer.count("red fox fox") == 3


@pytest.mark.parametrize("spec", ["no/such/folder", "./missing.json", "builtin:other", "", "a\0b"])
def test_what_cannot_be_loaded_is_one_warning(spec: str) -> None:
    """The builtin takes its place, and the warning names both."""
    tokenizer, warning = load_tokenizer(spec)
    assert tokenizer.spec == BUILTIN
    assert tokenizer.count("hello world") == 2
    assert warning is not None
    assert repr(spec) in warning
    assert BUILTIN in warning


def test_a_damaged_file_is_one_warning(tmp_path: Path) -> None:
    """The library's own words about it are passed on."""
    (tmp_path / "tokenizer.json").write_text("{}")
    tokenizer, warning = load_tokenizer(str(tmp_path))
    assert tokenizer.spec == BUILTIN
    assert warning is not None


class Hub:
    """Stands in for transformers: what is on disk, what the network has, and whether it hangs."""

    def __init__(self) -> None:
        self.on_disk = False
        self.hangs = False
        self.asked: list[bool] = []
        self.released = threading.Event()

    def from_pretrained(
        self, name: str, *, local_files_only: bool, trust_remote_code: bool
    ) -> types.SimpleNamespace:
        """As AutoTokenizer's: raises OSError for what is not there."""
        assert not trust_remote_code
        self.asked.append(local_files_only)
        if local_files_only and not self.on_disk:
            raise OSError("not in the cache")
        if not local_files_only and self.hangs:
            self.released.wait(10)
            raise OSError("gave up")
        return types.SimpleNamespace(encode=lambda text, add_special_tokens: text.split())


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub in place of the real one."""
    hub = Hub()
    fake = types.ModuleType("transformers")
    fake.AutoTokenizer = hub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", fake)
    monkeypatch.setattr("captioner.vision.tokenizer._LOADED", {})
    yield hub
    hub.released.set()


def test_each_is_loaded_once(hub: Hub) -> None:
    """Whoever asks again gets the same; one that could not be loaded is tried anew."""
    hub.hangs = True
    assert load_tokenizer("org/some-model", download_deadline_s=0.05)[1]
    hub.hangs, hub.on_disk = False, True
    first, warning = load_tokenizer("org/some-model")
    assert warning is None
    assert load_tokenizer("org/some-model")[0] is first


def test_a_hub_name_is_looked_for_on_disk_first(hub: Hub) -> None:
    """What is there is used without asking the network."""
    hub.on_disk = True
    tokenizer, warning = load_tokenizer("org/some-model")
    assert (tokenizer.count("one two"), warning, hub.asked) == (2, None, [True])


def test_a_hub_name_is_downloaded_otherwise(hub: Hub) -> None:
    """Then the network is asked, once."""
    tokenizer, warning = load_tokenizer("some-model")
    assert (tokenizer.count("one two"), warning, hub.asked) == (2, None, [True, False])


def test_a_hub_that_hangs_never_blocks_a_run(hub: Hub) -> None:
    """After the deadline the builtin is used, and a warning says so."""
    hub.hangs = True
    tokenizer, warning = load_tokenizer("org/some-model", download_deadline_s=0.05)
    assert tokenizer.spec == BUILTIN
    assert warning is not None
    assert "no answer from the hub" in warning


def test_without_transformers_a_hub_name_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The extra is named, and the network is left alone."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    tokenizer, warning = load_tokenizer("org/some-model")
    assert tokenizer.spec == BUILTIN
    assert warning is not None
    assert "captioner[transformers]" in warning
