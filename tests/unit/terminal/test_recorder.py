"""Secrets are taken out of a stream that is cut anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentmux.terminal.recorder import MASK, Scrubber

SECRETS = ["abcabd", "bcab", "cccc", "abcabdef"]


def scrubbed(pieces: list[str], secrets: list[str]) -> str:
    scrubber = Scrubber(secrets)
    return "".join(map(scrubber.feed, pieces)) + scrubber.flush()


@given(st.lists(st.text("abcdef", max_size=5)))
def test_no_secret_is_written_however_the_text_is_cut(pieces: list[str]) -> None:
    written = scrubbed(pieces, SECRETS)
    assert not any(secret in written for secret in SECRETS)


@given(st.lists(st.text("abc", max_size=5)), st.text("abcd", min_size=4, max_size=8))
def test_everything_else_is_written(pieces: list[str], secret: str) -> None:
    text = "".join(pieces)
    if secret not in text:
        assert scrubbed(pieces, [secret]) == text


@given(st.integers(0, 30))
def test_a_secret_between_other_text_is_masked_wherever_it_is_cut(cut: int) -> None:
    text = "the key is hunter22, keep it"
    assert scrubbed([text[:cut], text[cut:]], ["hunter22"]) == f"the key is {MASK}, keep it"


def test_values_that_are_too_short_or_none_change_nothing() -> None:
    assert scrubbed(["an abc", " is an abc"], ["abc", "", "a"]) == "an abc is an abc"
