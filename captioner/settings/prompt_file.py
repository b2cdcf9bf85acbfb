"""A prompt that stands in a file of its own."""

from __future__ import annotations

from pathlib import Path


def read_prompt(path: Path) -> tuple[str, str]:
    """Return (what is wrong or empty, text); one line end at the text's end is the file's own."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or type(error).__name__}", ""
    except UnicodeDecodeError:
        return f"{path} is not UTF-8 text", ""
    return "", text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
