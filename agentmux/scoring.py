"""A session's recording as scores need it: the events of its log, and the lines of the trees that they name."""

from __future__ import annotations

import math
from dataclasses import replace
from threading import Lock

from agentmux.paths import SessionPaths
from agentmux.room.events import Recorded
from agentmux.room.lines import LineChange
from agentmux.score.recording import Recording
from agentmux.score.work import Pair, wanted
from agentmux.service.log import LogReader
from agentmux.workspace.lines import line_changes


def load(paths: SessionPaths, until: float = math.inf) -> Recording:
    """The recording of a session, whole or up to a moment; see `Rereading.recording`."""
    return Rereading(paths).recording(until)


class Rereading:
    """Loads the recording of a session again and again, each time only what it has not read yet; from any thread."""

    def __init__(self, paths: SessionPaths) -> None:
        self._paths = paths
        self._events: list[Recorded] = []
        self._lines: dict[Pair, LineChange] = {}
        self._lock = Lock()

    def recording(self, until: float = math.inf) -> Recording:
        """The recording, whole or up to a moment (Unix seconds; at least its first event).

        The lines come from the host's repository, whose trees never change: the same log beside the same repository
        always gives the same recording. Where trees are missing, so are their lines.

        Raises:
            SessionError: the log cannot be read.
            GitError: git refused.
        """
        with self._lock:
            with LogReader(self._paths.log) as reader:
                self._events += reader.read(after=self._events[-1].seq if self._events else 0)
            recording = Recording([*self._events[:1], *(one for one in self._events[1:] if one.at <= until)])
            pairs = dict.fromkeys(wanted(recording))
            known = self._lines | line_changes(self._paths, [pair for pair in pairs if pair not in self._lines])
            self._lines = {pair: known[pair] for pair in pairs if pair in known}
            return replace(recording, lines=self._lines)
