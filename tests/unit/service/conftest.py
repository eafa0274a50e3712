"""A room without a log, and the HTTP application in front of it, called without sockets."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2
import pytest
from uvicorn import Config
from uvicorn.lifespan.on import LifespanOn

from agentmux.config import AgentSpec, Layout, Profile, Seat, Session
from agentmux.errors import AgentmuxError
from agentmux.room.commands import Command
from agentmux.room.decide import decide
from agentmux.room.decision import Decision
from agentmux.room.events import Recorded, SessionCreated
from agentmux.room.fold import fold
from agentmux.room.state import State
from agentmux.service import late
from agentmux.service.http import room_app

TOKENS = {f"{member}-token": member for member in ("ada", "bob", "you")}


def session(**profile):
    """Of ada and bob, whose profile has these keys."""
    agent = Profile(title="X", command=["x"], **profile)
    return Session(
        id="s-1", created=0, repo="/r", base="0" * 40, layout_name="duo", sandbox="process",
        layout=Layout(title="L", agents=[Seat(name="ada", profile="x")]),
        agents=[AgentSpec(name=name, profile_name="x", profile=agent) for name in ("ada", "bob")],
    )  # fmt: skip


@dataclass
class FakeRoom:
    """Real rules and real state; the log is a list, the clock a number, and peeking answers from a dict."""

    now: float = 1000.0
    state: State = field(default_factory=State)
    log: list[Recorded] = field(default_factory=list)
    shown: dict[tuple[str, str | None, bool], str] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    followers: list[Callable[[Recorded], None]] = field(default_factory=list)
    session: Session = field(default_factory=lambda: session())

    def __post_init__(self):
        profiles = {"ada": "scripted", "bob": "scripted"}
        self.record(
            "room",
            SessionCreated(
                session="s-1", repo="/r", base="0" * 40, layout="duo", sandbox="process", agents=[*profiles],
                profiles=profiles, task="Build it",
            ),
        )  # fmt: skip

    def clock(self) -> float:
        return self.now

    def record(self, actor, *events):
        for event in events:
            entry = Recorded(len(self.log) + 1, self.now, actor, event)
            self.log.append(entry)
            fold([entry], self.state)
            for follower in self.followers:
                follower(entry)

    async def submit(self, actor: str, command: Command) -> Decision:
        decision = decide(self.state, actor, command, self.now)
        self.record(actor, *decision.events)
        async with self.news:
            self.news.notify_all()
        return decision

    def follow(self, follower):
        self.followers.append(follower)

    async def wait_for_message(self, member: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self.news:
                await self.news.wait_for(lambda: bool(self.state.unread.get(member)))
        except TimeoutError:
            return

    async def peek(self, agent: str, *, file: str | None = None, screen: bool = False) -> str:
        try:
            return self.shown[agent, file, screen]
        except KeyError:
            raise AgentmuxError(f"{agent} has nothing of that kind.", "Look at the diff.") from None


class Member:
    """Calls the application as one member."""

    def __init__(self, app, token):
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://localhost",
            headers={"Authorization": f"Bearer {token}"},
        )

    async def command(self, **wish):
        return (await self.client.post("/command", json=wish)).json()

    async def rpc(self, method, **params):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {
            "MCP-Protocol-Version": "2025-11-25",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        return (await self.client.post("/mcp", content=json.dumps(body), headers=headers)).json()

    async def call(self, tool, /, **arguments):
        """The structured reply of a tool, with its text under `text` and whether it is an error under `is_error`."""
        result = (await self.rpc("tools/call", name=tool, arguments=arguments))["result"]
        text = "\n".join(part["text"] for part in result["content"])
        return {**result["structuredContent"], "text": text, "is_error": result["isError"]}


@pytest.fixture
def room():
    return FakeRoom()


@pytest.fixture
async def ada_bob_you(room):
    """A caller for each member of the room."""
    app = room_app(room, TOKENS)
    late.load()  # as rooms do before agents ask; some tests give an answer a few seconds
    lifespan = LifespanOn(Config(app))
    await lifespan.startup()
    members = [Member(app, token) for token in TOKENS]
    yield members
    for member in members:
        await member.client.aclose()
    await lifespan.shutdown()
