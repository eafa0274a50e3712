"""Reading recordings of both versions, whole and broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentmux.errors import AgentmuxError
from agentmux.terminal.cast import CastEvent, CastHeader, read

V2 = '{"version": 2, "width": 80, "height": 24, "timestamp": 100, "start": 100.25}\n'
V3 = '{"version": 3, "term": {"cols": 90, "rows": 30, "type": "xterm"}, "timestamp": 7}\n'


@pytest.fixture
def cast(tmp_path: Path) -> Path:
    return tmp_path / "x.cast"


def test_version_2(cast: Path) -> None:
    cast.write_text(V2 + '[0.5, "o", "a\\u001b[1m"]\n[1.5, "m", "mark"]\n')
    header, events = read(cast)
    assert header == CastHeader(2, 80, 24, 100.25)
    assert list(events) == [CastEvent(0.5, "o", "a\x1b[1m"), CastEvent(1.5, "m", "mark")]


def test_version_3_counts_from_the_event_before(cast: Path) -> None:
    cast.write_text(V3 + '# a comment\n[0.5, "o", "a"]\n\n[0.25, "r", "10x5"]\n')
    header, events = read(cast)
    assert header == CastHeader(3, 90, 30, 7.0)
    assert list(events) == [CastEvent(0.5, "o", "a"), CastEvent(0.75, "r", "10x5")]


@pytest.mark.parametrize("torn", ['[1.5, "o", "tor', "[1", '[1.5, "o", "torn"]'])
def test_a_torn_last_line_is_left_out(cast: Path, torn: str) -> None:
    cast.write_text(f'{V2}[0.5, "o", "a"]\n{torn}')
    assert [event.data for event in read(cast)[1]] == ["a"]


def test_a_torn_line_of_a_recorder_that_was_killed_is_left_out(cast: Path) -> None:
    cast.write_text(f'{V2}[0.5, "o", "tor\n[1.5, "o", "b"]\n')
    assert [event.data for event in read(cast)[1]] == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        "[]\n",
        "{}\n",
        '{"version": 2}\n',
        '{"version": 3, "width": 1, "height": 1}\n',
        '{"version": "x"}\n',
        "\x00\n",
    ],
)
def test_what_is_no_recording_is_refused_with_its_place(cast: Path, text: str) -> None:
    cast.write_text(text)
    with pytest.raises(AgentmuxError, match=r"x\.cast:1: this is no asciicast"):
        read(cast)


def test_a_newer_version_is_named(cast: Path) -> None:
    cast.write_text('{"version": 4, "width": 80, "height": 24}\n')
    with pytest.raises(AgentmuxError, match="version 4"):
        read(cast)


@pytest.mark.parametrize("line", ["[1]", '{"a": "b"]', '["x", "o", "a"]', '[null, "o", "a"]'])
def test_a_wrong_line_is_refused_with_its_place(cast: Path, line: str) -> None:
    cast.write_text(f'{V2}[0.5, "o", "a"]\n{line}\n')
    with pytest.raises(AgentmuxError, match=r"x\.cast:3"):
        list(read(cast)[1])


def test_a_missing_file_is_named(cast: Path) -> None:
    with pytest.raises(AgentmuxError, match="cannot be read"):
        read(cast)
