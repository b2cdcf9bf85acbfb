"""Why a placeholder or a record has no caption, and what would help: the one list of both."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    # the record
    "not_json": "Mend or remove this line: each line must be one JSON object.",
    "malformed": "Mend this sample: its text and images do not fit together.",
    "poison": "Workers died of this sample; look at its image, and enqueue it again to try.",
    "unknown_profile": "Name a profile that the worker's settings have, or none.",
    # the image
    "missing_image": "Check the path; relative paths start at image_base (--image-base).",
    "unreadable_image": "Replace the file: its bytes are not a whole image.",
    "unsupported_image": "Convert the file to JPEG, PNG, WebP or GIF.",
    "image_denied": "Give the user that runs captioner permission to read the file.",
    "image_unfetchable": "Check that the address can be reached from here, or download the image.",
    "image_refused": "Left alone for safety; see --image-root and --allow-private-urls.",
    # the reply
    "refused": "The model declined; change the prompt or the model, or accept refusals (--accept).",
    "filtered": "A content filter stepped in; use another model or leave this image out.",
    "empty": "The model answered with nothing; ask again or change the prompt.",
    "truncated": "Raise --max-token; hidden reasoning counts towards it.",
    "looped": "The model repeated itself; lower --temperature or use another model.",
    "echoed": "The model gave the prompt back; change the prompt.",
    # no reply
    "rate_limited": "The endpoint kept answering 429; lower --requests-per-minute and ask again.",
    "server_error": "The endpoint kept failing; ask again later.",
    "timeout": "No answer in time; raise --request-timeout-s and ask again.",
    "connection": "The connection kept breaking; check the endpoint and ask again.",
    "bad_reply": "The endpoint's answers made no sense; check what stands at --base-url.",
    "too_large": "The image or the request is too large; use a smaller image or --max-token.",
    "rejected": "The endpoint rejects this request; the detail has its words.",
}
"""Reason → what would help, for failures file, summary and log."""
