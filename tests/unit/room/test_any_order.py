"""Whatever is asked in whatever order, the room keeps its promises."""

from __future__ import annotations

from itertools import combinations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentmux.room import claims
from agentmux.room import commands as cmd
from agentmux.room.decide import decide
from agentmux.room.events import AgentStarted, ClaimGranted, Recorded, SessionCreated, parse_json, written
from agentmux.room.fold import fold
from agentmux.room.globs import overlap, parse
from agentmux.room.state import State

AGENTS = ["ada", "bob", "cy"]
AGENT = st.sampled_from(AGENTS)
MEMBER = st.sampled_from([*AGENTS, "you"])
PATHS = st.lists(
    st.sampled_from(["src/", "src/*.py", "src/a*", "src/a.py", "src/a.py#f", "src/a.py:1-9", "**", "docs", "*.md"]),
    min_size=1,
    max_size=3,
)
MODE = st.sampled_from(["exclusive", "shared"])
NUMBER = st.integers(1, 12)


class AnyOrder(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.log = []
        self.state = State()
        profiles = dict.fromkeys(AGENTS, "scripted")
        created = SessionCreated(
            session="s", repo="/r", base="b", layout="trio", sandbox="docker", agents=AGENTS, profiles=profiles
        )
        self.record("room", [created, *(AgentStarted(agent=name, pane=name) for name in AGENTS)])

    def record(self, actor, events):
        recorded = [Recorded(seq, self.now, actor, event) for seq, event in enumerate(events, self.state.seq + 1)]
        self.log += recorded
        fold(recorded, self.state)

    def submit(self, actor, command):
        decision = decide(self.state, actor, command, self.now)
        self.record(actor, decision.events)
        return decision

    @rule(actor=MEMBER, paths=PATHS, mode=MODE, lease=st.sampled_from([None, 5.0, 60.0]))
    def claim(self, actor, paths, mode, lease):
        decision = self.submit(actor, cmd.Claim(paths=paths, mode=mode, lease=lease))
        if decision.refusal is None:
            lease = self.state.claims[decision.reply["granted"]["id"]]
            assert lease.holder == actor
            assert lease.until > self.now

    @rule(actor=MEMBER, id_=st.none() | NUMBER, paths=st.just([]) | PATHS)
    def release(self, actor, id_, paths):
        self.submit(actor, cmd.Release(id=id_, paths=paths))

    @rule(
        id_=NUMBER,
        choice=st.sampled_from(["keep", "transfer", "split", "share", "settle"]),
        holder_paths=PATHS,
        asker_paths=PATHS,
    )
    def rule_on(self, id_, choice, holder_paths, asker_paths):
        id_ = next(iter(self.state.waiting), id_)
        self.submit("you", cmd.Rule(id=id_, choice=choice, holder_paths=holder_paths, asker_paths=asker_paths))

    @rule(seconds=st.sampled_from([1.0, 4.0, 30.0, 1000.0]), tick=st.booleans())
    def time_passes(self, seconds, tick):
        self.now += seconds
        if tick:
            self.submit("room", cmd.Tick())

    @rule(agent=AGENT, path=st.sampled_from(["src/a.py", "docs/x.md", "x"]))
    def touch(self, agent, path):
        self.submit("room", cmd.Touched(agent=agent, paths=[path]))

    @rule(agent=AGENT, status=st.sampled_from([None, 0, 1]))
    def exit_and_restart(self, agent, status):
        self.submit("room", cmd.ReportExit(agent=agent, status=status))
        assert not claims.leases_of(self.state, agent)
        assert not claims.waits_of(self.state, agent)
        self.record("room", [AgentStarted(agent=agent, pane=agent, restarted=True)])

    @rule(actor=MEMBER, to=st.sampled_from(["all", *AGENTS, "you"]), ask=st.booleans(), reply_to=st.none() | NUMBER)
    def say(self, actor, to, ask, reply_to):
        self.submit(actor, cmd.Say(to=to, text="x", ask=ask, reply_to=reply_to))

    @rule(actor=MEMBER)
    def read(self, actor):
        unread = len(self.state.unread.get(actor, []))
        assert len(self.submit(actor, cmd.ReadInbox()).reply["messages"]) == unread
        assert not self.state.unread.get(actor)

    @rule(actor=MEMBER, id_=NUMBER, status=st.sampled_from([None, "open", "in_progress", "blocked", "done"]))
    def tasks(self, actor, id_, status):
        self.submit(actor, cmd.TaskAdd(title="t"))
        owner = self.state.tasks[id_].owner if id_ in self.state.tasks else None
        self.submit(actor, cmd.TaskTake(id=id_))
        if owner is not None:
            assert self.state.tasks[id_].owner == owner
        self.submit(actor, cmd.TaskUpdate(id=id_, status=status))

    @rule(agent=AGENT, kind=st.sampled_from([cmd.Hold, cmd.Unhold, cmd.Pause, cmd.Resume, cmd.Interrupt]))
    def human(self, agent, kind):
        self.submit("you", kind(agent=agent))

    @invariant()
    def nobody_holds_what_another_holds_alone(self):
        for a, b in combinations(self.state.claims.values(), 2):
            if a.holder != b.holder and "exclusive" in (a.mode, b.mode):
                assert not any(overlap(parse(p), parse(q)) for p in a.paths for q in b.paths)

    @invariant()
    def whoever_waits_has_somebody_in_the_way(self):
        for waiting in self.state.waiting.values():
            assert claims.blockers(self.state, waiting.asker, waiting.paths, waiting.mode)
        assert set(self.state.rulings) <= set(self.state.waiting)
        assert not set(self.state.waiting) & set(self.state.claims)

    @invariant()
    def fences_grow(self):
        fences = [entry.event.fence for entry in self.log if isinstance(entry.event, ClaimGranted)]
        assert fences == sorted(set(fences))

    @invariant()
    def unread_is_what_has_not_been_read(self):
        for member in [*AGENTS, "you"]:
            unread = [
                m.id for m in self.state.messages.values() if member in m.receipts and not m.receipts[member].read
            ]
            assert self.state.unread.get(member, []) == unread

    def teardown(self):
        again = [Recorded(e.seq, e.at, e.actor, parse_json(*written(e.event))) for e in self.log]
        assert fold(again) == self.state


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
