"""From a sample to its requests."""

from collections import deque
from pathlib import PurePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.placeholders import SpecialTokens
from captioner.samples.plan import Placeholder, Plan, plan
from captioner.samples.prompts import MODE_PROMPTS
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample

IMAGE, EOC, *_ = SpecialTokens().all
ADD = Rules(placeholders="add")


def planned(fields: dict[str, Any], rules: Rules | None = None) -> Plan:
    """Plan sample 7."""
    return plan(Sample(7, fields), rules or Rules())


def images(a_plan: Plan) -> list[object]:
    """Return the images that are asked about, in order."""
    return [placeholder.image for placeholder in a_plan.placeholders]


def test_a_placeholder_holds_all_of_its_request() -> None:
    """Ids, the image as the user wrote it, and both prompts."""
    rules = Rules(user_prompt_key="p", user_prompt="ours")
    fields = {"text": IMAGE * 2, "images": ["a", b"b"], "p": "theirs"}
    system = MODE_PROMPTS["description"]
    assert planned(fields, rules).placeholders == (
        Placeholder(7, 0, "a", system, "theirs"),
        Placeholder(7, 1, b"b", system, "theirs"),
    )


@pytest.mark.parametrize(
    ("fields", "taken", "unused"),
    [
        ({"text": f"{IMAGE}{EOC}w{EOC}{IMAGE}", "images": ["a", "b", "c"]}, ["a", "b"], 1),
        ({"text": IMAGE, "images": "a.png"}, ["a.png"], 0),
        ({"text": IMAGE, "images": ("a", "b")}, ["a"], 1),
        ({"text": IMAGE, "images": deque(["a"])}, ["a"], 0),
        ({"text": IMAGE, "images": [None]}, [None], 0),
        ({"text": "words", "images": ["a", "b"]}, [], 2),
    ],
)
def test_images_are_used_in_order(fields: dict[str, Any], taken: list[object], unused: int) -> None:
    """The k-th placeholder takes the k-th image; those beyond are counted."""
    result = planned(fields)
    assert (images(result), result.unused_images, result.met_images) == (taken, unused, True)
    assert result.fault == ""


@pytest.mark.parametrize("fields", [{}, {"images": None}, {"images": []}, {"images": ()}])
@pytest.mark.parametrize("text", [{"text": IMAGE * 3}, {"text": ""}, {}])
@pytest.mark.parametrize("rules", [Rules(), ADD])
def test_nothing_to_caption(fields: dict[str, Any], text: dict[str, Any], rules: Rules) -> None:
    """Without images there is nothing to caption, and no fault."""
    result = planned({**text, **fields}, rules)
    assert (result.placeholders, result.fault, result.met_images) == ((), "", False)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"text": IMAGE * 2, "images": ["a"]}, "2 placeholders"),
        ({"text": 5, "images": ["a"]}, "'text' is a number"),
        ({"text": None, "images": ["a"]}, "'text' is null"),
        ({"text": None}, "'text' is null"),
        ({"text": ["x"], "images": []}, "'text' is a list"),
        ({"text": True, "images": ["a"]}, "'text' is true or false"),
        ({"images": ["a"]}, "--placeholders add"),
        ({"images": ["a"]}, "--text-key"),
        ({"text": IMAGE, "images": 5}, "'images' is a number"),
        ({"text": IMAGE, "images": {"path": "a"}}, "'images' is an object"),
        ({"text": IMAGE, "images": False}, "'images' is true or false"),
        ({"text": IMAGE, "images": b"\x89PNG"}, "'images' is of type bytes"),
        ({"text": IMAGE, "images": bytearray(b"\x89PNG")}, "'images' is of type bytearray"),
        ({"text": IMAGE, "images": PurePath("a.png")}, "'images' is of type"),
    ],
)
def test_malformed(fields: dict[str, Any], detail: str) -> None:
    """A sample whose text and images do not fit is a fault that says why, and asks for nothing."""
    result = planned(fields)
    assert (result.fault, result.placeholders) == ("malformed", ())
    assert detail in result.fault_detail


@pytest.mark.parametrize(
    ("fields", "chunks"),
    [
        ({"images": ["a", "b"]}, ((IMAGE, IMAGE),)),
        ({"text": None, "images": ["a"]}, ((IMAGE,),)),
        ({"text": "", "images": ["a"]}, ((IMAGE,),)),
        ({"text": f"w{EOC}v", "images": ["a"]}, ((IMAGE,), ())),
        ({"text": f"w{IMAGE}", "images": ["a", "b"]}, ((IMAGE,),)),
        ({"text": "<__dj__audio>", "images": ["a"]}, ((IMAGE, "<__dj__audio>"),)),
    ],
)
def test_added_placeholders(fields: dict[str, Any], chunks: tuple[tuple[str, ...], ...]) -> None:
    """A text without placeholders gets one for each image in front; one with any stays."""
    assert planned(fields, ADD).chunks == chunks


def test_added_placeholders_need_a_text_or_none() -> None:
    """A text that is there and no string is malformed in either setting."""
    assert planned({"text": 5, "images": ["a"]}, ADD).fault == "malformed"


def test_keys_and_tokens_are_the_run_s() -> None:
    """Other names and markers work as the usual ones do."""
    rules = Rules(text_key="t", image_key="i", image_token="<i>", eoc_token="<e>")
    result = planned({"t": f"<i><e>{IMAGE}<i>", "i": ["a", "b"]}, rules)
    assert (images(result), result.chunks) == (["a", "b"], (("<i>",), ("<i>",)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {}, optional={"text": json_values | st.just(IMAGE), "images": json_values, "x": json_values}
    ),
    st.sampled_from([Rules(), ADD, Rules(user_prompt_key="x")]),
)
def test_bad_data_never_raises(fields: dict[str, Any], rules: Rules) -> None:
    """Whatever a line of JSON holds, it is planned; with a fault nothing is asked."""
    result = planned(fields, rules)
    assert result.fault in ("", "malformed")
    assert bool(result.fault) == bool(result.fault_detail)
    assert not (result.fault and result.placeholders)
    assert [placeholder.index for placeholder in result.placeholders] == list(
        range(len(result.placeholders))
    )
