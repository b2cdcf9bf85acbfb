"""What became known while somebody was looking."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.lately import Lately


def test_who_looks_sees_what_came_since() -> None:
    """Until the last look that began before has ended."""
    lately: Lately[str] = Lately()
    lately.add(b"k", "before")
    with lately.looking():
        assert lately.get(b"k") is None
        lately.add(b"k", "during")
        assert lately.get(b"k") == "during"
    assert lately.get(b"k") is None


@given(st.lists(st.one_of(st.just("begin"), st.integers(0, 3), st.integers(-5, -1)), max_size=60))
def test_nothing_is_missed_and_nothing_stays(steps: list[str | int]) -> None:
    """A look sees the latest of every key that was added since it began; without looks nothing is
    held. Numbers from 0 add under that key, those below end a look."""
    lately: Lately[int] = Lately()
    looks: list[tuple[ExitStack, dict[bytes, int]]] = []
    for at, step in enumerate(steps):
        if step == "begin":
            stack = ExitStack()
            stack.enter_context(lately.looking())
            looks.append((stack, {}))
        elif isinstance(step, int) and step >= 0:
            key = bytes([step])
            lately.add(key, at)
            for _, seen in looks:
                seen[key] = at
        elif looks:
            looks.pop(int(step) % len(looks))[0].close()
        for _, seen in looks:
            assert {key: lately.get(key) for key in seen} == seen
    while looks:
        looks.pop()[0].close()
    assert all(lately.get(bytes([key])) is None for key in range(4))
