from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.checks import AskedRequest, read_request
from captioner.endpoint.options import EndpointOptions
from captioner.endpoint.pretend import PretendModel
from captioner.endpoint.replies import Answer, ScriptedReply
from captioner.vision.image_tokens import image_tokens

SIZE = [(16, 12)]
MakeBody = Callable[..., dict[str, Any]]


def asked(body: dict[str, Any], options: EndpointOptions) -> AskedRequest:
    """The request that this body makes."""
    return read_request(json.dumps(body).encode(), options)


def answers(model: PretendModel, requests: Sequence[AskedRequest]) -> list[tuple[Answer, float]]:
    """Answers and latencies of these requests, one after another, nothing decoded."""
    return [
        model.answer(model.admit(request, SIZE, now_s=0.0), [], created_s=0) for request in requests
    ]


def content(answer: Answer) -> dict[str, Any]:
    """The body of an answer."""
    reply: dict[str, Any] = json.loads(answer.body)
    return reply


def test_the_estimate_follows_the_image_multiplier(make_body: MakeBody) -> None:
    """Only the image's share of the prompt is multiplied."""
    tokens = image_tokens("rehearsal", "low", 16, 12)
    plain, dear = (
        PretendModel(options).admit(asked(make_body(), options), SIZE, now_s=0.0).prompt_tokens
        for options in (EndpointOptions(), EndpointOptions(image_token_multiplier=3))
    )
    assert dear - plain == 2 * tokens


def test_admission_charges_prompt_and_maximum_output(make_body: MakeBody) -> None:
    """The token rate pays for what might come, whatever comes."""
    options = EndpointOptions(tokens_per_minute=60_000)
    model = PretendModel(options)
    admitted = model.admit(asked(make_body(max_tokens=200), options), SIZE, now_s=0.0)
    charged = admitted.prompt_tokens + 200
    assert model.stats.tokens_admitted == charged
    assert admitted.headers["x-ratelimit-remaining-tokens"] == str(5000 - charged)


def test_money_ends(make_body: MakeBody) -> None:
    """After the quota every request is told so, with the official code."""
    options = EndpointOptions(quota_requests=2)
    model = PretendModel(options)
    request = asked(make_body(), options)
    answers(model, [request, request])
    with pytest.raises(ApiError) as caught:
        model.admit(request, SIZE, now_s=0.0)
    assert (caught.value.status, caught.value.code) == (429, "insufficient_quota")


def test_what_is_longer_than_the_context_is_refused(make_body: MakeBody) -> None:
    """Prompt and maximum output have to fit together."""
    options = EndpointOptions(context_window_tokens=1000)
    with pytest.raises(ApiError) as caught:
        PretendModel(options).admit(asked(make_body(system="x" * 4000), options), SIZE, now_s=0.0)
    assert caught.value.code == "context_length_exceeded"


def test_order_of_arrival_changes_nothing(make_body: MakeBody) -> None:
    """The same asks meet the same faults, latencies and words in whatever order they come."""
    options = EndpointOptions(fault_share=0.4, latency_s=0.4, latency_p99_s=2, seed=5)
    requests = [asked(make_body(user=str(n % 40)), options) for n in range(80)]
    forward = answers(PretendModel(options), requests[:40])
    backward = answers(PretendModel(options), requests[39::-1])
    assert forward == backward[::-1]
    again = answers(PretendModel(options), requests)[40:]
    assert again != forward


def test_a_429_does_not_change_what_is_drawn(make_body: MakeBody) -> None:
    """A request that was turned away draws what it would have drawn at once."""
    calm = EndpointOptions(fault_share=0.5)
    busy = EndpointOptions(fault_share=0.5, requests_per_minute=60, burst_s=1)
    model = PretendModel(busy)
    drawn = []
    for n in range(20):
        request = asked(make_body(user=str(n)), busy)
        admitted = model.admit(request, SIZE, now_s=float(n))
        with pytest.raises(ApiError):
            model.admit(request, SIZE, now_s=float(n))
        drawn.append(model.answer(admitted, [], created_s=0)[0])
    calmly = answers(PretendModel(calm), [asked(make_body(user=str(n)), calm) for n in range(20)])
    assert [answer.body for answer in drawn] == [answer.body for answer, _ in calmly]


def test_hidden_reasoning_eats_the_cap(make_body: MakeBody) -> None:
    """With hidden tokens above the cap nothing is left to say, and the finish is length."""
    options = EndpointOptions(hidden_reasoning_tokens=64)
    model = PretendModel(options)
    [(answer, _)] = answers(model, [asked(make_body(max_tokens=32), options)])
    reply = content(answer)
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["choices"][0]["message"]["content"] == ""
    assert reply["usage"]["completion_tokens"] == 32


def test_without_decoding_the_image_is_named_by_its_digest(
    make_body: MakeBody, make_image: Callable[..., bytes]
) -> None:
    """A test can tell which image was answered, in the form that the prompt asks for."""
    options = EndpointOptions(decode=False)
    request = asked(make_body(make_image("blue"), system="Give Q: and A: pairs."), options)
    [(answer, _)] = answers(PretendModel(options), [request])
    text = content(answer)["choices"][0]["message"]["content"]
    assert request.images[0].digest.hex()[:16] in text
    assert text.startswith("Q: ")
    assert "no model looked" in text


def test_a_script_answers_first(make_body: MakeBody) -> None:
    """It sees each ask with its turn, decides words, status and latency, and may stand aside."""
    options = EndpointOptions(fault_share=1, fault_kinds=("500",), latency_s=9)

    def script(request: AskedRequest) -> ScriptedReply | None:
        return [
            ScriptedReply("Written.", latency_s=0.5),
            ScriptedReply(status=418, body={"error": {"message": "teapot"}}, headers={"x-a": "b"}),
            ScriptedReply("Kept from nobody.", fault="empty_choices"),
            ScriptedReply(refusal="No."),
            None,
        ][request.seen]

    model = PretendModel(options, script)
    request = asked(make_body(), options)
    written, teapot, empty, refused, own = answers(model, [request] * 5)
    assert content(written[0])["choices"][0]["message"]["content"] == "Written."
    assert written[1] == 0.5
    assert (teapot[0].status, teapot[0].headers, teapot[1]) == (418, {"x-a": "b"}, 9)
    assert content(empty[0])["choices"] == []
    assert content(refused[0])["choices"][0]["message"]["refusal"] == "No."
    assert own[0].status == 500
    assert model.stats.faults == {"empty_choices": 1, "500": 1}


def test_captions_and_what_was_paid_twice_are_counted(make_body: MakeBody) -> None:
    """Faults are no captions; the second caption of the same ask is paid twice."""
    options = EndpointOptions()
    model = PretendModel(
        options, lambda asked: ScriptedReply(fault="500") if asked.seen == 1 else None
    )
    request = asked(make_body(), options)
    answers(model, [request] * 3)
    snapshot = model.stats.snapshot()
    assert (snapshot["captions"], snapshot["paid_twice"], snapshot["admitted"]) == (2, 1, 3)
