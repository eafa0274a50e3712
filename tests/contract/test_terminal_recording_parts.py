"""Long recordings: finished parts, their compression, what a kill leaves, and reading it all as one stream."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

import pytest

from agentmux.errors import AgentmuxError
from agentmux.terminal import cast, recorder
from agentmux.terminal.cast import CastEvent, RecorderLink, files, read
from tests.fixtures.processes import running
from tests.fixtures.waiting import PATIENCE, until

SECRET = "hunter22"


class Recorder:
    """A recorder with small parts that reads what the test writes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.cast = folder / "it's a+b.cast"
        self.socket = folder / "r.sock"
        self.limit = limit
        (folder / "secrets").write_text(SECRET)
        self.start()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        argv = [sys.executable, "-I", "-S", recorder.__file__, str(self.cast), str(self.socket), "80", "24"]
        argv += [str(self.socket.with_name("secrets")), str(self.limit)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE)
        until(self.socket.exists)

    def write(self, text: str | bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(text.encode() if isinstance(text, str) else text)
        self.process.stdin.flush()

    def wait_for(self, text: str) -> None:
        until(lambda: output(self.cast).endswith(text))

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0

    def kill(self) -> None:
        """End it at once, and the child that compresses as well."""
        for pid in [self.process.pid, *running(re.escape(str(self.cast)))]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.communicate()


@pytest.fixture
def record(folder: Path) -> Iterator[list[Recorder]]:
    """Recorders that the test has started; they are ended with it."""
    started: list[Recorder] = []
    yield started
    for one in started:
        one.kill()


def events(cast: Path) -> list[CastEvent]:
    return list(read(cast)[1])


def output(cast: Path) -> str:
    return "".join(event.data for event in events(cast) if event.code == "o") if cast.exists() else ""


def text_of(file: Path) -> str:
    return (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()


def packed(cast: Path) -> bool:
    return all(file.suffix == ".gz" for file in files(cast)[:-1])


def begin(record: list[Recorder], folder: Path, limit: int) -> Recorder:
    record.append(Recorder(folder, limit))
    return record[-1]


def test_parts_are_one_stream_and_each_is_a_recording(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 2000)
    written = ""
    for number in range(60):
        text = f"{number}: é漢👩 \x1b[31mred\x1b[0m {'x' * 200}\r\n"
        alone.write(text)
        written += text
        alone.wait_for(text)
    alone.end()
    assert output(alone.cast) == written
    assert all(one.at <= other.at for one, other in pairwise(events(alone.cast)))
    until(lambda: packed(alone.cast))
    assert output(alone.cast) == written

    parts = files(alone.cast)
    assert len(parts) > 5
    assert parts[0].name == "it's a+b.0001.cast.gz"
    assert all(file.stat().st_mode & 0o77 == 0 for file in parts)
    assert {file.name for file in folder.iterdir()} == {file.name for file in parts} | {"r.sock", "secrets"}
    headers = []
    for file in parts:
        header, *lines = map(json.loads, text_of(file).splitlines())
        headers.append(header)
        assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
        assert lines[0][0] < 15, "the times of a part count from its own beginning"
        assert read(file)[0].start == pytest.approx(headers[0]["start"], abs=1e-3)
    assert [header["part"] for header in headers] == list(range(1, len(parts) + 1))
    assert headers[0]["offset"] == 0.0
    assert all(one["offset"] < other["offset"] for one, other in pairwise(headers))


def test_what_is_cut_at_the_border_of_two_parts_is_whole(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 1)  # each event is a part
    alone.write("é漢".encode()[:3])
    alone.wait_for("é")
    alone.write("é漢".encode()[3:] + b", it is hun")
    alone.wait_for("é漢, it is ")
    alone.write("ter22.")
    alone.wait_for("é漢, it is *****.")
    alone.end()
    until(lambda: packed(alone.cast))
    assert len(files(alone.cast)) >= 3
    for file in files(alone.cast):
        assert SECRET not in text_of(file)


def test_a_part_begins_with_the_size_that_the_pane_has_then(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 400)
    RecorderLink(alone.socket).resize(100, 30)
    until(lambda: any(event.code == "r" for event in events(alone.cast)))
    for _ in range(3):
        alone.write("x" * 400)
        alone.wait_for("x" * 400)
    alone.write("y")
    alone.wait_for("y")
    alone.end()
    until(lambda: packed(alone.cast))
    headers = [json.loads(text_of(file).splitlines()[0]) for file in files(alone.cast)]
    assert [header["width"] for header in headers] == [80, *[100] * (len(headers) - 1)]
    assert {header["height"] for header in headers[1:]} == {30}


def test_a_late_moment_is_read_without_the_parts_before(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 300)
    for number in range(10):
        alone.write(f"{number}" * 300)
        alone.wait_for(f"{number}" * 300)
    alone.end()
    until(lambda: packed(alone.cast))
    whole = events(alone.cast)
    for event in whole:
        header, rest = read(alone.cast, since=event.at)
        assert list(rest) == [one for one in whole if one.at >= event.at]
        assert header.offset <= event.at
        assert header.start == pytest.approx(read(alone.cast)[0].start, abs=1e-3)
    assert list(read(alone.cast, since=1e6)[1]) == []
    files(alone.cast)[0].write_bytes(gzip.compress(b"damaged")[:-9])
    assert [event.data[0] for event in read(alone.cast, since=whole[-2].at)[1]] == ["8", "9"]
    with pytest.raises(AgentmuxError, match=r"0001\.cast\.gz is damaged"):
        read(alone.cast)


def numbered(cast: Path) -> list[int]:
    return [int(number) for number in re.findall(r"<(\d+)>", output(cast))]


def test_who_reads_while_parts_are_finished_and_compressed_misses_nothing(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 3000)
    numbers = count()
    while len(files(alone.cast)) < 40:
        alone.write("".join(f"<{next(numbers)}>" for _ in range(100)))
        found = numbered(alone.cast)
        assert found == list(range(len(found)))
    alone.end()
    assert numbered(alone.cast) == list(range(next(numbers)))


def test_what_comes_while_the_end_of_a_part_is_read_is_not_missed(
    record: list[Recorder], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = begin(record, folder, 400)
    alone.write("a")
    alone.wait_for("a")
    stream = read(alone.cast)[1]
    assert next(stream).data == "a"
    look = cast.last_part

    def looked_late(path: Path) -> int:
        """The reader found the end; before it looks whether the part is finished, there is more, and then it is."""
        monkeypatch.setattr(cast, "last_part", look)
        for text in ("b" * 500, "c"):
            alone.write(text)
            alone.wait_for(text)
        return look(path)

    monkeypatch.setattr(cast, "last_part", looked_late)
    assert [event.data for event in stream] == ["b" * 500, "c"]
    assert len(files(alone.cast)) == 2


def test_a_kill_at_any_moment_loses_nothing_that_was_written(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 20_000)
    numbers = count()
    before: list[CastEvent] = []
    for round_ in range(12):
        goal = len(files(alone.cast)) + round_ % 3
        while len(files(alone.cast)) <= goal:
            alone.write("".join(f"<{next(numbers)}>" for _ in range(300)))
        seen = events(alone.cast)
        assert seen[: len(before)] == before
        alone.kill()
        before = events(alone.cast)
        assert before[: len(seen)] == seen
        assert not any(file.read_bytes()[-1:] != b"\n" for file in files(alone.cast)[:-1] if file.suffix != ".gz")
        alone.start()
    alone.write("last")
    alone.wait_for("last")
    alone.end()
    until(lambda: packed(alone.cast))
    after = events(alone.cast)
    assert after[: len(before)] == before
    assert [event.data for event in after].count("recording resumed") == 12
    found = numbered(alone.cast)
    assert found == sorted(set(found))
    assert not list(folder.glob("*.new"))


def torn(path: Path) -> None:
    path.write_bytes(b'{"version": 2, "wid')


STEPS = {
    "the next part is prepared": lambda cast, last: torn(recorder.begun(cast)),
    "the part has its name, the next is not in its place": lambda cast, last: cast.rename(last),
    "half of the compressed form is there": lambda cast, last: (
        cast.rename(last),
        last.with_name(f"{last.name}.gz.new").write_bytes(gzip.compress(last.read_bytes())[:-20]),
    ),
    "both forms are there": lambda cast, last: (
        cast.rename(last),
        last.with_name(f"{last.name}.gz").write_bytes(gzip.compress(last.read_bytes())),
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_each_step_may_be_the_last_one(record: list[Recorder], folder: Path, step: str) -> None:
    alone = begin(record, folder, 500)
    for text in ("a" * 600, "b" * 600, "c" * 100):
        alone.write(text)
        alone.wait_for(text)
    until(lambda: packed(alone.cast))
    alone.kill()
    before, begun = events(alone.cast), read(alone.cast)[0]
    STEPS[step](alone.cast, recorder.part(alone.cast, read(alone.cast)[0].part + len(files(alone.cast)) - 1))
    assert events(alone.cast) == before
    alone.start()
    until(alone.cast.exists)
    alone.write("d")
    alone.wait_for("d")
    alone.end()
    until(lambda: packed(alone.cast))
    after = events(alone.cast)
    assert after[: len(before)] == before
    assert "recording resumed" in [event.data for event in after[len(before) :]]
    assert read(alone.cast)[0] == begun
    assert all(one.at <= other.at for one, other in pairwise(after))
    assert {file.name for file in folder.iterdir()} <= {file.name for file in files(alone.cast)} | {
        *("r.sock", "secrets", f"{alone.cast.name}.new")
    }


def test_the_oldest_parts_may_be_removed_by_hand(record: list[Recorder], folder: Path) -> None:
    alone = begin(record, folder, 300)
    for number in range(5):
        alone.write(f"{number}" * 300)
        alone.wait_for(f"{number}" * 300)
    alone.end()
    until(lambda: packed(alone.cast))
    for file in files(alone.cast)[1:3]:
        file.unlink()
    assert re.sub(r"(.)\1+", r"\1", output(alone.cast)) == "034"
    files(alone.cast)[0].unlink()
    assert re.sub(r"(.)\1+", r"\1", output(alone.cast)) == "34"
