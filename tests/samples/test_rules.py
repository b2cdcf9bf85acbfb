"""Rules that cannot work are refused."""

from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.samples.outcome import Verdict
from captioner.samples.placeholders import AUDIO_TOKEN, SpecialTokens
from captioner.samples.rules import ACCEPTABLE, Rules


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"image_token": ""}, "image_special_token"),
        ({"eoc_token": ""}, "eoc_special_token"),
        ({"image_token": "<x>", "eoc_token": "<x>"}, "differ"),
        ({"image_token": AUDIO_TOKEN}, "differ"),
        ({"text_key": "a", "image_key": "a"}, "image_key"),
        ({"captions_key": "text"}, "captions_key"),
        ({"captions_key": "images"}, "captions_key"),
        ({"conversations_key": "text"}, "conversations_key"),
        ({"conversations_key": "images"}, "conversations_key"),
        ({"conversations_key": "c", "captions_key": "c"}, "conversations_key"),
        ({"conversations_key": "caption", "rows": "captions"}, "conversations_key"),
        ({"conversations_key": "c", "mode": "caption"}, "mode caption asks for no dialogue"),
        ({"accept": frozenset({Verdict.EMPTY})}, "empty"),
        ({"accept": frozenset({Verdict.FAILED, Verdict.LOOPED})}, "failed"),
    ],
)
def test_contradictions_are_named(settings: dict[str, Any], named: str) -> None:
    """The message names the setting that stands in the way."""
    with pytest.raises(ConfigError, match=named):
        Rules(**settings)


def test_tokens_and_accept() -> None:
    """What can be let through may be, and the tokens are the run's own."""
    rules = Rules(image_token="<i>", eoc_token="<e>", accept=ACCEPTABLE)
    assert rules.tokens == SpecialTokens(image="<i>", eoc="<e>")
    assert Rules().tokens == SpecialTokens()
