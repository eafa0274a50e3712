"""A chat stream comes out as if nobody had asked for its counts."""

import json

import pytest

from agentmux.gateway.chat_usage import WithoutUsage, asking

BEFORE = b'data: {"choices": [{"delta": {"content": "\\"usage\\" []"}}], "usage": null}\n\n'
COUNTS = b'data: {"choices": [], "usage": {"prompt_tokens": 3}}\n\n'
FILTERED = b'data: {"choices": [], "prompt_filter_results": []}\n\n'
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("end", [DONE, b""])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_only_the_counts_are_taken_out_wherever_the_stream_is_cut(end, newline):
    whole = (FILTERED + BEFORE + COUNTS + end).replace(b"\n", newline)
    expected = (FILTERED + BEFORE + end).replace(b"\n", newline)
    for cut in range(len(whole) + 1):
        without = WithoutUsage()
        assert without.feed(whole[:cut]) + without.feed(whole[cut:]) + without.end() == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"stream": false}',
        b'{"stream": true, "stream_options": {"include_usage": true}}',
        b'{"stream": 1}',
    ],
)
def test_other_requests_stay_as_they_are(body):
    assert asking(body) is None


def test_the_rest_of_the_request_stays():
    changed = asking(b'{"model": "m", "stream": true, "stream_options": {"x": 1, "include_usage": false}}')
    assert changed
    assert json.loads(changed) == {"model": "m", "stream": True, "stream_options": {"x": 1, "include_usage": True}}
