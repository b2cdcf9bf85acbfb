from __future__ import annotations

import contextlib
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


def test_the_image_multiplier_is_charged_and_billed(make_body: MakeBody) -> None:
    """Only the image's share of the prompt is multiplied: in the rate, the bucket and the bill."""
    tokens = image_tokens("rehearsal", "low", 16, 12)
    told = []
    for multiplier in (1, 3):
        options = EndpointOptions(tokens_per_minute=60_000, image_token_multiplier=multiplier)
        model = PretendModel(options)
        admitted = model.admit(asked(make_body(), options), SIZE, now_s=0.0)
        usage = content(model.answer(admitted, [], created_s=0)[0])["usage"]
        left = int(admitted.headers["x-ratelimit-remaining-tokens"])
        told.append((usage["prompt_tokens"], model.stats.tokens_admitted, 5000 - left))
    [plain, dear] = told
    assert [more - less for more, less in zip(dear, plain, strict=True)] == [2 * tokens] * 3
    assert plain[1] == plain[2] == plain[0] + 300


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


@pytest.mark.parametrize(("cap", "finish"), [(32, "length"), (64, "length"), (200, "stop")])
def test_hidden_reasoning_eats_the_cap(make_body: MakeBody, cap: int, finish: str) -> None:
    """Up to the cap nothing is left to say, all of it is billed, and the finish is length."""
    options = EndpointOptions(hidden_reasoning_tokens=64, decode=False)
    model = PretendModel(options)
    [(answer, _)] = answers(model, [asked(make_body(max_tokens=cap), options)])
    reply = content(answer)
    [choice] = reply["choices"]
    assert choice["finish_reason"] == finish
    assert (choice["message"]["content"] == "") == (finish == "length")
    if finish == "length":
        assert reply["usage"]["completion_tokens"] == cap
    assert model.stats.cut_short == (finish == "length")


def test_a_text_that_is_given_is_every_reply(make_body: MakeBody) -> None:
    """Billed by its length, and cut at the cap like any other."""
    options = EndpointOptions(reply_text="A brown dog on a porch.", decode=False)
    requests = [asked(make_body(user=user), options) for user in "ab"]
    for answer, _ in answers(PretendModel(options), requests):
        reply = content(answer)
        assert reply["choices"][0]["message"]["content"] == "A brown dog on a porch."
        assert reply["usage"]["completion_tokens"] > 3


def test_a_reply_can_come_in_parts(make_body: MakeBody) -> None:
    """Captions, scripted ones too."""
    options = EndpointOptions(reply_content="parts", decode=False)
    model = PretendModel(options, lambda asked: ScriptedReply("Hi.") if asked.seen else None)
    own, scripted = answers(model, [asked(make_body(), options)] * 2)
    [part] = content(own[0])["choices"][0]["message"]["content"]
    assert (part["type"], "no model looked" in part["text"]) == ("text", True)
    [part] = content(scripted[0])["choices"][0]["message"]["content"]
    assert part == {"type": "text", "text": "Hi."}


def test_a_second_client_leaves_less(make_body: MakeBody) -> None:
    """From its start on it spends too, counted under its own name, and what was left is told."""
    options = EndpointOptions(
        tokens_per_minute=60_000,
        other_tokens_per_minute=30_000,
        other_after_requests=2,
        other_after_s=1,
    )
    model = PretendModel(options)
    request = asked(make_body(), options)
    model.admit(request, SIZE, now_s=0.0)
    assert model.snapshot(90.0)["other"]["tokens"] == 0
    model.admit(request, SIZE, now_s=100.0)
    assert model.snapshot(101.0)["other"]["tokens"] == 0
    model.admit(request, SIZE, now_s=105.0)
    told = model.snapshot(107.0)
    assert told["other"]["tokens"] == pytest.approx(3000, rel=0.1)
    tokens = told["limits"]["tokens"]
    assert tokens["other"] == pytest.approx(2000, rel=0.1)
    assert tokens["allowed"] == 5000 + 105 * 1000 - tokens["other"]
    assert tokens["used_share"] == model.stats.tokens_admitted / tokens["allowed"]
    model.reset_stats(107.0)
    assert model.snapshot(108.0)["other"]["tokens"] == pytest.approx(500, rel=0.3)


def test_429s_are_counted_by_their_limit(make_body: MakeBody) -> None:
    """Which limit turned requests away, apart from what is out of money."""
    options = EndpointOptions(requests_per_minute=60, burst_s=1, quota_requests=2)
    model = PretendModel(options)
    request = asked(make_body(), options)
    for now_s in (0.0, 0.5, 1.0, 2.0):
        with contextlib.suppress(ApiError):
            model.admit(request, SIZE, now_s)
    assert model.snapshot(2.0)["limited"] == {"requests": 1}


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
