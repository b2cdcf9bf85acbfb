"""What the model is asked: the prompts of the modes, and which prompts a sample gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from captioner.samples.rules import Mode, Rules

_ONE_PAIR: Final = (
    "Reply with exactly one pair and nothing around it: no heading, no list, no remark. "
    "Start the question with 'Q:' and, on a new line, the answer with 'A:'."
)
_PAIRS: Final = (
    "Reply with the pairs and nothing around them: no heading, no numbers, no remark. "
    "Start each question with 'Q:' on a new line and each answer with 'A:' on the next."
)

MODE_PROMPTS: Final[dict[Mode, str]] = {
    "reasoning": (
        "Look closely at the image and think of one question about it that looking alone cannot "
        "answer: why something is so, what led up to it, what may follow, what knowledge of the "
        "world it calls for. Word the question so that it gives away nothing of what can be seen; "
        "whoever has not seen the image must not learn its content from it. Then answer it in "
        "detail, reasoning from what is in the image to a well-founded conclusion.\n\n" + _ONE_PAIR
    ),
    "description": (
        "Look closely at the image. Write one question that asks for a description of its "
        "content, in words of your own, and answer it in detail: the subjects and what they do, "
        "the setting, colours, any legible text, and how things are arranged. State only what "
        "the image really shows.\n\n" + _ONE_PAIR
    ),
    "conversation": (
        "Look closely at the image. Write a dialogue about it between a curious person, who "
        "asks, and someone who sees the same image, who answers. Ask several different "
        "questions: what kinds of things there are and how many, what is being done, where it "
        "takes place, where things stand relative to each other; and mix in some that take "
        "reasoning about what is seen. Ask only what can be answered with certainty, and answer "
        "as someone who is looking at the image.\n\n" + _PAIRS
    ),
    "caption": (
        "Describe the image in one plain paragraph: what it shows, the setting, and the details "
        "that matter, stating only what can be seen. Reply with the description alone: no "
        "preamble, no title, no list, no markup, no remark about the task."
    ),
}
"""Mode → system prompt; `custom` has none of its own."""


def system_prompt_for(rules: Rules) -> str:
    """Return the system prompt, verbatim in mode `custom`; empty means no system message."""
    return rules.system_prompt if rules.mode == "custom" else MODE_PROMPTS[rules.mode]


def user_prompt_for(fields: Mapping[str, Any], rules: Rules) -> str:
    """Return the sample's own prompt if it is a string, else the run's; empty means no text part.

    The key is flat and nothing is filled in.
    """
    own = fields.get(rules.user_prompt_key) if rules.user_prompt_key is not None else None
    return own if isinstance(own, str) else rules.user_prompt


def prompt_warnings(rules: Rules) -> list[str]:
    """Return what to tell the user once a run about prompts that do less than they seem to."""
    warnings: list[str] = []
    if rules.system_prompt and rules.mode != "custom":
        warnings.append(
            f"system_prompt is set but not used: mode {rules.mode} brings its own. "
            "Choose --mode custom to send yours."
        )
    if rules.user_prompt and rules.user_prompt_key:
        warnings.append(
            "user_prompt and user_prompt_key are both set: a sample's own "
            f"{rules.user_prompt_key!r} goes first, user_prompt is sent where there is none."
        )
    return warnings
