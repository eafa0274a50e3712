"""What members and sensors ask of the room. A command may be refused; only its events are facts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agentmux.room.events import (
    AgentState,
    Choice,
    HoldHow,
    JudgeRuled,
    Mode,
    PauseHow,
    Permit,
    TaskStatus,
    Trouble,
    Via,
)

NamedPlace = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$")]
"""A place in the network: a host, or host:port."""


class Command(BaseModel):
    """A wish; `do` names its kind on the wire."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# -- by agents and the human ------------------------------------------------------------------------------------


class Say(Command):
    """Send a message to `to` (a member or `all`). A reply to `all` goes to whoever sent the message it answers."""

    do: Literal["say"] = "say"
    to: str = "all"
    text: str
    ask: bool = False
    default: str | None = None
    reply_to: int | None = None
    via: Via = "prompt"


class ReadInbox(Command):
    """Take the unread messages; they become delivered and read. `how` says where they were put."""

    do: Literal["inbox"] = "inbox"
    how: Literal["reply", "inbox", "seen", "hook"] = "inbox"


class Claim(Command):
    """Ask for a lease on all of these paths, or none."""

    do: Literal["claim"] = "claim"
    paths: list[str]
    mode: Mode = "exclusive"
    intent: str = ""
    lease: float | None = Field(None, gt=0, le=24 * 3600)


class Release(Command):
    """Give up the claim with this number, or all whose paths are among `paths`; with neither, all of one's own.

    The same ends a place in line.
    """

    do: Literal["release"] = "release"
    id: int | None = None
    paths: list[str] = []


class TaskAdd(Command):
    """Put a task on the list."""

    do: Literal["task.add"] = "task.add"
    title: str = Field(min_length=1)
    text: str = ""


class TaskTake(Command):
    """Become the task's owner, if nobody else is."""

    do: Literal["task.take"] = "task.take"
    id: int


class TaskUpdate(Command):
    """Change the status or text of a task; `done` finishes it, `open` gives it back."""

    do: Literal["task.update"] = "task.update"
    id: int
    status: TaskStatus | None = None
    text: str | None = None


class Note(Command):
    """Write a line on the scratchpad."""

    do: Literal["note"] = "note"
    text: str = Field(min_length=1)


class PublishCheck(Command):
    """Promise that this command ends with 0, from now on; `files` (name to text) are put beside it while it runs."""

    do: Literal["check.publish"] = "check.publish"
    command: str = Field(min_length=1)
    files: dict[str, str] = Field({}, max_length=8)


class RunChecks(Command):
    """Run one published check, or all, on one's own files."""

    do: Literal["check.run"] = "check.run"
    id: int | None = None


class WithdrawCheck(Command):
    """Take a published check back."""

    do: Literal["check.withdraw"] = "check.withdraw"
    id: int


# -- by the human alone -----------------------------------------------------------------------------------------


class Rule(Command):
    """Settle a contested claim. `split` needs what the holder keeps and what the asker gets."""

    do: Literal["rule"] = "rule"
    id: int
    choice: Choice
    reason: str = ""
    holder_paths: list[str] = []
    asker_paths: list[str] = []


class Hold(Command):
    """Take a pane: nothing else types there until `Unhold`, or until the viewer's process (its id; 0: none) ends."""

    do: Literal["hold"] = "hold"
    agent: str
    how: HoldHow = "typing"
    viewer: int = Field(0, ge=0)


class Unhold(Command):
    """Give a pane back; a viewer can give back only what it holds itself."""

    do: Literal["unhold"] = "unhold"
    agent: str
    viewer: int = Field(0, ge=0)


class Pause(Command):
    """Pause an agent."""

    do: Literal["pause"] = "pause"
    agent: str
    how: PauseHow = "soft"


class Resume(Command):
    """Let a paused agent go on."""

    do: Literal["resume"] = "resume"
    agent: str


class Interrupt(Command):
    """Send the agent's interrupt key."""

    do: Literal["interrupt"] = "interrupt"
    agent: str


class Restart(Command):
    """Start the agent's program again; one that still runs is ended first, if `force`."""

    do: Literal["restart"] = "restart"
    agent: str
    force: bool = False


class BeginTurn(Command):
    """Let an agent that waits for its turn begin now, from what the one before it has; or (`skip`) not at all."""

    do: Literal["turn"] = "turn"
    agent: str
    skip: bool = False


class Resize(Command):
    """A viewer gave the pane another size, in cells."""

    do: Literal["resize"] = "resize"
    agent: str
    columns: int = Field(ge=1, le=2000)
    rows: int = Field(ge=1, le=2000)


class Allow(Command):
    """Let an agent (or `all`) reach a place in the network: a host, or host:port; `once` is for one connection."""

    do: Literal["allow"] = "allow"
    agent: str = "all"
    place: NamedPlace
    once: bool = False


class SetBudget(Command):
    """Say what an agent, or the session (None), may spend: tokens, USD, or both. None leaves a limit, 0 removes it."""

    do: Literal["budget"] = "budget"
    agent: str | None = None
    tokens: int | None = Field(None, ge=0)
    usd: float | None = Field(None, ge=0, allow_inf_nan=False)


class Deny(Command):
    """Do not let an agent (or `all`) reach a place: it is refused without asking, until an `allow`."""

    do: Literal["deny"] = "deny"
    agent: str = "all"
    place: NamedPlace


class Answer(Command):
    """Answer an agent's request for permission; `text` is told to the agent with a no."""

    do: Literal["answer"] = "answer"
    id: int
    answer: Permit
    text: str = ""


class Explain(Command):
    """Tell what decides the agent's state, and what stands in the way of typing to it. Nothing happens."""

    do: Literal["explain"] = "explain"
    agent: str


class Merge(Command):
    """Merge all agents' work into the session's branch. The reply comes when it is done.

    With `union`, where work does not fit together the lines of both sides are kept.
    """

    do: Literal["merge"] = "merge"
    union: bool = False


class Test(Command):
    """Run the tests of the session's features on the agents' merged work; `union` as in `Merge`.

    With `alone` on each agent's work by itself, its own features' tests. The reply comes when it is done.
    """

    do: Literal["test"] = "test"
    union: bool = False
    alone: bool = False


class Stop(Command):
    """End all agents and the room."""

    do: Literal["stop"] = "stop"


Wish = Annotated[
    Say
    | ReadInbox
    | Claim
    | Release
    | TaskAdd
    | TaskTake
    | TaskUpdate
    | Note
    | PublishCheck
    | RunChecks
    | WithdrawCheck
    | Rule
    | Hold
    | Unhold
    | Pause
    | Resume
    | Interrupt
    | Restart
    | BeginTurn
    | Resize
    | Allow
    | SetBudget
    | Deny
    | Answer
    | Explain
    | Merge
    | Test
    | Stop,
    Field(discriminator="do"),
]
"""A command that may come over a socket."""

WISH: TypeAdapter[Wish] = TypeAdapter(Wish, config=ConfigDict(defer_build=True))


# -- by the room's own sensors; never over a socket -------------------------------------------------------------


class Tick(Command):
    """Time has passed: expire what ran out."""

    do: Literal["tick"] = "tick"


class Touched(Command):
    """An agent wrote these files: its claims around them are renewed."""

    do: Literal["touched"] = "touched"
    agent: str
    paths: list[str]


class ReportSnapshot(Command):
    """The agent's files are another tree, by writes from `since` (Unix seconds) on; the rest is as in the event.

    At most `claims.WRITES_LIMIT` paths; what is left of the `files` follows in `ReportWritten`.
    """

    do: Literal["report.snapshot"] = "report.snapshot"
    agent: str
    tree: str
    parent: str
    paths: list[str]
    files: int
    added: int = 0
    removed: int = 0
    seconds: float = 0.0
    since: float


class ReportWritten(Command):
    """More files that differ in the agent's last snapshot, written from `since` (Unix seconds) on."""

    do: Literal["report.written"] = "report.written"
    agent: str
    paths: list[str]
    since: float


class ReportState(Command):
    """A sensor saw the agent in this state."""

    do: Literal["report.state"] = "report.state"
    agent: str
    state: AgentState
    why: str = ""
    saw: str = ""


class ReportExit(Command):
    """The agent's program ended."""

    do: Literal["report.exit"] = "report.exit"
    agent: str
    status: int | None = None
    signal: int | None = None
    reason: str = ""


class ReportUsed(Command):
    """A reply of the agent's model was paid for; the fields are those of the event `model.used`."""

    do: Literal["report.used"] = "report.used"
    agent: str
    model: str
    tokens_in: int = Field(ge=0)
    cached: int = Field(0, ge=0)
    cache_written: int = Field(0, ge=0)
    tokens_out: int = Field(ge=0)
    cost: float | None = Field(None, ge=0)
    window: int | None = Field(None, gt=0)
    record: str = ""
    position: int = Field(0, ge=0)


class AwaitTurn(Command):
    """The agent's flow lets it wait until the agent `after` is done."""

    do: Literal["turn.await"] = "turn.await"
    agent: str
    after: str


class ReportTurn(Command):
    """The agent is done with its turn; the fields are those of the event `agent.turn_done`."""

    do: Literal["report.turn"] = "report.turn"
    agent: str
    tree: str
    failing: list[int] = []


class KeepRuling(Command):
    """What a judge said of the session, to be kept."""

    do: Literal["keep.ruling"] = "keep.ruling"
    ruling: JudgeRuled


class ReportTool(Command):
    """The agent used a tool; the fields are those of the event `tool.used`."""

    do: Literal["report.tool"] = "report.tool"
    agent: str
    tool: str
    what: str = ""
    error: str = ""


class ReportTrouble(Command):
    """Something is wrong with the agent, though it runs; without `what`, all is well again."""

    do: Literal["report.trouble"] = "report.trouble"
    agent: str
    what: Trouble | None = None
    text: str = ""


class AskPermission(Command):
    """The agent's CLI asks for the human's permission; the fields are those of `PermissionAsked`."""

    do: Literal["permission"] = "permission"
    agent: str
    tool: str
    what: str
    covers: str = ""


class WithdrawPermission(Command):
    """Nobody waits for this answer any more; `elsewhere` if the CLI asks for it in a dialog of its own instead."""

    do: Literal["permission.over"] = "permission.over"
    id: int
    why: str
    elsewhere: bool = False


class AskEgress(Command):
    """The agent wants to reach a place that is not on its list."""

    do: Literal["egress"] = "egress"
    agent: str
    place: str


class ReportTyped(Command):
    """A message was typed into the agent's pane and submitted, or (`why`) it was not."""

    do: Literal["report.typed"] = "report.typed"
    id: int
    agent: str
    why: str = ""
