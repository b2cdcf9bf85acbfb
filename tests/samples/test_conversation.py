"""Turns as messages that trainers read."""

from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.conversation import IMAGE_MARKER, llava_conversation
from captioner.samples.turns import Turn

words = st.text(min_size=1).map(lambda text: f"x{text}")
turns = st.lists(st.builds(Turn, words, words), max_size=3)


def test_one_image_after_another() -> None:
    """Messages alternate; the first question of each image has it in front; order is kept."""
    first = (Turn("a?", "b"), Turn("c?", "d"))
    assert llava_conversation([first, (), (Turn("e?", "f"),)]) == [
        {"from": "human", "value": "<image>\na?"},
        {"from": "gpt", "value": "b"},
        {"from": "human", "value": "c?"},
        {"from": "gpt", "value": "d"},
        {"from": "human", "value": "<image>\ne?"},
        {"from": "gpt", "value": "f"},
    ]


def test_without_any_turn_there_is_no_conversation() -> None:
    """Null says so; an empty list would be taken for data."""
    assert llava_conversation([]) is None
    assert llava_conversation([(), ()]) is None


def test_a_models_own_marker_goes() -> None:
    """Trainers count the markers: there are as many as images, whatever the model wrote."""
    said = llava_conversation([(Turn("<im<image>age> a?", "b <image>"),)])
    assert said == [{"from": "human", "value": "<image>\na?"}, {"from": "gpt", "value": "b"}]


@given(st.lists(turns, max_size=4))
def test_the_form(images: list[list[Turn]]) -> None:
    """Two messages a turn, human and gpt in turn, and one marker for each image with turns."""
    messages = llava_conversation(images) or []
    assert len(messages) == 2 * sum(map(len, images))
    assert all(
        message["from"] == ("gpt" if number % 2 else "human")
        for number, message in enumerate(messages)
    )
    markers = sum(message["value"].count(IMAGE_MARKER) for message in messages)
    assert markers == sum(bool(turns) for turns in images)
