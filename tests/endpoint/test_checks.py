from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.checks import AskedRequest, digest_int, read_request
from captioner.endpoint.options import EndpointOptions

OPTIONS = EndpointOptions()
MakeBody = Callable[..., dict[str, Any]]


def read(body: object, options: EndpointOptions = OPTIONS) -> AskedRequest:
    """Read a body that is given as an object."""
    return read_request(json.dumps(body).encode(), options)


def test_a_valid_request_is_read_whole(
    make_body: Callable[..., dict[str, Any]], make_image: Callable[..., bytes]
) -> None:
    """Prompts, image bytes, MIME type, detail and cap come out as they were sent."""
    image = make_image("blue", kind="JPEG")
    body = make_body(image, system="Look 图.", user="What?", mime="image/jpeg", detail="high")
    asked = read(body)
    assert (asked.system_prompt, asked.user_text) == ("Look 图.", "What?")
    assert (asked.image_bytes, asked.mime, asked.detail) == (image, "image/jpeg", "high")
    assert asked.images[0].digest == hashlib.sha256(image).digest()
    assert (asked.model, asked.max_output_tokens, asked.seen) == ("rehearsal", 300, 0)
    assert asked.body == body


def test_text_alone_is_a_valid_request() -> None:
    """No image is no error; what is asked for is then empty."""
    asked = read({"model": "rehearsal", "messages": [{"role": "user", "content": "hi"}]})
    assert (asked.user_text, asked.images, asked.image_bytes, asked.mime) == ("hi", (), b"", "")


def test_the_same_ask_has_the_same_mark(make_body: Callable[..., dict[str, Any]]) -> None:
    """Model and messages make an ask; parameters beside them do not."""
    ask = read(make_body()).ask
    assert read(make_body(max_tokens=50, temperature=0.3)).ask == ask
    assert read(make_body(user="more")).ask != ask
    assert read(make_body(detail="high")).ask != ask
    assert read(make_body(system="Describe")).ask != ask


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"model": NaN}', b'{"a": 1} x']
)
def test_what_is_no_json_object_is_a_400(raw: bytes) -> None:
    """Anything but one JSON object in UTF-8 is told so, without being repeated."""
    with pytest.raises(ApiError, match="could not parse the JSON body") as caught:
        read_request(raw, OPTIONS)
    assert caught.value.status == 400


def content(*parts: object, role: str = "user") -> dict[str, Any]:
    """A body of one message of these parts."""
    return {"model": "rehearsal", "messages": [{"role": role, "content": list(parts)}]}


def picture(url: object, **more: object) -> dict[str, Any]:
    """A body of one image part."""
    return content({"type": "image_url", "image_url": {"url": url, **more}})


AT = "messages[0].content[0]"


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "model", "missing_required_parameter"),
        ({"model": 4}, "model", "invalid_type"),
        ({"model": "rehearsal"}, "messages", "missing_required_parameter"),
        ({"model": "rehearsal", "messages": "hi"}, "messages", "invalid_type"),
        ({"model": "rehearsal", "messages": []}, "messages", "empty_array"),
        ({"model": "rehearsal", "messages": ["hi"]}, "messages[0]", "invalid_type"),
        (content(role="king"), "messages[0].role", "invalid_value"),
        (content(), "messages[0].content", "empty_array"),
        (
            {"model": "rehearsal", "messages": [{"role": "user"}]},
            "messages[0].content",
            "invalid_type",
        ),
        (
            {"model": "rehearsal", "messages": [{"role": "user", "content": "", "mood": 1}]},
            "messages[0].mood",
            "unknown_parameter",
        ),
        (content("text"), AT, "invalid_type"),
        (content({"text": "x"}), f"{AT}.type", "missing_required_parameter"),
        (content({"type": "video"}), f"{AT}.type", "invalid_value"),
        (content({"type": "image_url"}, role="system"), f"{AT}.type", "invalid_value"),
        (content({"type": "text"}), f"{AT}.text", "missing_required_parameter"),
        (content({"type": "text", "text": 1}), f"{AT}.text", "invalid_type"),
        (content({"type": "text", "text": "", "size": 1}), f"{AT}.size", "unknown_parameter"),
        (content({"type": "image_url"}), f"{AT}.image_url", "missing_required_parameter"),
        (
            content({"type": "image_url", "image_url": "data:"}),
            f"{AT}.image_url",
            "invalid_type",
        ),
        (picture(None), f"{AT}.image_url.url", "missing_required_parameter"),
        (
            picture("data:image/png;base64,AA==", detail="fine"),
            f"{AT}.image_url.detail",
            "invalid_value",
        ),
        (
            picture("data:image/png;base64,AA==", size=3),
            f"{AT}.image_url.size",
            "unknown_parameter",
        ),
        (picture("a.png"), f"{AT}.image_url.url", "invalid_image_url"),
        (picture("https://example.org/a.png"), f"{AT}.image_url.url", "invalid_image_url"),
        (picture("data:image/png;base64,%%%"), f"{AT}.image_url.url", "invalid_base64"),
        (picture("data:image/png;base64,AAA"), f"{AT}.image_url.url", "invalid_base64"),
        (picture("data:image/png;base64,"), f"{AT}.image_url.url", "invalid_image_format"),
        (picture("data:image/png;base64,AAAA"), f"{AT}.image_url.url", "invalid_image_format"),
        (picture("data:image/png,AAAA"), f"{AT}.image_url.url", "invalid_image_format"),
        (picture("data:image/tiff;base64,AAAA"), f"{AT}.image_url.url", "invalid_image_format"),
        (picture("data:image/png;base64"), f"{AT}.image_url.url", "invalid_image_format"),
    ],
)
def test_what_the_api_rejects_is_rejected(body: object, param: str, code: str) -> None:
    """Each wrong place has the official 400 that names it."""
    with pytest.raises(ApiError) as caught:
        read(body)
    error = caught.value
    assert (error.status, error.param, error.code) == (400, param, code)


def test_an_unknown_model_is_a_404(make_body: Callable[..., dict[str, Any]]) -> None:
    """Its name is in the message; with * every name is known."""
    with pytest.raises(ApiError, match="`gpt-9` does not exist") as caught:
        read(make_body(model="gpt-9"))
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    assert read(make_body(model="gpt-9"), EndpointOptions(models=("*",))).model == "gpt-9"


def test_the_bytes_decide_what_an_image_is(
    make_body: Callable[..., dict[str, Any]], make_image: Callable[..., bytes]
) -> None:
    """A MIME type that is not that of the bytes is refused, and both are named."""
    jpeg = make_image(kind="JPEG")
    with pytest.raises(ApiError, match="says image/png, but its bytes are image/jpeg"):
        read(make_body(jpeg, mime="image/png"))


def test_a_large_image_is_refused(make_body: Callable[..., dict[str, Any]]) -> None:
    """The limit holds for the decoded bytes."""
    body = make_body()
    url: str = body["messages"][1]["content"][0]["image_url"]["url"]
    size_bytes = len(base64.b64decode(url.partition(",")[2]))
    assert read(body, EndpointOptions(max_image_bytes=size_bytes)).images
    with pytest.raises(ApiError) as caught:
        read(body, EndpointOptions(max_image_bytes=size_bytes - 1))
    assert caught.value.code == "image_too_large"


def test_addresses_can_be_accepted() -> None:
    """With accept_urls an http(s) address passes, and there are no bytes."""
    asked = read(picture("https://example.org/a.png"), EndpointOptions(accept_urls=True))
    assert (asked.images[0].url, asked.image_bytes) == ("https://example.org/a.png", b"")
    assert asked.detail == "auto"


def test_detail_can_be_unknown(make_body: MakeBody) -> None:
    """Then the part's own place is named, and a request without it passes."""
    options = EndpointOptions(detail_rule="unknown")
    body = make_body()
    with pytest.raises(ApiError, match="Unknown parameter") as caught:
        read(body, options)
    at = "messages[1].content[0].image_url.detail"
    assert (caught.value.param, caught.value.code) == (at, "unknown_parameter")
    del body["messages"][1]["content"][0]["image_url"]["detail"]
    assert read(body, options).detail == "auto"


def test_detail_can_be_ignored(make_body: MakeBody) -> None:
    """Then whatever it says counts as auto, even what the API does not know."""
    options = EndpointOptions(detail_rule="ignored")
    assert [read(make_body(detail=word), options).detail for word in ("low", "?")] == ["auto"] * 2


@pytest.mark.parametrize(
    ("rule", "system", "user", "wrong"),
    [
        ("any", "string", "parts", None),
        ("any", "parts", "parts", None),
        ("string", "string", "parts", None),
        ("string", "parts", "parts", 0),
        ("string", "string", "text parts", 1),
        ("parts", "parts", "parts", None),
        ("parts", "string", "parts", 0),
        ("parts", "parts", "string", 1),
    ],
)
def test_content_can_have_one_form_only(
    make_body: MakeBody, rule: str, system: str, user: str, wrong: int | None
) -> None:
    """A string where there is no image, or parts everywhere; the 400 names the message."""
    body = make_body()
    text = [{"type": "text", "text": "Look."}]
    forms = {"string": "Look.", "text parts": text, "parts": body["messages"][1]["content"]}
    body["messages"][0]["content"] = "Look." if system == "string" else text
    body["messages"][1]["content"] = forms[user]
    options = EndpointOptions.model_validate({"text_rule": rule})
    if wrong is None:
        assert read(body, options).system_prompt == "Look."
        return
    with pytest.raises(ApiError, match="expected a") as caught:
        read(body, options)
    assert caught.value.status == 400
    assert (caught.value.param, caught.value.code) == (f"messages[{wrong}].content", "invalid_type")


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_boundaries_count_in_a_digest(left: list[bytes], right: list[bytes]) -> None:
    """Only equal sequences of pieces are equal, not those that merely join to the same bytes."""
    assert (digest_int(*left) == digest_int(*right)) == (left == right)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["messages", "model", "role", "content", "type", "image_url", "url", "text"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_no_body_crashes_the_reader(body: object) -> None:
    """Whatever JSON comes, it is read or turned away with a 4xx."""
    status = 200
    try:
        read({"model": "rehearsal", "messages": body})
    except ApiError as error:
        status = error.status
    assert status == 200 or 400 <= status < 500
