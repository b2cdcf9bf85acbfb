"""Settings of what is asked, and whom."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, SecretStr

from captioner.settings.declare import ENDPOINT, PROMPTS, setting
from captioner.settings.kinds import (
    BaseUrl,
    Body,
    Count,
    HeaderName,
    Headers,
    Mode,
    OptionalName,
    OptionalPath,
    Share,
    Trimmed,
)


class Asking(BaseModel):
    """What a request holds and where it goes."""

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
    endpoint_id: OptionalName = setting(
        None,
        "Name under which replies are kept, whatever its address. Unset: base_url.",
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
