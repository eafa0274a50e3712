"""The log: every event of a session in one SQLite file, written by one process, read by any number.

Table `events`: `seq` (from 1, without gaps), `at` (Unix seconds), `actor`, `kind`, `version`, `body` (JSON). The file
is in WAL mode: readers never wait for the writer, and what was appended is there even if the writer is killed.
`user_version` is the number of migrations that were applied.

Old events are packed: whenever there are two blocks of rows, the older one moves to one row of the table `blocks`
(zlib over a JSON list of the rows), a fifth of the size. That is one transaction, and a reader reads both tables in
one, so that it finds each event once, whenever it looks and wherever the writer is killed. What `outline` needs of the
packed events is kept in the table `latest`, and what `spent` needs in `spent`.

Whoever follows a log watches the file `news` beside it, which is written after every append. The log's own files will
not do: they change a moment before a reader can see what was appended.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from pydantic import ValidationError
from pydantic_core import from_json

from agentmux.errors import SessionError
from agentmux.room.budget import Spent
from agentmux.room.events import Event, Recorded, parse_all, written
from agentmux.room.fold import fold
from agentmux.room.state import State

Row = Sequence[Any]
"""Of the table `events`."""
MIGRATIONS: Sequence[Sequence[str]] = (
    (
        """
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            body TEXT NOT NULL
        )
        """,
    ),
    (
        "CREATE TABLE blocks (last INTEGER PRIMARY KEY, packed BLOB NOT NULL)",
        """
        CREATE TABLE latest (
            kind TEXT NOT NULL,
            agent TEXT NOT NULL,
            seq INTEGER NOT NULL,
            at REAL NOT NULL,
            actor TEXT NOT NULL,
            version INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (kind, agent)
        )
        """,
        """
        CREATE TABLE spent (
            agent TEXT PRIMARY KEY,
            taken INTEGER NOT NULL,
            cached INTEGER NOT NULL,
            given INTEGER NOT NULL,
            usd REAL NOT NULL,
            unpriced INTEGER NOT NULL
        )
        """,
    ),
)
"""The statements that lead from each version of the schema to the next."""

EVENTS = "SELECT seq, at, actor, kind, version, body FROM events"
BLOCK = 256
"""Events in one block: packing it takes about a millisecond, in the room's loop."""
LONG = 40 * BLOCK
"""Events in one reading from which on the collector of garbage never looks at them again. One look through 100,000
takes 0.2 s, in which the app stands still, and there are two right after such a reading."""
OF_THE_OUTLINE = "kind = 'room.started' OR kind GLOB 'session.*' OR kind GLOB 'agent.*'"
OUTLINE = f"""
    SELECT max(seq), at, actor, kind, version, body
    FROM (SELECT seq, at, actor, kind, version, body FROM latest UNION ALL {EVENTS} WHERE {OF_THE_OUTLINE})
    GROUP BY kind, json_extract(body, '$.agent') ORDER BY 1
"""  # noqa: S608  nothing in it is from outside
"""The events that say how the session and its agents are now; SQLite takes each row from where the maximum is."""
KEEP_LATEST = f"""
    INSERT OR REPLACE INTO latest
    SELECT kind, coalesce(json_extract(body, '$.agent'), ''), max(seq), at, actor, version, body
    FROM events WHERE seq <= ? AND ({OF_THE_OUTLINE}) GROUP BY kind, json_extract(body, '$.agent')
"""  # noqa: S608
SPENT = """
    SELECT agent, sum(taken), sum(cached), sum(given), total(usd), sum(unpriced) FROM (
        SELECT agent, taken, cached, given, usd, unpriced FROM spent
        UNION ALL
        SELECT agent, taken, cached, given, cost, iif(cost IS NULL, taken + given, 0) FROM (
            SELECT
                json_extract(body, '$.agent') AS agent,
                json_extract(body, '$.tokens_in') AS taken,
                ifnull(json_extract(body, '$.cached'), 0) AS cached,
                json_extract(body, '$.tokens_out') AS given,
                json_extract(body, '$.cost') AS cost
            FROM events WHERE kind = 'model.used' AND seq <= ?
        )
    ) GROUP BY agent
"""
"""What each agent has spent until this event, which is at least the last one that was packed."""
KEEP_SPENT = f"INSERT OR REPLACE INTO spent {SPENT}"
LAST = 2**63 - 1
"""Greater than the number of any event."""
WAL_LIMIT = 4 << 20
"""Bytes to which the write-ahead log is cut back after it was larger."""

BUSY_TIMEOUT = 5.0
"""Seconds that SQLite waits for another process."""


def news(log: Path) -> Path:
    """The file that is written whenever something was appended to the log.

    >>> str(news(Path("/s/log.db")))
    '/s/log.db-news'
    """
    return log.with_name(f"{log.name}-news")


class _File:
    """An open log file; a context manager that closes it."""

    def __init__(self, path: Path, mode: str) -> None:
        self.path = path
        self._db = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        self._db.execute(begin)
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise SessionError(f"A newer agentmux wrote {self.path}.", "Update agentmux to open it.")
        return version


class LogReader(_File):
    """Reads a log, while somebody writes it or afterwards. For one thread at a time.

    Raises:
        SessionError: there is no log at this path, it is something else, or a newer agentmux wrote it.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise SessionError(f"There is no log at {path}.", "The session was removed, or its room has not begun it.")
        self._known = len(MIGRATIONS)
        with _translated(path):
            super().__init__(path, "ro")
            with _closed_on_error(self):
                if self._version() == 0:
                    raise SessionError(f"{path} holds no log.", "Its room has not begun it, or it is something else.")

    def read(self, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """The events whose number is greater than `after`, oldest first; at most `limit` of them.

        Raises:
            SessionError: the file is damaged.
        """
        found: list[Recorded] = []
        with _collector_paused(), self._at_one_moment():
            for (packed,) in self._db.execute("SELECT packed FROM blocks WHERE last > ? ORDER BY last", (after,)):
                found += _recorded([row for row in _unpacked(packed) if row[0] > after])
                if limit is not None and len(found) >= limit:
                    break
            else:
                left = -1 if limit is None else limit - len(found)
                rows = self._db.execute(f"{EVENTS} WHERE seq > ? ORDER BY seq LIMIT ?", (after, left))
                found += _recorded(rows.fetchall())
            if len(found) >= LONG:
                gc.freeze()
        return found[:limit]

    def outline(self) -> State:
        """The session and its agents as they are now, and nothing else: of each such event only the latest is read.

        Takes a small part of the time of `replay`; raises like `read`.
        """
        with self._at_one_moment():
            return fold(_recorded(self._db.execute(OUTLINE).fetchall()))

    def spent(self) -> dict[str, Spent]:
        """What each agent has spent, of those that have spent anything; raises like `read`."""
        with self._at_one_moment():
            return {agent: Spent(*values) for agent, *values in self._db.execute(SPENT, (LAST,))}

    def replay(self) -> tuple[list[Recorded], State]:
        """All events, and the state that they lead to; raises like `read`."""
        with _collector_paused():
            events = self.read()
            return events, fold(events)

    @contextmanager
    def _at_one_moment(self) -> Iterator[None]:
        """What is read herein is from one moment, whatever the writer does.

        Tables that a log of an older program does not have yet are read as empty ones.
        """
        with _translated(self.path), self._transaction("BEGIN"):
            if (version := self._version()) != self._known:
                for (table,) in self._db.execute("SELECT name FROM temp.sqlite_master WHERE type = 'table'").fetchall():
                    self._db.execute(f"DROP TABLE temp.{table}")
                for statement in chain(*MIGRATIONS[version:]):
                    self._db.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE"))
                self._known = version
            yield


class Log(_File):
    """Writes a log; the caller sees to it that there is one writer. For one thread at a time.

    Raises:
        SessionError: the file cannot be written, is something else, or a newer agentmux wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._news: int | None = None
        with _translated(path):
            super().__init__(path, "rwc")
            with _closed_on_error(self):
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
                self._migrate()
                self._packed = self._highest("last", "blocks")
                self._last = self._highest("seq", "events") or self._packed
        self._news = os.open(news(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Let go of the files."""
        super().close()
        if self._news is not None:
            os.close(self._news)
            self._news = None

    def append(self, at: float, actor: str, events: Sequence[Event]) -> list[Recorded]:
        """Write the events, all or none; once this returns they outlive the process.

        Args:
            at: Unix seconds.
            actor: whose doing they are.
            events: in their order.

        Raises:
            SessionError: they could not be written; none of them was.
        """
        if not events:
            return []
        recorded = [Recorded(seq, at, actor, event) for seq, event in enumerate(events, start=self._last + 1)]
        rows = [(one.seq, at, actor, *written(one.event)) for one in recorded]
        with _translated(self.path), self._transaction():
            self._db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._last += len(recorded)
        assert self._news is not None
        os.pwrite(self._news, b"\n", 0)
        if self._last - self._packed >= 2 * BLOCK:
            with suppress(sqlite3.Error):  # the disk is full, perhaps; nothing is lost
                self._pack()
        return recorded

    def _pack(self) -> None:
        """Move the oldest block of rows to where they are small."""
        last = self._packed + BLOCK
        with self._transaction():
            rows = self._db.execute(f"{EVENTS} WHERE seq <= ? ORDER BY seq", (last,)).fetchall()
            packed = zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())
            self._db.execute("INSERT INTO blocks VALUES (?, ?)", (last, packed))
            self._db.execute(KEEP_LATEST, (last,))
            self._db.execute(KEEP_SPENT, (last,))
            self._db.execute("DELETE FROM events WHERE seq <= ?", (last,))
        self._packed = last

    def _highest(self, column: str, table: str) -> int:
        highest: int = self._db.execute(f"SELECT coalesce(max({column}), 0) FROM {table}").fetchone()[0]  # noqa: S608
        return highest

    def _migrate(self) -> None:
        for version in range(self._version(), len(MIGRATIONS)):
            with self._transaction():
                for statement in MIGRATIONS[version]:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {version + 1}")


def _unpacked(packed: bytes) -> list[Row]:
    rows: list[Row] = from_json(zlib.decompress(packed), cache_strings=False)
    return rows


def _recorded(rows: Sequence[Row]) -> list[Recorded]:
    events = parse_all([(kind, version, body) for _, _, _, kind, version, body in rows])
    return [Recorded(row[0], row[1], row[2], event) for row, event in zip(rows, events, strict=True)]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Nothing of a long log is garbage; looking for some again and again would double the time to open it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _closed_on_error(file: _File) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise SessionError(
            f"The log {path} cannot be used: {error}.", "Look at the folder's permissions and at the free space."
        ) from error
    except sqlite3.DatabaseError as error:
        raise SessionError(f"{path} is no log, or it is damaged: {error}.", "It cannot be opened.") from error
    except ValidationError as error:
        raise SessionError(
            f"The log {path} has an event that cannot be read: {error.title}.", "It is damaged."
        ) from error
    except (zlib.error, ValueError) as error:
        raise SessionError(f"{path} is damaged: {error}.", "It cannot be opened.") from error
