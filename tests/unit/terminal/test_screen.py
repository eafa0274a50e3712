"""Rows of a capture: what survives of untrusted bytes, and that each row is complete in itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentmux.terminal.screen import Info, Mouse, Screen, clean, plain, read, runs, state_after, unvis

SAFE = re.compile(r"(?:\x1b\[[0-9;:]*m|[^\x00-\x1f\x7f-\x9f])*")
PIECES = st.sampled_from(
    [
        "\x1b",
        "[",
        "]",
        "0",
        ";",
        ":",
        "m",
        "8;;http://x",
        "\x07",
        "\x1b\\",
        "P",
        "_",
        "\x0e",
        "\x0f",
        "q",
        "?25h",
        "\x9b",
        "c",
    ]
)


def info(rows: int, columns: int = 20, history: int = 0) -> Info:
    return Info(columns, rows, 0, 0, True, False, False, False, history, Mouse(), False, False)


def screen(*rows: bytes, last: Screen | None = None) -> Screen:
    return read(rows, info(len(rows)), escaped=False, last=last)


@given(st.binary())
@example(b"\x1b[31")
@example(b"\x1b]52;c;aGk=\x07")
@example(b"\x1b\x1b[[2J\x1b[mK")
def test_only_text_and_sgr_survive_of_any_bytes(data: bytes) -> None:
    for line in screen(*data.split(b"\n")).lines:
        assert SAFE.fullmatch(line)


@given(st.lists(PIECES).map("".join))
@example("\x1b\x1b]0;x\x07[2J")
def test_only_text_and_sgr_survive_of_pieces_of_escapes(line: str) -> None:
    assert SAFE.fullmatch(clean(line))
    assert clean(clean(line)) == clean(line)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_text_is_left_as_it_is(line: str) -> None:
    assert clean(line) == plain(line) == line


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("a\x1b]8;;http://x\x1b\\b\x1b]8;;\x07c", "abc"),
        ("a\x1b[2Jb\x1b[?25lc\x1b[5;5Hd", "abcd"),
        ("a\x1b]0;title", "a"),
        ("a\x1bcb\x1b(0c\x1b7d", "abcd"),
        ("a\x1bP1$r0m\x1b\\b", "ab"),
        ("a\x9b2Jb\x85c", "a2Jbc"),
        ("\x1b[1;38:2::1:2:3mx", "\x1b[1;38:2::1:2:3mx"),
        ("\x0elqk\x1b[1mx\x0f q", "┌─┐\x1b[1m│ q"),
    ],
)
def test_what_becomes_of_a_line(line: str, left: str) -> None:
    assert clean(line) == left


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("plain", ""),
        ("\x1b[31mred", "\x1b[31m"),
        ("\x1b[31mred\x1b[0m", ""),
        ("\x1b[31mred\x1b[m", ""),
        ("\x1b[1m\x1b[4:3m\x1b[58;5;2mx\x1b[24m", "\x1b[1;58;5;2m"),
        ("\x1b[38;2;1;2;3mx\x1b[48;5;7my\x1b[38;5;1mz", "\x1b[38;5;1m\x1b[48;5;7m"),
        ("\x1b[38;2;1;2;3mx\x1b[39my", ""),
        ("\x1b[97;101mx\x1b[22;27m", "\x1b[97;101m"),
        ("\x1b[0m\x1b[1;3;7mx\x1b[23m", "\x1b[1;7m"),
        ("\x1b[38:2::9:9:9m\x1b[1mx", "\x1b[38:2::9:9:9;1m"),
        ("\x1b[38mx\x1b[999mx", "\x1b[38;m"),
    ],
)
def test_the_state_that_a_line_leaves(line: str, state: str) -> None:
    assert state_after(line) == state


SGRS = st.sampled_from(
    [
        "0",
        "1",
        "22",
        "4",
        "24",
        "7",
        "27",
        "31",
        "39",
        "97",
        "44",
        "49",
        "38;5;9",
        "48;2;1;2;3",
        "38;2;4;5;6",
        "4:3",
        "58;5;1",
        "59",
    ]
)


@given(
    st.lists(st.one_of(SGRS.map("\x1b[{}m".format), st.sampled_from(["a", "b "])), max_size=12).map("".join),
    st.text("xyz"),
)
def test_text_after_the_state_looks_like_text_after_the_line(line: str, text: str) -> None:
    def look(text: str) -> list[tuple[str, dict[str, str]]]:
        return [(piece, dict(kinds)) for piece, kinds in runs(text)]

    after = look(state_after(line) + text + "|")
    assert after[-1] == (look(line + text + "|")[-1][0][-len(after[-1][0]) :], look(line + text + "|")[-1][1])


def test_each_row_begins_with_the_colours_that_the_row_before_left() -> None:
    rows = screen(b"\x1b[44mone", b"two", b"\x1b[0mthree", b"four").lines
    assert rows == ("\x1b[44mone", "\x1b[44mtwo", "\x1b[44m\x1b[0mthree", "four")


def test_the_same_reply_gives_the_same_screen() -> None:
    first = screen(b"one", b"two")
    assert screen(b"one", b"two", last=first) is first
    assert screen(b"one", b"2", last=first) is not first


def test_more_lines_than_rows_are_left_out() -> None:
    assert read([b"a", b"b", b""], info(2), escaped=False).lines == ("a", "b")


@given(st.binary())
def test_vis_is_undone(data: bytes) -> None:
    escaped = "".join(
        c if c.isprintable() and c.isascii() and c != "\\" else "\\\\" if c == "\\" else f"\\{ord(c):03o}"
        for c in data.decode("latin1")
    )
    assert unvis(re.sub(r"\$(?=[A-Za-z_{])", r"\\$", escaped).encode()) == data


def test_info_of_a_dead_pane_is_read() -> None:
    found = Info.parse(b"80 24 3 4 1 0  1 100     0 0")
    assert (found.columns, found.dead, found.history, found.mouse) == (80, True, 100, Mouse())
