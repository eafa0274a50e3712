"""What the viewer needs beside log, room and panes. All of it may take long, so it is called off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentmux.config import Session
from agentmux.paths import SessionPaths
from agentmux.score.recording import Recording
from agentmux.service.past import Past, snapshots_of


@dataclass(frozen=True, slots=True)
class Errands:
    """Functions that raise AgentmuxError when they cannot do it.

    Args:
        shell_argv: the command that opens a shell beside an agent.
        diff: what an agent changed since it started, as a unified diff.
        past: an agent's snapshots, the oldest first.
        diff_at: how the tree of an agent's snapshot differs from what it started from, as a unified diff.
        explain: what decided an agent's state, as lines that are not cleaned.
        revive: starts the session's room again.
        recordings: gives what reads the session's recording up to a moment (Unix seconds), to be scored, and reads only
            what is new when it is asked again.
    """

    shell_argv: Callable[[str], list[str]]
    diff: Callable[[str], str]
    past: Callable[[str], Sequence[Past]]
    diff_at: Callable[[str, str], str]
    explain: Callable[[str], list[str]]
    revive: Callable[[], None]
    recordings: Callable[[], Callable[[float], Recording]]


def errands_of(paths: SessionPaths, session: Session) -> Errands:
    """The errands for a session on this machine."""
    from agentmux.scoring import Rereading
    from agentmux.service.boxes import box_of, sandbox_of
    from agentmux.service.explanation import explanation, lines_of
    from agentmux.service.process import start_room
    from agentmux.workspace import snapshot
    from agentmux.workspace.start import start_of

    return Errands(
        shell_argv=lambda agent: sandbox_of(session).shell_argv(box_of(paths, session, agent)),
        diff=lambda agent: snapshot.diff(paths, agent, start_of(paths, agent)),
        past=lambda agent: snapshots_of(paths, agent),
        diff_at=lambda agent, tree: snapshot.diff_of(paths, start_of(paths, agent), tree),
        explain=lambda agent: list(lines_of(explanation(paths, agent))),
        revive=lambda: start_room(paths),
        recordings=lambda: Rereading(paths).recording,
    )
