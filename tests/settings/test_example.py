"""`.env.example` says what the class says."""

from __future__ import annotations

from pathlib import Path

from captioner.settings import Settings, load_settings
from captioner.settings.example import env_example

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_the_file_is_what_the_class_says() -> None:
    """Mend it with: python -m captioner.settings.example > .env.example."""
    assert EXAMPLE.read_text("utf-8") == env_example()


def test_every_setting_has_one_line_of_explanation() -> None:
    """Directly above its entry, and no longer than a line may be."""
    lines = env_example().splitlines()
    for name, field in Settings.model_fields.items():
        at = next(i for i, x in enumerate(lines) if x.startswith(f"# CAPTIONER_{name.upper()}="))
        assert lines[at - 1].startswith(f"# {str(field.description).removesuffix('.')}")
        assert lines[at - 2] == ""


def test_its_entries_are_the_defaults(tmp_path: Path) -> None:
    """Taking the comment sign off changes nothing."""
    entries = [x[2:] for x in env_example().splitlines() if x.startswith("# CAPTIONER_")]
    (tmp_path / "all.env").write_text("\n".join(entries))
    assert load_settings({}, env_file=tmp_path / "all.env", environ={}) == Settings()
