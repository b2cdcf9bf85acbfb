"""Bodies spliced from bytes, the dialect they are put in, and the key of what was asked."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.vision.image import Prepared
from captioner.vision.image_policy import ImagePolicy
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import (
    Dialect,
    Parameters,
    Request,
    ask_key,
    body_parts,
    digest_of,
)

PREPARED = Prepared("image/png", b"\x00\xffpixels", 10, 20, converted=False)
PARAMETERS = Parameters("gpt-x", detail="low", max_tokens=500, temperature=0.5)


def _request(system: str = "Be brief.", user: str = "What is it?") -> Request:
    return Request(0, 0, ImageRef.of("a.png", "/"), system, user)


def _bytes(
    request: Request | None = None,
    parameters: Parameters = PARAMETERS,
    dialect: Dialect | None = None,
    cap_tokens: int = 500,
) -> bytes:
    parts = body_parts(
        request or _request(), parameters, dialect or Dialect(), PREPARED, cap_tokens=cap_tokens
    )
    return b"".join(parts)


def _body(*arguments: Any, **options: Any) -> dict[str, Any]:
    body = json.loads(_bytes(*arguments, **options))
    assert isinstance(body, dict)
    return body


_IMAGE = {
    "type": "image_url",
    "image_url": {
        "url": f"data:image/png;base64,{base64.b64encode(PREPARED.data).decode()}",
        "detail": "low",
    },
}


def test_a_body_holds_system_message_user_text_and_image_in_this_order() -> None:
    """What is constant comes first and the image last, for the sake of prompt caches."""
    assert _body() == {
        "model": "gpt-x",
        "max_tokens": 500,
        "temperature": 0.5,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What is it?"}, _IMAGE]},
        ],
    }
    assert list(_body())[-1] == "messages"


def test_empty_prompts_send_no_part() -> None:
    """Neither an empty system message nor an empty text."""
    assert _body(_request(system="", user=""))["messages"] == [
        {"role": "user", "content": [_IMAGE]}
    ]


@given(system=st.text(), user=st.text(min_size=1))
def test_any_prompt_arrives_as_it_is(system: str, user: str) -> None:
    """Quotes, controls, half surrogates: the body is JSON that gives the same text back."""
    messages = _body(_request(system, user))["messages"]
    assert messages[-1]["content"] == [{"type": "text", "text": user}, _IMAGE]
    assert [message["content"] for message in messages[:-1]] == ([system] if system else [])


@pytest.mark.parametrize(
    "prompt",
    ["\x00image\x00", '"\\u0000image\\u0000"', 'say "hi" \\ \n', "half \ud800 pair", "图 🙂"],
)
def test_prompts_that_look_like_the_images_place_are_harmless(prompt: str) -> None:
    """The image goes to its own place, whatever the prompts and other fields hold."""
    extra = {"messages": ["mine"], "metadata": {"note": prompt}}
    body = _body(_request(prompt, prompt), replace(PARAMETERS, extra_body=extra))
    assert body["messages"][0]["content"] == prompt
    assert body["messages"][1]["content"] == [{"type": "text", "text": prompt}, _IMAGE]
    assert body["metadata"] == {"note": prompt}


def test_the_image_is_spliced_and_not_encoded_as_json() -> None:
    """One piece of the body is the base64 text itself."""
    parts = body_parts(_request(), PARAMETERS, Dialect(), PREPARED, cap_tokens=1)
    assert base64.b64encode(PREPARED.data) in parts


def test_the_cap_of_an_attempt_is_what_is_sent() -> None:
    """It may be twice what the user set."""
    assert _body(cap_tokens=1000)["max_tokens"] == 1000


def test_dialects() -> None:
    """Cap under its other name, no temperature, no detail."""
    dialect = Dialect("max_completion_tokens", send_temperature=False, send_detail=False)
    body = _body(dialect=dialect)
    assert body["max_completion_tokens"] == 500
    assert body.keys() == {"model", "max_completion_tokens", "messages"}
    assert body["messages"][1]["content"][1]["image_url"].keys() == {"url"}


def test_extra_body_adds_and_replaces_but_never_the_messages() -> None:
    """The user's fields win over ours, and a cap among them is the only cap."""
    extra = {"seed": 7, "temperature": 0, "max_completion_tokens": 9, "messages": []}
    parameters = replace(PARAMETERS, extra_body=extra)
    body = _body(parameters=parameters)
    assert (body["seed"], body["temperature"], body["max_completion_tokens"]) == (7, 0, 9)
    assert "max_tokens" not in body
    assert len(body["messages"]) == 2
    assert parameters.cap_in_extra_body
    assert parameters.cap_tokens == 9
    assert (PARAMETERS.cap_in_extra_body, PARAMETERS.cap_tokens) == (False, 500)


def test_a_dialect_learns_each_lesson_once() -> None:
    """What it cannot change is None, so that nothing goes round for ever unnoticed."""
    dialect = Dialect()
    learned = dialect.learn("max_tokens")
    assert learned == Dialect("max_completion_tokens")
    assert learned is not None
    assert learned.learn("max_tokens") is None
    assert learned.learn("max_completion_tokens") == dialect
    cool = learned.learn("temperature")
    assert cool is not None
    assert cool.learn("temperature") is None
    plain = cool.learn("detail")
    assert plain is not None
    assert plain.learn("detail") is None
    assert plain.describe() == "output cap as max_completion_tokens, no temperature, no detail"
    assert dialect.describe() == "output cap as max_tokens"
    assert dialect.learn("seed") is None


_BASE = ask_key(digest_of(b"image"), _request(), PARAMETERS, "https://x.example/v1")


@pytest.mark.parametrize(
    "key",
    [
        ask_key(digest_of(b"other"), _request(), PARAMETERS, "https://x.example/v1"),
        ask_key(digest_of(b"image"), _request(system="x"), PARAMETERS, "https://x.example/v1"),
        ask_key(digest_of(b"image"), _request(user="x"), PARAMETERS, "https://x.example/v1"),
        # Not even where the texts joined are the same.
        ask_key(
            digest_of(b"image"),
            _request("Be brief.W", "hat is it?"),
            PARAMETERS,
            "https://x.example/v1",
        ),
        ask_key(digest_of(b"image"), _request(), PARAMETERS, "https://y.example/v1"),
        *(
            ask_key(digest_of(b"image"), _request(), changed, "https://x.example/v1")
            for changed in (
                replace(PARAMETERS, model="gpt-y"),
                replace(PARAMETERS, detail="high"),
                replace(PARAMETERS, max_tokens=501),
                replace(PARAMETERS, temperature=0.6),
                replace(PARAMETERS, extra_body={"seed": 1}),
                replace(PARAMETERS, images=ImagePolicy(resize="never")),
                replace(PARAMETERS, images=ImagePolicy(max_side_px=100)),
                replace(PARAMETERS, images=ImagePolicy(image_tokens=100)),
                replace(PARAMETERS, images=ImagePolicy(background="black")),
            )
        ),
    ],
)
def test_whatever_is_asked_is_part_of_the_key(key: bytes) -> None:
    """Image, prompts, endpoint, model and parameters: one differs and nothing is shared."""
    assert key != _BASE


def test_what_asks_the_same_has_the_same_key() -> None:
    """Wherever the image lies and whichever placeholder asks; the order of fields says nothing."""
    elsewhere = Request(7, 3, ImageRef.of("b.png", "/home"), "Be brief.", "What is it?")
    endpoint = "https://x.example/v1"
    assert ask_key(digest_of(b"image"), elsewhere, PARAMETERS, endpoint) == _BASE
    one, two = (
        replace(PARAMETERS, extra_body=extra)
        for extra in ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1})
    )
    assert ask_key(b"", elsewhere, one, endpoint) == ask_key(b"", elsewhere, two, endpoint)


def test_a_prompt_with_half_a_surrogate_has_a_key() -> None:
    """Bad text costs nobody the run."""
    assert ask_key(b"", _request(user="\ud800"), PARAMETERS, "e") != _BASE


def test_what_is_equal_in_python_only_is_not_sent_alike() -> None:
    """JSON tells 1, 1.0 and true apart, and so do servers."""
    sent = [
        _bytes(parameters=replace(PARAMETERS, temperature=temperature, extra_body={"seed": seed}))
        for temperature, seed in ((1, 1), (1.0, 1), (1, True), (1, 1.0))
    ]
    keys = [
        ask_key(b"", _request(), replace(PARAMETERS, extra_body={"seed": seed}), "e")
        for seed in (1, True, 1.0)
    ]
    assert len(set(sent)) == 4
    assert len(set(keys)) == 3


def test_many_prompts_are_not_mixed_up_and_not_all_kept() -> None:
    """Each request's body and key are its own, however many prompts came before."""
    parameters = replace(PARAMETERS)
    first = [_bytes(_request(user=f"{n}?"), parameters) for n in range(200)]
    keys = [ask_key(b"", _request(user=f"{n}?"), parameters, "e") for n in range(200)]
    assert len(set(first)) == len(set(keys)) == 200
    assert [_bytes(_request(user=f"{n}?"), parameters) for n in range(200)] == first
    assert [ask_key(b"", _request(user=f"{n}?"), parameters, "e") for n in range(200)] == keys
    assert max(len(parameters._around), len(parameters._asked)) <= 64
