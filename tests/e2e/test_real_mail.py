"""Twenty messages to each of several real CLIs that are at work: each comes to its model once, however it got there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import pytest

from agentmux.room.commands import Say
from agentmux.room.events import MessageDelivered
from tests.e2e.conftest import Running
from tests.e2e.real import events, everybody, image_of_all, scripted
from tests.e2e.transcripts import told

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
GROUPS = [
    {"ada": "claude", "bob": "codex"},
    {"ada": "opencode", "bob": "gemini"},
    {"ada": "aider", "bob": "mini", "cat": "native"},
]
IN_A_TURN = dict.fromkeys(("claude", "codex", "opencode", "gemini", "native"), "hook") | dict.fromkeys(
    ("aider", "mini"), "reply"
)
"""How messages reach a CLI while it works: those without hooks get them with the replies of the `room` command."""
LONG = 600.0
"""Seconds until the test gives up: there are machines on which real CLIs take their time."""
TALKS = 6
"""How often each agent tells the next one something."""
MID_TURN = [1, 2, 1, 3]
"""How many messages of the human come at once while the agent works, each lot after another command of its, if it
still has some."""
IDLE = [1, 3, 1, 2]
"""The same for lots that come when it has become idle."""
TWENTY = TALKS + sum(MID_TURN) + sum(IDLE)


def marked(sender, to, number):
    return f"{sender}-{to}-{number:02}"


def steps(name, mate):
    """A long turn with a word to the teammate now and then; the last of them comes when it is idle or nearly so."""
    yield {"run": "echo begun >> ~/beats; while [ ! -e ~/go ]; do sleep 0.1; done"}
    for number in range(TALKS):
        yield from ({"run": f"echo {number} >> ~/beats; sleep 1"} for _ in range(3))
        yield {"call": "say", "arguments": {"to": mate, "text": f"Look: {marked(name, mate, number)}"}}
    yield {"say": "That was all."}
    yield {"end": True}


@pytest.fixture(params=GROUPS, ids=lambda group: "-".join(group.values()))
def group(request):
    """Agents with their profiles; each tells the next one in the circle."""
    return request.param


@pytest.fixture
def mates(group):
    names = [*group]
    return dict(zip(names, [*names[1:], names[0]], strict=True))


@pytest.fixture
def wanted(mates):
    """What each agent is to hear."""
    return {
        to: [marked(sender, to, number) for number in range(TALKS)]
        + [marked("you", to, number) for number in range(TWENTY - TALKS)]
        for sender, to in mates.items()
    }


@pytest.fixture
def run(group, mates, home, monkeypatch, tmp_path, start):
    """A session of them, at work on their parts."""
    if "aider" in group.values():
        monkeypatch.setenv("AGENTMUX_MODEL", "openai/scripted")
    image_of_all(tmp_path)
    with scripted(monkeypatch, [{"name": name, "steps": [*steps(name, mate)]} for name, mate in mates.items()]):
        yield start(sandbox="docker", task="Do your part.", **group)


@dataclass
class Mail:
    """What is sent to the agents of a session, and what has arrived."""

    run: Running
    group: dict[str, str]
    sent: Counter[str] = field(default_factory=Counter)

    def send(self, name, several):
        """Send as the human."""
        for _ in range(several):
            assert self.run.send(Say(to=name, text=f"Note: {marked('you', name, self.sent[name])}")).ok
            self.sent[name] += 1

    def beats(self, name):
        """How many of its commands the agent has run."""
        file = self.run.paths.agent_home(name) / "beats"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def goes_on(self, name, before):
        """Whether the agent has run another command, or is done with them."""
        return self.beats(name) > before or self.run.state.agents[name].state != "working"

    def all_read(self, state):
        return all(r.read for m in state.messages.values() for to, r in m.receipts.items() if to in self.group)

    def told(self, name):
        """The entries of the agent's transcript."""
        return told(self.run.paths.agent_home(name), self.group[name])


def test_each_message_comes_once(run, group, wanted):
    mail = Mail(run, group)
    run.until_true(lambda: all(map(mail.beats, group)), LONG, run.screens)
    first, *others = MID_TURN
    for name in group:
        mail.send(name, first)
    for name in group:
        (run.paths.agent_home(name) / "go").touch()
    for lot in others:
        for name in group:
            before = mail.beats(name)
            mail.send(name, lot)
            run.until_true(partial(mail.goes_on, name, before), LONG, run.screens)
    for lot in IDLE:
        run.until(lambda s: mail.all_read(s) and everybody(s, "idle"), LONG)
        for name in group:
            mail.send(name, lot)
    run.until(lambda s: len(s.messages) >= TWENTY * len(group) and mail.all_read(s), LONG)

    def heard(name):
        text = "\n".join(mail.told(name))
        return all(mark in text for mark in wanted[name])

    # What was typed last is read before its turn has begun, let alone been written down.
    run.until_true(lambda: all(map(heard, group)), LONG, run.screens)
    run.until(lambda s: everybody(s, "idle"), LONG)

    for name, marks in wanted.items():
        assert len(marks) == TWENTY
        texts = mail.told(name)
        found = {mark: sum(mark in text for text in texts) for mark in marks}
        assert found == dict.fromkeys(marks, 1), [text for text in texts if any(m in text for m in marks)]
    how = Counter((event.member, event.how) for event in events(run, MessageDelivered))
    for name, profile in group.items():
        assert how[name, IN_A_TURN[profile]], how
        assert how[name, "typed"], how


@pytest.mark.parametrize("profile", ["claude", "codex", "opencode", "native"])
def test_what_comes_at_the_end_of_a_turn_is_told_to_the_model_once(profile, home, monkeypatch, tmp_path, start):
    part = [{"run": "touch ~/begun"}, {"slow": "4s"}, {"say": "That was all."}, {"end": True}]
    monkeypatch.setenv("AGENTMUX_MODEL", "openai/scripted")
    image_of_all(tmp_path)
    with scripted(monkeypatch, [{"name": "ada", "steps": part}]) as model:
        run = start(sandbox="docker", task="Do your part.", ada=profile)
        run.until_true((run.paths.agent_home("ada") / "begun").exists, LONG, run.screens)
        asked = len(model.bodies)
        run.until_true(lambda: len(model.bodies) > asked or asked > 1, LONG, run.screens)
        number = run.send(Say(to="ada", text="Mind the pennies.")).reply["id"]
        run.until(lambda s: s.messages[number].receipts["ada"].read and everybody(s, "idle"), LONG)
        assert [event.how for event in events(run, MessageDelivered) if event.id == number] == ["hook"]
        assert max(body.count(b"Mind the pennies.") for body in model.bodies) == 1
