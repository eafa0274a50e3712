"""Terminal input as tokens, however it is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmux.errors import ConfigError
from agentmux.terminal.keys import (
    AppToken,
    KeyToken,
    LeaderToken,
    PasteToken,
    Token,
    Tokenizer,
    leader_character,
    send_keys,
    tmux_name,
)

LEADER = "\x1d"
INPUT = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "é",
                "\x1b[A",
                "\x1bOB",
                "\x1b[1;5C",
                "\x1b[3~",
                "\x1b\r",
                LEADER,
                f"\x1b{LEADER}",
                "\x1b[Z",
                "\x1bOP",
                "\x7f",
            ),
            *(
                f"\x1b[200~x\x1b[A{LEADER}\r\x1b[201~",
                "\x1b[<0;1;2M",
                "\x1b[I",
                "\x1b[?2026;2$y",
                "\x1b[48;24;80;480;800t",
            ),
            *("\x1b]11;rgb:0/0/0\x1b\\", "\x1bP>|x\x1b\\", "\x1b[?62;4c", "\x1b[10;2R", "\x1b[1;2R"),
        ]
    )
)


def tokens(*pieces: str) -> list[Token]:
    tokenizer = Tokenizer(LEADER)
    found = [token for piece in pieces for token in tokenizer.feed(piece)]
    return [*found, *tokenizer.flush()]


@given(INPUT, st.lists(st.integers(0, 400)))
def test_how_the_input_is_cut_makes_no_difference(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    at = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    assert tokens(*(text[one:other] for one, other in pairwise(at))) == tokens(text)


@given(st.text(st.characters(exclude_characters=[LEADER])), st.lists(st.integers(0, 100)))
def test_nothing_that_is_no_report_is_lost(text: str, cuts: list[int]) -> None:
    text = text.replace("\x1b[", "").replace("\x1b]", "").replace("\x1bP", "").replace("\x1b_", "")
    assert "".join(token.text for token in tokens(text) if isinstance(token, KeyToken)) == text


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("a\x1b[Ab", [KeyToken("a"), KeyToken("\x1b[A"), KeyToken("b")]),
        (f"a{LEADER}b", [KeyToken("a"), LeaderToken(), KeyToken("b")]),
        (f"\x1b{LEADER}", [KeyToken(f"\x1b{LEADER}")]),
        (f"\x1b[200~a{LEADER}\x1b[A\x1b[201~b", [PasteToken(f"a{LEADER}\x1b[A"), KeyToken("b")]),
        ("\x1b", [KeyToken("\x1b")]),
        ("\x1b\x1b", [KeyToken("\x1b"), KeyToken("\x1b")]),
        ("\x1b\x1b[A", [KeyToken("\x1b"), KeyToken("\x1b[A")]),
        ("\x1b[<0;3;4M", [AppToken("\x1b[<0;3;4M")]),
        ("\x1b[M !!", [AppToken("\x1b[M !!")]),
        ("\x1b[I\x1b[O", [AppToken("\x1b[I"), AppToken("\x1b[O")]),
        ("\x1b[24;80R", [AppToken("\x1b[24;80R")]),
        ("\x1b[1;2R", [KeyToken("\x1b[1;2R")]),
        ("\x1b[48;24;80;480;800t", [AppToken("\x1b[48;24;80;480;800t")]),
        ("\x1b]10;rgb:1/2/3\x07x", [KeyToken("x")]),
        ("\x1b[?62;22c\x1b[>0;1;2c\x1b[0nx", [KeyToken("x")]),
        ("\x1b]x\x1bPy", [KeyToken("\x1b]"), KeyToken("x"), KeyToken("\x1bP"), KeyToken("y")]),
        ("\x1b[200~no end", [PasteToken("no end")]),
    ],
)
def test_tokens(data: str, found: list[Token]) -> None:
    assert tokens(data) == found


def test_an_escape_waits_for_what_may_follow() -> None:
    tokenizer = Tokenizer(LEADER)
    assert list(tokenizer.feed("\x1b")) == []
    assert tokenizer.pending
    assert list(tokenizer.feed("O")) == []
    assert list(tokenizer.feed("A")) == [KeyToken("\x1bOA")]
    assert not tokenizer.pending


def test_what_comes_after_the_leader_can_be_taken_back() -> None:
    tokenizer = Tokenizer(LEADER)
    for token in tokenizer.feed(f"a{LEADER}bc"):
        if isinstance(token, LeaderToken):
            break
    assert tokenizer.take() == "bc"
    assert not tokenizer.pending


def test_bytes_that_are_not_utf8_are_sent_as_they_were() -> None:
    assert send_keys([KeyToken(b"\xe9".decode("utf-8", "surrogateescape"))]) == [["-H", "e9"]]


@pytest.mark.parametrize(
    ("name", "character", "tmux"),
    [("ctrl+a", "\x01", "C-a"), ("ctrl+\\", "\x1c", "C-\\"), ("ctrl+space", "\0", "C-Space")],
)
def test_leaders(name: str, character: str, tmux: str) -> None:
    assert (leader_character(name), tmux_name(name)) == (character, tmux)


@pytest.mark.parametrize("name", ["", "ctrl+", "alt+x", "f1", "ctrl+1", "ctrl+ab", "ctrl+A", "shift+ctrl+a"])
def test_what_can_be_no_leader_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        leader_character(name)
