"""Every setting once: name, type, default, range, one line about it, and what it affects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr, field_serializer, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from captioner.settings.declare import ENDPOINT, FLOW, PROMPTS, ROWS, SAMPLES, setting
from captioner.settings.endpoint_url import mask_query
from captioner.settings.kinds import (
    Above0,
    Accept,
    AtLeast0,
    BaseUrl,
    Body,
    Concurrency,
    Count,
    HeaderName,
    Headers,
    Mode,
    Name,
    OptionalAbove0,
    OptionalName,
    OptionalPath,
    OptionalPlaceholders,
    OptionalRows,
    Share,
    Trimmed,
)
from captioner.settings.prompt_file import read_prompt

Problem = tuple[tuple[str, ...], str]
"""Settings that do not go together, and why."""


class Settings(BaseSettings):
    """Everything that can be set. Keywords only: nothing is read from the environment here.

    `load_settings` reads files, environment and flags; `settings_from` takes keywords and raises
    ConfigError, where this class raises pydantic's ValidationError. Frozen. Secrets and the values
    of a query in `base_url` are in no repr and no JSON dump.
    """

    model_config = SettingsConfigDict(
        env_prefix="CAPTIONER_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    mode: Mode = setting(
        "description",
        "Kind of text; caption is one plain paragraph, custom takes system_prompt.",
        affects="request",
        group=PROMPTS,
    )
    system_prompt: str = setting(
        "", "The system prompt in mode custom, verbatim.", affects="request", group=PROMPTS
    )
    # The text of a prompt file becomes the prompt's own setting, and that affects the request.
    system_prompt_file: OptionalPath = setting(
        None, "UTF-8 file to take system_prompt from.", affects="flow", group=PROMPTS
    )
    user_prompt: str = setting(
        "", "Text sent with every image, before it.", affects="request", group=PROMPTS
    )
    user_prompt_file: OptionalPath = setting(
        None, "UTF-8 file to take user_prompt from.", affects="flow", group=PROMPTS
    )
    user_prompt_key: OptionalName = setting(
        None,
        "Field of a sample whose text replaces user_prompt.",
        affects="request",
        group=PROMPTS,
    )
    max_token: Count = setting(
        500, "Most tokens that a reply may have.", affects="request", group=PROMPTS
    )
    temperature: Share = setting(
        1.0, "Randomness of the replies.", affects="request", group=PROMPTS
    )
    detail: Literal["low", "high", "auto", "original"] = setting(
        "low", "How finely images are looked at, and paid for.", affects="request", group=PROMPTS
    )
    extra_body: Body = setting(
        {}, "More fields of the request body.", affects="request", group=PROMPTS
    )

    base_url: BaseUrl = setting(
        "https://api.openai.com/v1",
        "The endpoint; embedded rehearses inside the process. Unset: OPENAI_BASE_URL, if set.",
        affects="request",
        group=ENDPOINT,
    )
    model: Trimmed = setting(
        "",
        "The model's name; empty takes the only one that the endpoint lists.",
        affects="request",
        group=ENDPOINT,
    )
    api_key: SecretStr = setting(
        SecretStr(""),
        "The key; better set in the environment or a file than as a flag.",
        affects="flow",
        group=ENDPOINT,
    )
    api_key_file: OptionalPath = setting(
        None, "File that holds the key and nothing else.", affects="flow", group=ENDPOINT
    )
    auth_header: HeaderName = setting(
        "Authorization",
        "Header of the key; any but Authorization (Azure: api-key) sends it without 'Bearer '.",
        affects="flow",
        group=ENDPOINT,
    )
    extra_headers: Headers = setting(
        {},
        "More headers of every request; their values are secret.",
        affects="flow",
        group=ENDPOINT,
    )

    text_key: Name = setting("text", "Field of a sample's text.", affects="rows", group=SAMPLES)
    image_key: Name = setting(
        "images", "Field of a sample's images.", affects="rows", group=SAMPLES
    )
    image_special_token: Name = setting(
        "<__dj__image>", "What stands for an image in the text.", affects="rows", group=SAMPLES
    )
    eoc_special_token: Name = setting(
        "<|__dj__eoc|>", "What ends a chunk of the text.", affects="rows", group=SAMPLES
    )
    placeholders: OptionalPlaceholders = setting(
        None,
        "Texts without an image token: left alone, or given one an image. Unset: by the input.",
        affects="rows",
        group=SAMPLES,
    )
    image_base: OptionalPath = setting(
        None,
        "Where relative image paths start. Unset: the input's folder.",
        affects="request",
        group=SAMPLES,
    )

    rows: OptionalRows = setting(
        None,
        "What a row of the output is. Unset: by the input.",
        affects="rows",
        group=ROWS,
    )
    keep_original_sample: bool = setting(
        True, "Write each sample as it was, too.", affects="rows", group=ROWS
    )
    any_or_all: Literal["any", "all"] = setting(
        "any",
        "Whether one caption is enough for a generated sample, or all are needed.",
        affects="rows",
        group=ROWS,
    )
    captions_key: OptionalName = setting(
        None,
        "Field of a generated sample for the list of its captions. Unset: none.",
        affects="rows",
        group=ROWS,
    )
    accept: Accept = setting(
        frozenset(), "Verdicts taken as captions besides ok.", affects="rows", group=ROWS
    )

    concurrency: Concurrency = setting(
        "auto",
        "Requests in flight; a number holds from the first request.",
        affects="flow",
        group=FLOW,
    )
    max_concurrency: Count = setting(
        256, "The most that concurrency auto grows to.", affects="flow", group=FLOW
    )
    requests_per_minute: OptionalAbove0 = setting(
        None, "Ceiling on requests. Unset: as the endpoint says.", affects="flow", group=FLOW
    )
    tokens_per_minute: OptionalAbove0 = setting(
        None, "Ceiling on tokens. Unset: as the endpoint says.", affects="flow", group=FLOW
    )
    max_attempts: Count = setting(
        8, "How often a request is tried before its caption fails.", affects="flow", group=FLOW
    )
    request_timeout_s: Above0 = setting(
        120.0, "Seconds from sending a request to the end of its reply.", affects="flow", group=FLOW
    )
    connect_timeout_s: Above0 = setting(
        10.0, "Seconds to connect to the endpoint.", affects="flow", group=FLOW
    )
    first_byte_timeout_s: OptionalAbove0 = setting(
        None, "Seconds until a reply must begin (not set: no limit).", affects="flow", group=FLOW
    )
    sample_deadline_s: Above0 = setting(
        900.0,
        "Seconds that one caption may spend in flight and between retries; not at the gate.",
        affects="flow",
        group=FLOW,
    )
    patience_s: AtLeast0 = setting(
        1800.0, "Seconds to wait for an endpoint that is down.", affects="flow", group=FLOW
    )
    drain_timeout_s: AtLeast0 = setting(
        30.0,
        "Seconds to finish what is in flight once asked to stop.",
        affects="flow",
        group=FLOW,
    )
    sample_window: Count = setting(
        2048, "How many samples may be unfinished at once.", affects="flow", group=FLOW
    )
    reuse_captions: bool = setting(
        True, "Pay once for requests that ask the same.", affects="request", group=FLOW
    )
    tokenizer: Trimmed = setting(
        "builtin:o200k_base",
        "Counts prompt tokens: builtin:o200k_base, a folder, a file or a hub name.",
        affects="flow",
        group=FLOW,
    )
    max_failed_share: Share = setting(
        0.0, "Share of captions that may fail with exit status 0.", affects="flow", group=FLOW
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
        if self.captions_key in (self.text_key, self.image_key):
            yield ("captions_key",), "is the field of the text or the images: take another name"
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
