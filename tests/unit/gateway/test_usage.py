"""Tokens are counted from replies of every provider, in whatever pieces they come."""

import json

import pytest

from agentmux.gateway.usage import Tokens, UsageReader


def stream(*events):
    return "".join(f"event: x\ndata: {json.dumps(event)}\n\n" for event in events).encode()


MESSAGES = {"model": "m", "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 7}}
MESSAGES_STREAM = stream(
    {
        "type": "message_start",
        "message": {
            "model": "m",
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 4,
                "cache_creation_input_tokens": 1,
                "output_tokens": 1,
            },
        },
    },
    {"type": "content_block_delta", "delta": {"text": 'he said "usage" \n'}},
    {"type": "message_delta", "usage": {"output_tokens": 7}},
)
RESPONSES = {
    "model": "m",
    "usage": {"input_tokens": 15, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 7},
}
CHAT = {
    "model": "m",
    "usage": {"prompt_tokens": 15, "prompt_tokens_details": {"cached_tokens": 5}, "completion_tokens": 7},
}


@pytest.mark.parametrize(
    ("body", "streamed", "cached"),
    [
        (json.dumps(MESSAGES).encode(), False, 5),
        (MESSAGES_STREAM, True, 4),
        (json.dumps(RESPONSES).encode(), False, 5),
        (stream({"type": "response.created", "response": {"usage": None}}, {"response": RESPONSES}), True, 5),
        (json.dumps(CHAT).encode(), False, 5),
        (stream({"choices": [], **CHAT}) + b"data: [DONE]\n\n", True, 5),
        (stream({"response": RESPONSES}).rstrip(), True, 5),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_reply_is_counted_once(body, streamed, cached, size):
    reader = UsageReader(stream=streamed)
    for start in range(0, len(body), size):
        reader.feed(body[start : start + size])
    assert reader.tokens() == Tokens("m", 15, cached, 7)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"usage"', b'["usage"]', b'{"usage": 3}', b"\xff\xfe"])
@pytest.mark.parametrize("streamed", [True, False])
def test_what_tells_nothing_counts_as_nothing(body, streamed):
    reader = UsageReader(stream=streamed)
    reader.feed(body)
    assert reader.tokens() is None


def test_a_count_that_is_no_number_is_none():
    reader = UsageReader(stream=False)
    reader.feed(b'{"usage": {"input_tokens": "many", "output_tokens": 3}}')
    assert reader.tokens() == Tokens("", 0, 0, 3)
