"""Tokens are counted from replies of every provider, in whatever pieces they come."""

import json

import pytest

from agentmux.gateway.usage import Tokens, UsageReader


def plain(reply):
    return json.dumps(reply, indent=1).encode()


def stream(*events):
    return "".join(f"event: x\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def messages(**usage):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "usage": usage}


def gemini(text, **usage):
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-4-argon", "responseId": "r"}


MESSAGES = messages(
    input_tokens=10,
    cache_creation_input_tokens=50,
    cache_read_input_tokens=900,
    cache_creation={"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 20},
    output_tokens=7,
    service_tier="standard",
)
MESSAGES_STREAM = stream(
    {"type": "message_start", "message": MESSAGES | {"usage": MESSAGES["usage"] | {"output_tokens": 1}}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 'he said "usage" \n{"usage": {}} ü'}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
)
ANTHROPIC = Tokens("claude-opus-5-5", 960, 900, 7, written=50, held=20)

RESPONSES = {
    "object": "response",
    "model": "gpt-6.1-sol",
    "usage": {
        "input_tokens": 960,
        "input_tokens_details": {"cached_tokens": 900, "cache_write_tokens": 50},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 967,
    },
}
RESPONSES_STREAM = stream(
    {"type": "response.created", "response": RESPONSES | {"usage": None}},
    {"type": "response.output_text.delta", "delta": "the usage of usage"},
    {"type": "response.completed", "response": RESPONSES},
)
CHAT = {
    "object": "chat.completion",
    "model": "gpt-6.1-sol",
    "usage": {
        "prompt_tokens": 960,
        "prompt_tokens_details": {"cached_tokens": 900, "cache_write_tokens": 50},
        "completion_tokens": 7,
        "completion_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 967,
    },
}
CHAT_STREAM = (
    stream(
        {"model": "gpt-6.1-sol", "choices": [{"delta": {"content": "x"}}], "usage": None},
        CHAT | {"choices": []},
    )
    + b"data: [DONE]\n\n"
)
OPENAI = Tokens("gpt-6.1-sol", 960, 900, 7, written=50)

FIRST = gemini("I", promptTokenCount=950, cachedContentTokenCount=900, totalTokenCount=950)
LAST = gemini(
    " see [",
    promptTokenCount=950,
    cachedContentTokenCount=900,
    toolUsePromptTokenCount=10,
    candidatesTokenCount=2,
    thoughtsTokenCount=5,
    totalTokenCount=967,
)
GOOGLE = Tokens("gemini-4-argon", 960, 900, 7)

REPLIES = {
    "messages": (plain(MESSAGES), False, ANTHROPIC),
    "messages streamed": (MESSAGES_STREAM, True, ANTHROPIC),
    "responses": (plain(RESPONSES), False, OPENAI),
    "responses streamed": (RESPONSES_STREAM, True, OPENAI),
    "responses without the last line's end": (RESPONSES_STREAM.rstrip(), True, OPENAI),
    "chat": (plain(CHAT), False, OPENAI),
    "chat streamed": (CHAT_STREAM, True, OPENAI),
    "gemini": (plain(LAST), False, GOOGLE),
    "gemini streamed": (stream(FIRST, LAST), True, GOOGLE),
    "gemini streamed with CRLF": (stream(FIRST, LAST).replace(b"\n", b"\r\n"), True, GOOGLE),
    "gemini streamed as an array": (b"[" + plain(FIRST) + b"\n,\r\n" + plain(LAST) + b"\n]\n", False, GOOGLE),
    "gemini behind a login": (stream({"response": FIRST}, {"response": LAST}), True, GOOGLE),
}


@pytest.mark.parametrize(("body", "streamed", "expected"), REPLIES.values(), ids=REPLIES)
def test_a_reply_is_counted_once_wherever_it_is_cut(body, streamed, expected):
    for cut in range(len(body) + 1):
        reader = UsageReader(stream=streamed)
        reader.feed(body[:cut])
        reader.feed(body[cut:])
        assert reader.tokens() == expected, cut


@pytest.mark.parametrize(("body", "streamed", "expected"), REPLIES.values(), ids=REPLIES)
def test_single_bytes_will_do(body, streamed, expected):
    reader = UsageReader(stream=streamed)
    for byte in body:
        reader.feed(bytes([byte]))
    assert reader.tokens() == expected


def test_a_stream_that_breaks_off_counts_as_far_as_it_came():
    reader = UsageReader(stream=True)
    reader.feed(MESSAGES_STREAM[: MESSAGES_STREAM.index(b"content_block_delta")])
    assert reader.tokens() == Tokens("claude-opus-5-5", 960, 900, 1, written=50, held=20)
    reader = UsageReader(stream=False)
    reader.feed(b"[" + plain(FIRST) + b",\n" + plain(LAST)[:-20])
    assert reader.tokens() == Tokens("gemini-4-argon", 950, 900, 0)


def test_thoughts_that_are_counted_apart_come_on_top():
    reader = UsageReader(stream=False)
    reader.feed(plain(CHAT).replace(b'"completion_tokens": 7', b'"completion_tokens": 2'))
    assert reader.tokens() == OPENAI


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"usage"', b'["usage"]', b'{"usage": 3}', b'[{"usage": []}]', b"\xff\xfe"]
)
@pytest.mark.parametrize("streamed", [True, False])
def test_what_tells_nothing_counts_as_nothing(body, streamed):
    reader = UsageReader(stream=streamed)
    reader.feed(body)
    assert reader.tokens() is None


def test_a_count_that_is_no_number_is_none():
    reader = UsageReader(stream=False)
    reader.feed(b'{"usage": {"input_tokens": "many", "output_tokens": 3}}')
    assert reader.tokens() == Tokens("", 0, 0, 3)
