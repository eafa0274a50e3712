"""What is, computed from events alone. Entries are frozen; `fold` puts new ones (`changed`) in place of old ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from agentmux.room.events import AgentState, BudgetLevel, HoldHow, MergeHow, Mode, PauseHow, TaskStatus, Trouble, Via
from agentmux.room.fill import Fill

YOU = "you"
ROOM = "room"
ALL = "all"
MESSAGE_LIMIT = 64 * 1024
"""Bytes of UTF-8 in one message."""
LAPSED = 64
"""How many of the claims that are over are kept."""
OVER_BUDGET = "budget"
"""Why the room pauses an agent."""


E = TypeVar("E")


def changed(entry: E, **fields: Any) -> E:
    """The entry with other values in some of its fields.

    Like `dataclasses.replace`, but many times as fast, since it is called for most events of a log: the entry's
    `__dict__` is copied as it is, and that is why entries have no slots.
    """
    new = object.__new__(type(entry))
    object.__setattr__(new, "__dict__", vars(entry) | fields)
    return new


@dataclass(frozen=True)
class Budget:
    """What may be spent: tokens in and out, and USD; None is no limit. `level` is what was told of it already."""

    tokens: int | None = None
    usd: float | None = None
    warn: float = 0.8
    stop: float = 1.2
    level: BudgetLevel | None = None


@dataclass(frozen=True)
class Agent:
    """A member that runs in a pane. Times are Unix seconds."""

    name: str
    profile: str
    state: AgentState = "starting"
    since: float = 0.0
    why: str = ""
    saw: str = ""
    """What decided the state, and the line or tool that it saw."""
    pane: str | None = None
    container: str | None = None
    set_up: bool = False
    setup_tail: tuple[str, ...] = ()
    """The last lines of the command of its setup that failed."""
    started: float | None = None
    tasked: float | None = None
    """When its task was typed, for a CLI that has to be told so."""
    worked: bool = False
    """Whether it was ever at work."""
    heard: float = 0.0
    """When it last read a message."""
    paused: PauseHow | None = None
    paused_at: float = 0.0
    pause_why: str = ""
    before_pause: AgentState = "working"
    held: HoldHow | None = None
    viewer: int = 0
    held_at: float = 0.0
    held_seconds: float = 0.0
    exit_status: int | None = None
    exit_signal: int | None = None
    trouble: Trouble | None = None
    """What is wrong with it, though it runs; `trouble_text` says it in words."""
    trouble_text: str = ""
    size: tuple[int, int] | None = None
    tokens_in: int = 0
    tokens_cached: int = 0
    """Of those that went in."""
    tokens_out: int = 0
    usd: float = 0.0
    """An estimate of what they cost, without the `unpriced` ones."""
    unpriced: int = 0
    """Tokens in and out that nobody knows the price of."""
    fill: Fill = field(default_factory=Fill)
    records: Mapping[str, int] = field(default_factory=dict)
    """Up to where the files were counted in which its CLI notes its tokens down, in bytes."""
    budget: Budget | None = None
    tree: str = ""
    """Its last snapshot; empty while it has changed nothing."""
    waits: str = ""
    """The agent whose turn comes first, where its flow lets it wait for its own."""
    after: str = ""
    start: str = ""
    start_tree: str = ""
    """From whose work it began, as which commit and tree; empty for the session's base."""
    skipped: bool = False
    done_tree: str | None = None
    done_at: float = 0.0
    """What it had when it last said that it was done with its turn, and when that had been looked at."""
    failing: tuple[int, ...] = ()
    """The checks that did not hold on that."""
    held_back: int = 0
    """How often in a row some did not."""

    @property
    def files(self) -> str:
        """The tree that it has, as far as snapshots tell; empty for the base's."""
        return self.tree or self.start_tree

    @property
    def judged(self) -> bool:
        """Whether its work has been looked at since it last did anything."""
        return self.done_tree == self.files and self.done_at >= self.since

    @property
    def ended(self) -> bool:
        """Whether its program is over."""
        return self.state in ("done", "failed", "gone")


@dataclass(frozen=True)
class Receipt:
    """What became of a message at one recipient; None until it happened."""

    delivered: float | None = None
    read: float | None = None
    answered: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Message:
    """A message with a receipt for each recipient."""

    id: int
    at: float
    sender: str
    to: str
    text: str
    ask: bool
    default: str | None
    reply_to: int | None
    via: Via
    receipts: dict[str, Receipt]

    @property
    def open(self) -> bool:
        """Whether this is a question that nobody has answered yet."""
        return self.ask and not any(r.answered for r in self.receipts.values())


@dataclass(frozen=True)
class Lease:
    """A granted claim."""

    id: int
    holder: str
    paths: tuple[str, ...]
    mode: Mode
    intent: str
    granted: float
    lease: float
    until: float
    fence: int


@dataclass(frozen=True)
class Waiting:
    """A refused claim that waits in line."""

    id: int
    asker: str
    paths: tuple[str, ...]
    mode: Mode
    intent: str
    lease: float
    since: float
    behind: tuple[int, ...]


@dataclass(frozen=True)
class Ruling:
    """A contested claim that waits for the human; its id is the waiting claim's."""

    id: int
    asker: str
    holders: tuple[str, ...]
    paths: tuple[str, ...]
    raised: float


@dataclass(frozen=True)
class Permission:
    """A tool that an agent's CLI asks to use, and that waits for the human; the fields are the event's."""

    id: int
    agent: str
    tool: str
    what: str
    covers: str
    since: float

    @property
    def brief(self) -> str:
        """What is asked for, for a single line: the command, or which files are changed."""
        return self.covers or self.what


@dataclass(frozen=True)
class Egress:
    """A place in the network that an agent wanted to reach or may reach; `refused` until the human has said more."""

    agent: str
    place: str
    said: Literal["refused", "once", "always", "no"]
    since: float


@dataclass(frozen=True)
class Task:
    """An item on the shared list."""

    id: int
    title: str
    text: str
    status: TaskStatus = "open"
    owner: str | None = None
    by: str = ROOM


@dataclass(frozen=True)
class NoteLine:
    """A line on the scratchpad."""

    at: float
    by: str
    text: str


@dataclass(frozen=True)
class CheckResult:
    """How a check went on a tree, and whose that was (`agent`; empty for the merged one)."""

    agent: str
    tree: str
    status: int
    at: float
    seconds: float
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """A command that must stay true; its files (name to text) are put over the tree while it runs."""

    id: int
    author: str
    command: str
    files: Mapping[str, str]
    last: CheckResult | None = None


@dataclass(frozen=True)
class Branch:
    """The result of the last merge."""

    branch: str
    commit: str
    order: tuple[str, ...]
    passed: int
    failed: int
    how: MergeHow = "clean"


@dataclass(frozen=True)
class Tested:
    """How a feature's tests ended the last time: on the merged tree, or on an agent's; fields are the event's."""

    feature: str
    agent: str
    tree: str
    holds: bool
    passed: int | None
    failed: int | None
    log: str


@dataclass(slots=True)
class State:
    """A session at one moment. Only `fold` writes to it; everybody else reads."""

    unseen: bool = field(default=False, repr=False, compare=False)
    """Whether nobody reads it yet; until then `fold` may change the entries that most events are about in place."""
    seq: int = 0
    at: float = 0.0
    actor: str = ""
    """Number, time and doer of the last event."""
    session: str = ""
    repo: str = ""
    base: str = ""
    layout: str = ""
    flow: str = "shared"
    sandbox: str = ""
    task: str = ""
    created: float = 0.0
    room_pid: int | None = None
    stopped: bool = False
    failed: str = ""
    imported: str = ""
    """What the session came from, if it was recorded elsewhere; nothing of it can run here."""
    agents: dict[str, Agent] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    unread: dict[str, list[int]] = field(default_factory=dict)
    """Message ids by member, oldest first."""
    claims: dict[int, Lease] = field(default_factory=dict)
    lapsed: list[tuple[float, Lease]] = field(default_factory=list)
    """The last claims that are over, each with when it ended."""
    trespasses: dict[tuple[int, str], frozenset[str]] = field(default_factory=dict)
    """By (claim, agent): the files of the claim that were told to be written by this agent, not its holder."""
    waiting: dict[int, Waiting] = field(default_factory=dict)
    rulings: dict[int, Ruling] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    notes: list[NoteLine] = field(default_factory=list)
    progress: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """step -> (text, done), in the order of their beginnings."""
    warnings: list[tuple[float, str]] = field(default_factory=list)
    egress: dict[tuple[str, str], Egress] = field(default_factory=dict)
    """By (agent, place)."""
    written: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """member -> the last minute (since 1970) in which it wrote, and how often and how many bytes in that minute."""
    permissions: dict[int, Permission] = field(default_factory=dict)
    """Those that wait."""
    permitted: set[tuple[str, str, str]] = field(default_factory=set)
    """(agent, tool, what is covered) of each `always`."""
    checks: dict[int, Check] = field(default_factory=dict)
    branch: Branch | None = None
    conflicts: dict[str, int] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    tried: MergeHow | None = None
    """How the last merge for the features' tests went."""
    tested: dict[tuple[str, str], Tested] = field(default_factory=dict)
    """By (feature, agent); the agent is empty where the merged tree was tested."""
    budget: Budget | None = None
    """For all agents together."""
    next_message: int = 1
    next_claim: int = 1
    next_permission: int = 1
    next_task: int = 1
    next_check: int = 1
    next_fence: int = 1
    granted: int = 0
    refused: int = 0

    def members(self) -> list[str]:
        """Everybody who can be written to, the human last."""
        return [*self.agents, YOU]

    def recipients(self, sender: str, to: str) -> list[str]:
        """Who gets a message from `sender` to `to`."""
        return [m for m in self.members() if m != sender and to in (ALL, m)]
