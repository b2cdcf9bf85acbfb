"""The text of `.env.example`.

To write it anew: `python -m captioner.settings.example > .env.example`.
"""

from __future__ import annotations

from itertools import groupby

from captioner.settings.declare import allowed, default_text, group_of, schemas, shape
from captioner.settings.fields import Settings

_HEAD = """\
# Settings of captioner. Copy to .env in the working directory and set what you need; the
# environment and the flags (--max-token for CAPTIONER_MAX_TOKEN) win over this file.
"""


def env_example() -> str:
    """Return every setting in its group: what it is, what it takes, and its default."""
    parts = [_HEAD]
    for group, fields in groupby(Settings.model_fields.items(), lambda item: group_of(item[1])):
        parts.append(f"\n# ---- {group} ----\n")
        for name, field in fields:
            schema = schemas(Settings)[name]
            takes = "" if shape(schema) in ("text", "path") else f" ({allowed(schema)})"
            parts.append(f"\n# {str(field.description).removesuffix('.')}{takes}.\n")
            parts.append(f"# CAPTIONER_{name.upper()}={default_text(field)}\n")
    return "".join(parts)


if __name__ == "__main__":
    print(env_example(), end="")
