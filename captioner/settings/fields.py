"""All settings as one class, and what does not go together.

Each is declared once, with type, default, range, one line about it and what it affects: in
`asking`, `imaging`, `writing`, `pacing` and `spending`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import field_serializer, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from captioner.settings.asking import Asking
from captioner.settings.endpoint_url import mask_query
from captioner.settings.imaging import Imaging
from captioner.settings.pacing import Pacing
from captioner.settings.prompt_file import read_prompt
from captioner.settings.spending import Spending
from captioner.settings.writing import Writing

Problem = tuple[tuple[str, ...], str]
"""Settings that do not go together, and why."""


class Settings(Spending, Pacing, Writing, Imaging, Asking, BaseSettings):
    """Everything that can be set. Keywords only: nothing is read from the environment here.

    `load_settings` reads files, environment and flags; `settings_from` takes keywords and raises
    ConfigError, where this class raises pydantic's ValidationError. Frozen. Secrets and the values
    of a query in `base_url` are in no repr and no JSON dump.
    """

    model_config = SettingsConfigDict(
        env_prefix="CAPTIONER_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read keywords only: whoever embeds captioner must not be steered by its environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _together(self) -> Settings:
        problems: list[Problem] = [*self._read_prompts(), *self._contradictions()]
        if problems:
            text = "; ".join(f"{' and '.join(names)} {fault}" for names, fault in problems)
            raise PydanticCustomError(
                "captioner_together", "{text}", {"text": text, "problems": problems}
            )
        return self

    def _read_prompts(self) -> Iterable[Problem]:
        for name in ("system_prompt", "user_prompt"):
            path: Path | None = getattr(self, f"{name}_file")
            if path is None:
                continue
            fault, text = read_prompt(path)
            if fault:
                yield (f"{name}_file",), fault
            elif getattr(self, name) not in ("", text):
                yield (name, f"{name}_file"), "are both set: keep one"
            else:
                object.__setattr__(self, name, text)

    def _contradictions(self) -> Iterable[Problem]:
        if self.text_key == self.image_key:
            yield ("text_key", "image_key"), f"are both {self.text_key!r}: they must differ"
        for name in ("captions_key", "conversations_key"):
            if getattr(self, name) in (self.text_key, self.image_key):
                yield (name,), "is the field of the text or the images: take another name"
        if self.captions_key and self.captions_key == self.conversations_key:
            yield ("captions_key", "conversations_key"), "are the same: they must differ"
        if (self.price_input is None) != (self.price_output is None):
            yield ("price_input", "price_output"), "go together: set both, or neither"
        image, eoc = self.image_special_token, self.eoc_special_token
        if image in eoc or eoc in image:
            yield ("image_special_token", "eoc_special_token"), "must not contain one another"
        if self.auth_header.lower() in (name.lower() for name in self.extra_headers):
            yield ("extra_headers",), f"must not name {self.auth_header}: set api_key instead"

    @field_serializer("base_url", when_used="json")
    def _masked(self, base_url: str) -> str:
        return mask_query(base_url)

    @field_serializer("accept", when_used="json")
    def _sorted(self, accept: frozenset[str]) -> list[str]:
        return sorted(accept)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show what differs from the defaults, as the JSON dump has it."""
        fields, dump = type(self).model_fields, self.model_dump(mode="json")
        for name, shown in dump.items():
            if getattr(self, name) != fields[name].default:
                yield name, shown


def public_dump(settings: Settings) -> dict[str, Any]:
    """Return every setting as a JSON value; secrets are stars where set, empty where not."""
    return settings.model_dump(mode="json")
