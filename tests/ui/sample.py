"""A made-up session: a folder with a log of plausible events, and an app on it that needs neither room nor tmux."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from rich.segment import Segment
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from agentmux.config import Settings
from agentmux.paths import SessionPaths
from agentmux.room import events as ev
from agentmux.room.commands import Command
from agentmux.room.events import Event
from agentmux.scoring import Rereading
from agentmux.service.client import Answer
from agentmux.service.explanation import lines_of
from agentmux.service.log import Log
from agentmux.service.past import Past
from agentmux.terminal.control import Block, ControlClient
from agentmux.ui.app import AgentmuxApp
from agentmux.ui.errands import Errands
from agentmux.ui.widgets.live import LivePane
from agentmux.watch import FileWatch
from tests.fixtures.waiting import PATIENCE

START = 1_763_600_000.0
NOW = START + 1122

SCREENS = {
    "ada": """› Extract the token refresh out of src/auth.py

● Read src/auth.py
  └ 214 lines
● claim src/auth.py src/session.py
  └ granted src/auth.py, refused src/session.py: bob holds it
● Update src/auth.py
  └ +31 -12

~ waiting for the ruling on src/session.py …
""",
    "bob": """› Add session expiry, with tests

• Ran pytest tests/test_session.py -q
  └ 3 failed, 11 passed
• Edited src/session.py (+18 -3)

Allow command?  pip install freezegun
  1. Yes   2. Yes, always   3. No, tell bob why
""",
    "cyd": "› Write the changelog\n\nidle\n",
}

EXPLAINED: dict[str, Any] = {
    "session": "shop-1a2b",
    "agent": "bob",
    "profile": "codex",
    "title": "Codex CLI",
    "authority": "hooks",
    "state": "needs you",
    "since": NOW - 61,
    "decided_by": "hook: PermissionRequest",
    "saw": "Bash",
    "flow": "shared",
    "before": [{"at": NOW - 90, "state": "working", "why": "hook: PostToolUse", "saw": "apply_patch"}],
    "typing": "its hooks tell: needs you",
    "queued": [{"id": 7, "from": "you", "text": "Mind the\x1b[2J pennies.", "problem": ""}],
    "rules_version": 1,
    "lines": 12,
    "live": {
        "screen": ["Allow command?  pip install freezegun", "  1. Yes   2. Yes, always   3. No, tell bob why"],
        "cursor_line": "  1. Yes   2. Yes, always   3. No, tell bob why",
        "rules": [
            {"state": "needs you", "rule": "^Allow command\\?", "line": "Allow command?  pip install freezegun"},
            {"state": "idle", "rule": "^› *$", "line": None},
        ],
        "verdict": {"state": "needs you", "rule": "^Allow command\\?", "line": "Allow command?  pip install freezegun"},
    },
}

DIFF = """diff --git a/src/auth.py b/src/auth.py
index 3f1c2aa..9be0d11 100644
--- a/src/auth.py
+++ b/src/auth.py
@@ -10,6 +10,9 @@ class Auth:
     def login(self, user: str) -> Token:
-        return self._issue(user, 3600)
+        token = self._issue(user)
+        self.refresher.watch(token)
+        return token

     def logout(self, token: Token) -> None:
diff --git a/src/refresh.py b/src/refresh.py
new file mode 100644
--- /dev/null
+++ b/src/refresh.py
@@ -0,0 +1,4 @@
+class Refresher:
+    \x1b[31mred\x1b[0m [b]not markup[/b]
+    def watch(self, token: Token) -> None:
+        self._tokens.add(token)
"""

PAST = [
    Past(
        START + at,
        ev.SnapshotTaken(agent="ada", tree=tree, parent="", paths=["src/auth.py"], files=1),
    )
    for at, tree in ((300, "early"), (900, "late"))
]

CONFLICT = {
    "src/session.py": [
        "<<<<<<< ada\n    def expired(self) -> bool:\n=======\n    def expired(self, now) -> bool:\n>>>>>>> bob\n"
    ],
    "tests/test_session.py": ["<<<<<<< ada\nimport time\n=======\nimport freezegun\n>>>>>>> bob\n"],
}


def story(agents: Sequence[str] = ("ada", "bob")) -> Iterator[tuple[float, str, Event]]:
    """What happened so far: (seconds since the start, actor, event)."""
    profiles = dict(zip(agents, ("claude", "codex", "scripted"), strict=False))
    yield (
        0,
        "you",
        ev.SessionCreated(
            session="shop-7f3a",
            repo="/home/sam/shop",
            base="b37c1aa0",
            layout="duo" if len(agents) == 2 else "trio",
            sandbox="docker",
            agents=list(agents),
            profiles=profiles,
            task="session expiry",
        ),
    )
    yield 0.2, "room", ev.RoomStarted(pid=1)
    yield 1, "room", ev.Progress(step="clone", text="2 clones", done=True)
    for number, agent in enumerate(agents):
        yield 4, "room", ev.AgentStarted(agent=agent, pane=f"%{number + 1}", container=f"agentmux-{agent}")
        yield 6, "room", ev.AgentStateChanged(agent=agent, state="working", why="output")
        yield 6, "you", ev.PaneResized(agent=agent, columns=78, rows=29)
    yield 20, "ada", ev.TaskAdded(id=1, title="extract token refresh")
    yield 21, "ada", ev.TaskChanged(id=1, status="in_progress", owner="ada")
    yield 25, "bob", ev.TaskAdded(id=2, title="session expiry with tests")
    yield 26, "bob", ev.TaskChanged(id=2, status="blocked", owner="bob")
    yield 27, "you", ev.TaskAdded(id=3, title="changelog entry")
    yield 28, "ada", ev.TaskAdded(id=4, title="read the code")
    yield 200, "ada", ev.TaskChanged(id=4, status="done", owner="ada")
    yield (
        240,
        "ada",
        ev.ClaimGranted(
            id=1, holder="ada", paths=["src/auth.py"], intent="move refresh out", lease=900, until=START + 1802, fence=1
        ),
    )
    yield 300, "bob", ev.MessageSent(id=1, to="all", text="taking src/session.py for expiry")
    yield 301, "ada", ev.MessageDelivered(id=1, member="ada", how="reply")
    yield 301, "ada", ev.MessageRead(id=1, member="ada")
    yield (
        320,
        "bob",
        ev.ClaimGranted(
            id=2,
            holder="bob",
            paths=["src/session.py", "tests/session/*"],
            intent="expiry of idle sessions",
            lease=900,
            until=START + 1126,
            fence=2,
        ),
    )
    yield 700, "ada", ev.MessageSent(id=2, to="bob", text="I need refresh() there, about 10 lines", ask=True)
    yield 701, "bob", ev.MessageDelivered(id=2, member="bob", how="typed")
    yield 900, "you", ev.NoteAdded(text="interesting: both went for the same file")
    yield 960, "you", ev.MessageSent(id=3, to="all", text="keep the public API of session.py stable")
    yield 962, "ada", ev.MessageDelivered(id=3, member="ada", how="reply")
    yield 962, "ada", ev.MessageRead(id=3, member="ada")
    yield (
        1000,
        "ada",
        ev.ClaimRefused(id=3, asker="ada", paths=["src/session.py"], intent="call refresh()", lease=900, behind=[2]),
    )
    yield 1000, "room", ev.RulingRaised(id=3, asker="ada", holders=["bob"], paths=["src/session.py"])
    yield (
        1060,
        "bob",
        ev.MessageSent(
            id=4, to="you", text="May I add freezegun to the dev dependencies?", ask=True, default="yes, pinned"
        ),
    )
    yield 1070, "room", ev.AgentStateChanged(agent="bob", state="needs you", why="Allow command?")
    if len(agents) > 2:
        yield 1080, "you", ev.AgentPaused(agent="cyd", how="soft")


def spending(agents: Sequence[str] = ("ada", "bob")) -> Iterator[tuple[float, str, Event]]:
    """The story with what the models cost: ada's budget is used up."""
    _, yours, created = next(story(agents))
    yield 0, yours, created
    yield 0, "you", ev.BudgetSet(agent="ada", usd=1.5)
    yield 0, "you", ev.BudgetSet(usd=20, tokens=10_000_000)
    yield from list(story(agents))[1:]
    opus = {"model": "claude-opus-5-5", "window": 1_000_000}
    yield (
        1090,
        "room",
        ev.ModelUsed(agent="ada", tokens_in=2_340_000, cached=2_000_000, tokens_out=9_100, cost=1.1, **opus),
    )
    yield 1091, "room", ev.ModelUsed(agent="ada", tokens_in=430_000, cached=410_000, tokens_out=512, cost=0.42, **opus)
    yield 1091, "room", ev.ModelUsed(agent="ada", tokens_in=431_000, cached=430_000, tokens_out=512, cost=0.01, **opus)
    yield 1091, "room", ev.BudgetReached(agent="ada", level="pause", share=1.02, tokens=3_211_124, usd=1.53)
    yield 1091, "room", ev.AgentPaused(agent="ada", how="soft", why="budget")
    sol = {"model": "gpt-6.1-sol", "window": 922_000}
    yield 1092, "room", ev.ModelUsed(agent="bob", tokens_in=803_000, cached=700_000, tokens_out=4_000, cost=0.31, **sol)
    yield 1093, "room", ev.ModelUsed(agent="bob", model="local", tokens_in=900, tokens_out=10)


def make_session(folder: Path, events: Iterator[tuple[float, str, Event]] | None = None) -> SessionPaths:
    """A session's folder with these events in its log, or the whole story."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = SessionPaths(folder)
    with Log(paths.log) as log:
        for at, actor, event in events if events is not None else story():
            log.append(START + at, actor, [event])
    return paths


class RecordingSender:
    """Stands in for the room: keeps every command, and answers `answer`."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.answer = Answer(ok=True)

    def prepare(self) -> None:
        """Nothing is needed."""

    async def send(self, command: Command) -> Answer:
        """Keep it."""
        self.sent.append(command)
        return self.answer


def sample_app(
    paths: SessionPaths,
    sender: RecordingSender | None = None,
    now: Callable[[], float] = lambda: NOW,
    settings: Settings | None = None,
) -> AgentmuxApp:
    """The app on a made-up session."""
    return AgentmuxApp(
        paths,
        settings or Settings(),
        Errands(
            shell_argv=lambda agent: ["true"],
            diff=lambda agent: DIFF,
            past=lambda agent: PAST,
            diff_at=lambda agent, tree: DIFF.replace("refresh", tree),
            explain=lambda agent: list(lines_of(EXPLAINED | {"agent": agent})),
            revive=lambda: None,
            recordings=lambda: Rereading(paths).recording,
        ),
        sender=sender or RecordingSender(),
        connect=NoTmux.connect,
        pane_view=Picture,
        now=now,
    )


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let the app work until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await pilot.pause(0.005)


def text_of(app: App[Any]) -> str:
    """What is on the screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def ready(pilot: Pilot[Any]) -> None:
    """Wait until the app has read the log and stands still."""
    app = pilot.app
    assert isinstance(app, AgentmuxApp)
    await until(pilot, lambda: app.state.seq)
    await pilot.pause()


class Picture(LivePane):
    """A picture in place of a live terminal."""

    def attach(self, client: ControlClient, watch: FileWatch, pane: str, cast: Path) -> None:
        """Remember the pane."""
        self.pane = pane

    def reclaim(self) -> None:
        """There is nothing to reclaim."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The agent's picture."""
        rows = SCREENS.get(self.agent, "").split("\n")
        strips = [Strip([Segment(row)]).adjust_cell_length(self.size.width) for row in rows]
        blank = Strip.blank(self.size.width)
        return [strips[y] if y < len(strips) else blank for y in crop.line_range]


class NoTmux:
    """Stands in for the line to tmux."""

    def __init__(self) -> None:
        self.panes = {"%1": "ada", "%2": "bob", "%3": "cyd"}

    async def ask(self, line: str) -> list[Block]:
        """Whose pane it is."""
        pane = line.split()[3]
        return [Block(pane in self.panes, [self.panes.get(pane, "").encode()])]

    @classmethod
    async def connect(cls, socket: Path, on_closed: Callable[[], None]) -> ControlClient:
        """There is always a server."""
        return cast(ControlClient, cls())

    async def close(self) -> None:
        """Nothing is open."""


if __name__ == "__main__":
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp")) / "shop-7f3a"
    names = ("ada", "bob", "cyd")[: int(sys.argv[1]) if len(sys.argv) > 1 else 2]
    theme = sys.argv[2] if len(sys.argv) > 2 else "agentmux"
    app = sample_app(make_session(folder, story(names)), settings=Settings(theme=theme))
    asyncio.run(app.run_async())
