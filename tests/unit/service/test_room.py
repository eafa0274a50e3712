"""The room's loop on a real log: one way in, one way on."""

import asyncio
import os

import pytest

from agentmux.config import AgentSpec, Layout, Profile, ScreenRules, Seat, Session
from agentmux.errors import SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Claim, Hold, ReadInbox, Say, Tick, Unhold
from agentmux.room.events import AgentStarted, AgentStateChanged, SessionCreated
from agentmux.room.fold import fold
from agentmux.room.state import State
from agentmux.room.status import Verdict
from agentmux.service import delivery
from agentmux.service.delivery import Delivery
from agentmux.service.log import Log, LogReader
from agentmux.service.room import Room
from agentmux.service.sensors.disk import RECORDING, tell_of_recording
from agentmux.service.sensors.panes import PaneSensor
from agentmux.terminal.recorder import part
from tests.fixtures.waiting import PATIENCE

AGENTS = ["ada", "bob"]


class Clock:
    """The room's clock: stands until it is moved."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def failures():
    """What background work raised."""
    return []


async def nothing_to_show(agent, *, file=None, screen=False):
    return ""


@pytest.fixture
def log(tmp_path):
    with Log(SessionPaths(tmp_path).log) as log:
        yield log


@pytest.fixture
async def room(tmp_path, log, clock, failures):
    """A room with two agents that run."""
    profile = Profile(title="A prompt", command=["true"], typing=True, screen=ScreenRules(idle="^> ?$"))
    session = Session(
        id="s",
        created=0.0,
        repo="/r",
        base="0" * 40,
        layout_name="duo",
        layout=Layout(title="Duo", agents=[Seat(name=n, profile="p") for n in AGENTS], lease="1m"),
        sandbox="process",
        agents=[AgentSpec(name=n, profile_name="p", profile=profile) for n in AGENTS],
    )
    room = Room(SessionPaths(tmp_path), session, log, State(), nothing_to_show, failures.append, clock)
    created = SessionCreated(
        session="s", repo="/r", base="0" * 40, layout="duo", sandbox="process", agents=AGENTS, profiles={}
    )
    room.record("you", [created, *(AgentStarted(agent=name, pane=f"%{name}") for name in AGENTS)])
    return room


async def test_what_was_answered_is_in_the_log(room):
    await room.submit("ada", Claim(paths=["a.py"]))
    with LogReader(room.paths.log) as reader:
        assert fold(reader.read()) == room.state
    assert room.state.claims


async def test_the_layouts_lease_counts_where_none_is_asked_for(room):
    decision = await room.submit("ada", Claim(paths=["a.py"]))
    assert decision.reply["granted"]["until"] == 1060.0


async def test_a_claim_expires_by_the_rooms_clock(room, clock):
    await room.submit("ada", Claim(paths=["a.py"]))
    clock.now += 61
    await room.submit("room", Tick())
    assert not room.state.claims


async def test_time_never_runs_back_where_the_machines_clock_does(room, clock):
    await room.submit("you", Hold(agent="ada"))
    clock.now -= 500
    await room.submit("you", Unhold(agent="ada"))
    with LogReader(room.paths.log) as reader:
        times = [entry.at for entry in reader.read()]
    assert times == sorted(times)
    assert room.state.agents["ada"].held_seconds == 0.0


async def test_a_claim_expires_although_the_clock_was_set_back_meanwhile(room, clock):
    await room.submit("ada", Claim(paths=["a.py"], lease=0.05))
    clock.now -= 1  # when the timer fires, it is not time yet
    await asyncio.sleep(0)
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while room.state.claims:
        clock.now += 0.02
        await asyncio.sleep(0.02)
        assert asyncio.get_running_loop().time() < deadline


async def test_what_a_performer_fails_at_is_the_answer(room):
    async def fail(command):
        raise SessionError("The engine is down.", "Start it.")

    room.perform(Say, fail)
    decision = await room.submit("ada", Say(text="hello"))
    assert (decision.refusal.reason, decision.refusal.hint) == ("The engine is down.", "Start it.")


async def test_followers_see_events_after_they_are_facts(room):
    seen = []
    room.follow(lambda entry: seen.append((type(entry.event).kind, room.state.seq >= entry.seq)))
    await room.submit("ada", Say(text="hello"))
    assert seen == [("message.sent", True)]


async def test_when_nothing_can_be_written_nothing_has_happened(room, monkeypatch):
    def full(*_):
        raise SessionError("The log cannot be used: disk full.", "Free some space.")

    monkeypatch.setattr(room._log, "append", full)
    decision = await room.submit("ada", Claim(paths=["a.py"]))
    assert "disk full" in decision.refusal.reason
    assert not room.state.claims


async def test_waiting_for_a_message_ends_with_one_or_with_time(room):
    waiting = asyncio.create_task(room.wait_for_message("bob", 30))
    await asyncio.sleep(0)
    assert room.waits("bob")
    await room.submit("ada", Say(text="hello"))
    await asyncio.wait_for(waiting, 5)
    assert not room.waits("bob")
    await room.wait_for_message("ada", 0.01)


async def test_background_work_that_fails_is_told(room, failures):
    async def fail():
        raise ValueError("oh")

    room.spawn(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [str(error) for error in failures] == ["oh"]


class Pane:
    """An agent's screen and keyboard: pasted text stands at the prompt until Enter."""

    def __init__(self):
        self.typed = []
        self.line = ""
        self.gate = asyncio.Event()
        self.gate.set()

    async def paste(self, pane, text):
        self.line = text

    def key(self, pane, name):
        if name == "Enter":
            self.typed.append(self.line)
            self.line = ""

    async def verdict(self, agent):
        await self.gate.wait()
        return self.judge(agent, None)

    def judge(self, agent, screen):
        return Verdict("working" if self.line else "idle", "rule")

    async def until(self, agent, holds, seconds):
        return holds(self)

    async def screen(self, agent):
        return self

    cursor_y = 0

    def text_rows(self):
        return ("> " + self.line,)


@pytest.fixture
def pane(room):
    pane = Pane()
    room.follow(Delivery(room, pane, pane).follow)
    return pane


async def settled(room):
    while room._tasks:
        await asyncio.wait(room._tasks, timeout=PATIENCE)


async def test_a_message_is_typed_and_has_its_receipts(room, pane):
    await room.submit("you", Say(to="ada", text="two\nlines\x1b[201~"))
    await settled(room)
    assert pane.typed == ["[you] two lines [201~"]
    assert room.state.messages[1].receipts["ada"].read == 1000.0


class Drawing(Pane):
    """Takes no Enter right after a paste, and draws its screen anew meanwhile."""

    def __init__(self):
        super().__init__()
        self.enters = 0
        self.half_drawn = False

    def key(self, pane, name):
        self.enters += 1
        if self.enters == 1:
            self.half_drawn = True
        else:
            super().key(pane, name)

    async def screen(self, agent):
        self.half_drawn = False
        return self

    async def until(self, agent, holds, seconds):
        return holds(self) or await asyncio.sleep(seconds / 10, result=False)

    def text_rows(self):
        return ("",) if self.half_drawn else super().text_rows()


async def test_a_screen_that_is_being_drawn_does_not_count_as_submitted(room, monkeypatch):
    monkeypatch.setattr(delivery, "MOMENT", 0.0)
    pane = Drawing()
    room.follow(Delivery(room, pane, pane).follow)
    await room.submit("you", Say(to="ada", text="hello"))
    await settled(room)
    assert pane.typed == ["[you] hello"]
    assert pane.enters == 2


async def test_an_agent_with_hooks_gets_the_next_message_when_it_has_begun_with_the_one_before(room, pane):
    known = room.session.agent("ada")
    spec = known.model_copy(update={"profile": known.profile.model_copy(update={"hooks": True})})
    room.session = room.session.model_copy(update={"agents": [spec, room.session.agent("bob")]})
    idle(room)
    await room.submit("you", Say(to="ada", text="one"))
    await room.submit("you", Say(to="ada", text="two"))
    await settled(room)
    assert pane.typed == ["[you] one"]
    room.record("room", [AgentStateChanged(agent="ada", state="working")])
    idle(room)
    await settled(room)
    assert pane.typed == ["[you] one", "[you] two"]


async def test_who_waits_for_messages_is_not_typed_to(room, pane):
    waiting = asyncio.create_task(room.wait_for_message("ada", 30))
    await asyncio.sleep(0)
    await room.submit("you", Say(to="ada", text="by call"))
    await waiting
    assert pane.typed == []
    room.record("room", [AgentStateChanged(agent="ada", state="idle")])
    await settled(room)
    assert pane.typed == ["[you] by call"]


async def test_what_was_read_meanwhile_is_not_typed(room, pane):
    pane.gate.clear()
    await room.submit("you", Say(to="ada", text="read already"))
    await asyncio.sleep(0)
    await room.submit("ada", ReadInbox())
    pane.gate.set()
    await settled(room)
    assert pane.typed == []


def with_task(room, **profile):
    """The room's agents take their task at the prompt."""
    known = room.session.agent("ada")
    spec = known.model_copy(
        update={"profile": known.profile.model_copy(update={"type_task": True, **profile}), "task": "Fix it.\n"}
    )
    room.session = room.session.model_copy(update={"agents": [spec, room.session.agent("bob")]})


def idle(room):
    room.record("room", [AgentStateChanged(agent="ada", state="idle")])


async def test_a_task_is_typed_once_and_before_messages(room, pane):
    with_task(room)
    await room.submit("you", Say(to="ada", text="hello"))
    idle(room)
    await settled(room)
    idle(room)
    await settled(room)
    assert pane.typed == ["Fix it.", "[you] hello"]
    assert room.state.agents["ada"].tasked == 1000.0


@pytest.mark.parametrize(("resume", "times"), [([], 2), (["again"], 1)])
async def test_a_task_is_typed_again_where_a_new_conversation_begins(room, pane, clock, resume, times):
    with_task(room, resume=resume)
    idle(room)
    await settled(room)
    clock.now += 60
    room.record(
        "room", [AgentStarted(agent="ada", pane="%9", restarted=True), AgentStateChanged(agent="ada", state="idle")]
    )
    await settled(room)
    assert pane.typed == ["Fix it."] * times


async def test_a_task_that_cannot_be_typed_is_told(room, pane, monkeypatch):
    with_task(room)

    async def lost(pane, text):
        pass

    monkeypatch.setattr(pane, "paste", lost)
    idle(room)
    await settled(room)
    assert [text for _, text in room.state.warnings] == [
        "ada's task could not be typed: the pane did not take the text."
    ]
    assert room.state.agents["ada"].tasked is None


async def test_a_large_recording_is_told_of_once_with_what_can_be_removed(room, monkeypatch):
    ada = room.paths.cast("ada")
    ada.parent.mkdir()
    await tell_of_recording(room, "ada")
    ada.write_bytes(b"x" * 100)
    parts = [part(ada, number) for number in (1, 2)]
    for file in parts:
        file.touch()
        os.truncate(file, RECORDING // 2 - 51)
    await tell_of_recording(room, "ada")
    assert room.state.warnings == []
    os.truncate(parts[1], RECORDING // 2)
    await tell_of_recording(room, "ada")
    with monkeypatch.context() as once_told:
        once_told.setattr("agentmux.service.sensors.disk.recorded", lambda _: pytest.fail("measured again"))
        await tell_of_recording(room, "ada")
    await tell_of_recording(room, "bob")
    [(_, text)] = room.state.warnings
    assert text.startswith("The recording of ada takes more than 500 MiB. Its oldest parts (ada.0001.cast.gz, ...)")
    assert str(ada.parent) in text


class Line:
    """The line to tmux and the recordings' watch: one pane, at its empty prompt, that prints nothing more."""

    dead = in_mode = False
    cursor_y = 0

    def subscribe(self, *_):
        pass

    def add(self, *_):
        pass

    remove = add

    async def capture(self, pane):
        return self

    def text_rows(self):
        return ("> ",)


@pytest.fixture
def line():
    return Line()


async def test_an_idle_agent_that_was_away_from_its_prompt_unseen_is_looked_at_again(room, line):
    room.record("room", [AgentStateChanged(agent="ada", state="idle")])
    prompted: asyncio.Queue[str] = asyncio.Queue()
    sensor = PaneSensor(room, line, line, line, print, prompted.put_nowait)
    sensor.add("ada", "%1")
    assert await asyncio.wait_for(prompted.get(), PATIENCE) == "ada"
    sensor.close()
