"""The log: every event of a session in one SQLite file, written by one process, read by any number.

Table `events`: `seq` (from 1, without gaps), `at` (Unix seconds), `actor`, `kind`, `version`, `body` (JSON). The file
is in WAL mode: readers never wait for the writer, and what was appended is there even if the writer is killed.
`user_version` is the number of migrations that were applied.

Whoever follows a log watches the file `news` beside it, which is written after every append. The log's own files will
not do: they change a moment before a reader can see what was appended.
"""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from pydantic import ValidationError

from agentmux.errors import SessionError
from agentmux.room.budget import Spent
from agentmux.room.events import Event, Recorded, parse_json, written
from agentmux.room.fold import fold
from agentmux.room.state import State

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
)
"""The statements that lead from each version of the schema to the next."""

EVENTS = "SELECT seq, at, actor, kind, version, body FROM events"
OUTLINE = """
    SELECT max(seq) FROM events
    WHERE kind = 'room.started' OR kind GLOB 'session.*' OR kind GLOB 'agent.*'
    GROUP BY kind, json_extract(body, '$.agent')
"""
"""The numbers of the events that say how the session and its agents are now."""
SPENT = """
    SELECT agent, sum(taken), sum(cached), sum(given), total(cost), sum(iif(cost IS NULL, taken + given, 0)) FROM (
        SELECT
            json_extract(body, '$.agent') AS agent,
            json_extract(body, '$.tokens_in') AS taken,
            json_extract(body, '$.cached') AS cached,
            json_extract(body, '$.tokens_out') AS given,
            json_extract(body, '$.cost') AS cost
        FROM events WHERE kind = 'model.used'
    ) GROUP BY agent
"""

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
        return self._recorded("WHERE seq > ? ORDER BY seq LIMIT ?", after, -1 if limit is None else limit)

    def outline(self) -> State:
        """The session and its agents as they are now, and nothing else: of each such event only the latest is read.

        Takes a small part of the time of `replay`; raises like `read`.
        """
        return fold(self._recorded(f"WHERE seq IN ({OUTLINE}) ORDER BY seq"))

    def spent(self) -> dict[str, Spent]:
        """What each agent has spent, of those that have spent anything; raises like `read`."""
        with _translated(self.path):
            return {agent: Spent(*values) for agent, *values in self._db.execute(SPENT)}

    def replay(self) -> tuple[list[Recorded], State]:
        """All events, and the state that they lead to; raises like `read`."""
        with _collector_paused():
            events = self.read()
            return events, fold(events)

    def _recorded(self, which: str, *values: int) -> list[Recorded]:
        with _translated(self.path):
            rows = self._db.execute(f"{EVENTS} {which}", values)
            return [
                Recorded(seq, at, actor, parse_json(kind, version, body))
                for seq, at, actor, kind, version, body in rows
            ]


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
                self._migrate()
                self._last: int = self._db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
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
        return recorded

    def _migrate(self) -> None:
        for version in range(self._version(), len(MIGRATIONS)):
            with self._transaction():
                for statement in MIGRATIONS[version]:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {version + 1}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


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
