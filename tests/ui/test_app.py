"""What the human does becomes the right command, and what others wrote is shown as it is."""

from __future__ import annotations

import os

import pytest

from agentmux.errors import SessionError
from agentmux.room import commands as cmd
from agentmux.room import events as ev
from agentmux.room.state import YOU
from agentmux.service.client import Answer
from agentmux.service.log import Log
from agentmux.ui.driver import LeftTyping, ResumedTyping
from agentmux.ui.screens.dialog import Ask
from agentmux.ui.screens.egress import EgressScreen
from agentmux.ui.screens.permission import PermissionScreen
from agentmux.ui.screens.ruling import RulingScreen
from agentmux.ui.widgets.composer import Composer
from tests.ui.sample import NOW, make_session, ready, sample_app, story, text_of, until

WIDE, NARROW = (160, 45), (80, 24)


def notices(app):
    """What the notices say."""
    return [told.text for told, _ in app.screen_of_room.notices._notices.values()]


async def sent(pilot, sender, number=1):
    """The commands that were sent, once there are that many."""
    await until(pilot, lambda: len(sender.sent) >= number)
    return sender.sent


@pytest.mark.parametrize(
    ("pressed", "command"),
    [
        (["p"], cmd.Pause(agent="ada")),
        (["P"], cmd.Pause(agent="ada", how="freeze")),
        (["2", "x"], cmd.Interrupt(agent="bob")),
        (["tab", "p"], cmd.Pause(agent="bob")),
        (["m", "h", "i", "enter"], cmd.Say(to="ada", text="hi")),
        (["b", "h", "ctrl+j", "i", "tab", "enter"], cmd.Say(to="all", text="h\ni", via="bus")),
        (["b", "h", "ctrl+v", "ctrl+v", "enter"], cmd.Say(to="all", text="h", via="now")),
        (["r", "enter"], cmd.Say(to="bob", text="yes, pinned", reply_to=4)),
        (["r", "n", "o", "enter"], cmd.Say(to="bob", text="no", reply_to=4)),
        (["B", "up", "up", "r", "n", "o", "enter"], cmd.Say(to="ada", text="no", reply_to=2)),
        (["n", "o", "k", "enter"], cmd.Note(text="ok")),
        (["g", "1"], cmd.Rule(id=3, choice="keep")),
        (["g", "2"], cmd.Rule(id=3, choice="transfer")),
        (["g", "4"], cmd.Rule(id=3, choice="share")),
        (["g", "tab", "4", "enter", "5"], cmd.Rule(id=3, choice="settle", reason="4")),
        (["c", "enter", "2"], cmd.Rule(id=3, choice="transfer")),
        (["B"], cmd.ReadInbox(how="seen")),
        (["q", "s"], cmd.Stop()),
        (["M", "enter"], cmd.Merge()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.do,
)
async def test_keys_become_commands(app, sender, pressed, command):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press(*pressed)
        await until(pilot, lambda: command in sender.sent)
        assert [other for other in sender.sent if other != command and other.do != "inbox"] == []


async def test_splitting_asks_for_both_sides(app, sender):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("g", "3")
        assert sender.sent == []
        await pilot.press("ctrl+u", *"a.py", "enter", "ctrl+u", *"b.py, c.py", "enter")
        ruled = cmd.Rule(id=3, choice="split", holder_paths=["a.py"], asker_paths=["b.py", "c.py"])
        assert await sent(pilot, sender) == [ruled]


def with_a_place(place="pypi.example.org"):
    """The story, without its ruling and question; then bob wants to reach a place in the network."""
    yield from story()
    yield 1080, "you", ev.RulingSettled(id=3, choice="keep")
    yield 1080, "you", ev.MessageSent(id=5, to="bob", text="yes", reply_to=4)
    yield 1090, "room", ev.EgressRefused(agent="bob", place=place)


@pytest.mark.parametrize(
    ("pressed", "command"),
    [
        ("g o", cmd.Allow(agent="bob", place="pypi.example.org", once=True)),
        ("g a", cmd.Allow(agent="bob", place="pypi.example.org")),
        ("g n", cmd.Deny(agent="bob", place="pypi.example.org")),
        ("B enter o", cmd.Allow(agent="bob", place="pypi.example.org", once=True)),
    ],
)
async def test_a_place_in_the_network_is_answered(folder, sender, pressed, command):
    app = sample_app(make_session(folder, with_a_place()), sender)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert "bob wants to reach pypi.example.org" in text_of(app)
        assert "bob network pypi.example.org" in text_of(app)
        await pilot.press(*pressed.split())
        await until(pilot, lambda: command in sender.sent)
        assert not isinstance(app.screen, EgressScreen)


def with_a_request(what="pip install freezegun", covers="pip install freezegun"):
    """The story; then bob asks for permission."""
    yield from story()
    yield 1090, "room", ev.PermissionAsked(id=7, agent="bob", tool="Bash", what=what, covers=covers)


@pytest.mark.parametrize(
    ("pressed", "command"),
    [
        ("g y", cmd.Answer(id=7, answer="yes")),
        ("g n", cmd.Answer(id=7, answer="no")),
        ("g a", cmd.Answer(id=7, answer="always")),
        ("g tab n o enter n", cmd.Answer(id=7, answer="no", text="no")),
        ("B enter y", cmd.Answer(id=7, answer="yes")),
    ],
)
async def test_a_request_for_permission_is_answered(folder, sender, pressed, command):
    app = sample_app(make_session(folder, with_a_request()), sender)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert "bob asks for Bash: pip install freezegun" in text_of(app)  # what is next for the human
        assert "· Bash: pip install freezegun" in text_of(app)  # in the pane's header
        assert "bob asks for Bash" in text_of(app)  # on the bus
        await pilot.press(*pressed.split())
        await until(pilot, lambda: command in sender.sent)


async def test_what_covers_nothing_is_not_offered_for_always(folder, sender):
    app = sample_app(make_session(folder, with_a_request("[b]x\x1b[2J", "")), sender)
    async with app.run_test(size=NARROW) as pilot:
        await ready(pilot)
        await pilot.press("g", "a")
        await pilot.pause()
        assert "[b]x�[2J" in text_of(app)
        assert "always" not in text_of(app)
        with Log(app.paths.log) as log:
            log.append(NOW, "room", [ev.PermissionWithdrawn(id=7, why="answered in its pane")])
        await until(pilot, lambda: not isinstance(app.screen, PermissionScreen))
        assert sender.sent == []


async def test_a_dialog_closes_when_somebody_else_has_answered(folder, sender):
    app = sample_app(make_session(folder, with_a_place("[b]example.org")), sender)
    async with app.run_test(size=NARROW) as pilot:
        await ready(pilot)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, EgressScreen))
        assert "bob wants to reach [b]example.org" in text_of(app)
        with Log(app.paths.log) as log:
            log.append(NOW, "you", [ev.EgressGranted(agent="bob", place="[b]example.org")])
        await until(pilot, lambda: not isinstance(app.screen, EgressScreen))
        assert sender.sent == []


async def test_pausing_a_paused_agent_resumes_it(trio, sender):
    async with trio.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("3", "p")
        assert await sent(pilot, sender) == [cmd.Resume(agent="cyd")]


async def test_an_agent_that_ended_is_started_again_and_one_that_runs_only_if_that_is_meant(folder, sender):
    def events():
        yield from story()
        yield 1100, "room", ev.AgentStateChanged(agent="bob", state="failed", why="exit 1")

    app = sample_app(make_session(folder, events()), sender)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("u", "escape")
        await pilot.press("2", "u")
        await pilot.press("1", "u", "y")
        assert await sent(pilot, sender, 2) == [cmd.Restart(agent="bob"), cmd.Restart(agent="ada", force=True)]


async def test_an_agent_in_trouble_is_told_of(folder, sender):
    def events():
        yield from story()
        yield 1100, "you", ev.RulingSettled(id=3, choice="keep")
        yield 1100, "you", ev.MessageSent(id=5, to="bob", text="yes", reply_to=4)
        yield 1100, "room", ev.AgentStateChanged(agent="bob", state="working")
        yield 1100, "room", ev.AgentInTrouble(agent="bob", what="silent", text="has printed nothing for 3 minutes")

    async with sample_app(make_session(folder, events()), sender).run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert "bob has printed nothing for 3 minutes" in text_of(pilot.app)
        assert "(2 u start it again)" in text_of(pilot.app)
        assert "· silent" in text_of(pilot.app)


async def test_a_failed_agent_is_told_with_the_way_to_start_it_again(folder, sender):
    def events():
        yield from story()
        yield 1100, "you", ev.RulingSettled(id=3, choice="keep")
        yield 1100, "you", ev.MessageSent(id=5, to="bob", text="yes", reply_to=4)
        yield 1100, "room", ev.AgentExited(agent="bob", status=137)
        yield 1100, "room", ev.AgentStateChanged(agent="bob", state="failed", why="exit status 137")

    async with sample_app(make_session(folder, events()), sender).run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert "bob failed: exit status 137" in text_of(pilot.app)
        assert "(2 u start it again)" in text_of(pilot.app)
        await pilot.press("2")
        await until(pilot, lambda: "(u start it again)" in text_of(pilot.app))


async def test_typing_into_an_agent_that_has_ended_says_so(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        with Log(app.paths.log) as log:
            log.append(NOW, "room", [ev.AgentExited(agent="ada", status=0)])
            log.append(NOW, "room", [ev.AgentStateChanged(agent="ada", state="done", why="exit status 0")])
        await until(pilot, lambda: "its program has ended" in text_of(app))
        assert "ctrl+] u start it again" in text_of(app)


async def test_typing_holds_the_pane_from_the_first_key_on(app, sender):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        room = app.screen_of_room
        assert room.typing
        assert room.view("ada").typing
        assert "TYPING" in text_of(app)
        assert sender.sent == []
        room.view("ada").typed([])
        room.view("ada").typed([])
        held, given_back = cmd.Hold(agent="ada", viewer=os.getpid()), cmd.Unhold(agent="ada", viewer=os.getpid())
        assert await sent(pilot, sender) == [held]
        app.post_message(LeftTyping())
        assert await sent(pilot, sender, 2) == [held, given_back]
        assert not room.view("ada").typing
        assert "COMMAND" in text_of(app)
        app.post_message(ResumedTyping())
        await until(pilot, lambda: room.typing)


async def test_a_pane_that_another_viewer_gives_back_is_held_on_while_one_types_here(app, sender):
    sender.answer = Answer(ok=False, refused="ada's pane is already held (typing).")
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        app.screen_of_room.view("ada").typed([])
        held = cmd.Hold(agent="ada", viewer=os.getpid())
        assert await sent(pilot, sender) == [held]
        with Log(app.paths.log) as log:
            log.append(NOW, "you", [ev.PaneHeld(agent="ada", how="typing", viewer=1)])
            log.append(NOW, "you", [ev.PaneReleased(agent="ada", how="typing", seconds=1)])
        assert await sent(pilot, sender, 2) == [held, held]
        assert "already held" not in text_of(app)


async def test_what_waits_is_told_once_and_no_longer_than_it_waits(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert notices(app) == []
        with Log(app.paths.log) as log:
            log.append(NOW, "ada", [ev.MessageSent(id=5, to="you", text="Which of the two?", ask=True)])
            log.append(
                NOW + 1, "room", [ev.AgentStateChanged(agent="ada", state="needs you", why=r"screen: ^\? waits")]
            )
        await until(pilot, lambda: app.state.agents["ada"].state == "needs you")
        await pilot.pause()
        assert notices(app) == ["ada asks: Which of the two?"]
        assert "ada asks: Which of the two?" in "\n".join(text_of(app).split("\n")[2:4])
        with Log(app.paths.log) as log:
            log.append(NOW + 2, "you", [ev.MessageSent(id=6, to="ada", text="this one", reply_to=5)])
        await until(pilot, lambda: notices(app) == ["ada needs you in its pane"])
        with Log(app.paths.log) as log:
            log.append(NOW + 3, "room", [ev.AgentStateChanged(agent="ada", state="working", why="output")])
        await until(pilot, lambda: notices(app) == [])


async def test_notices_go_by_themselves_and_never_lie_over_a_dialog(folder, sender):
    clock = [NOW]
    app = sample_app(make_session(folder), sender, now=lambda: clock[0])
    async with app.run_test(size=NARROW) as pilot:
        await ready(pilot)
        app.say("A sentence about something that could not be done because of something else.")
        await pilot.pause()
        assert "A sentence about" in text_of(app)
        await pilot.press("g")
        await pilot.pause()
        assert "A sentence" not in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: "A sentence about" in text_of(app))
        clock[0] += 10
        app.screen_of_room.redraw()
        await until(pilot, lambda: "A sentence about" not in text_of(app))


async def test_no_notice_of_the_pane_that_is_being_typed_into(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        with Log(app.paths.log) as log:
            log.append(NOW, "room", [ev.AgentStateChanged(agent="ada", state="needs you", why="Allow?")])
        await until(pilot, lambda: app.state.agents["ada"].state == "needs you")
        await pilot.pause()
        assert notices(app) == []


async def test_a_lost_server_does_not_turn_what_is_typed_into_commands(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        app._tmux_ended()
        assert app.screen_of_room.typing
        assert app.screen_of_room.view("ada").typing


@pytest.mark.parametrize(("key", "how"), [("t", "take over"), ("s", "shell")])
async def test_outside_programs_hold_the_pane(app, sender, monkeypatch, key, how):
    ran = []

    async def run_outside(argv, greeting):
        ran.append(argv())

    monkeypatch.setattr(app, "run_outside", run_outside)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press(key)
        viewer = os.getpid()
        held, given_back = cmd.Hold(agent="ada", how=how, viewer=viewer), cmd.Unhold(agent="ada", viewer=viewer)
        assert await sent(pilot, sender, 2) == [held, given_back]
    assert len(ran) == 1


async def test_a_refused_hold_runs_nothing(app, sender, monkeypatch):
    ran: list[object] = []
    monkeypatch.setattr(app, "run_outside", lambda *args: ran.append(args))
    sender.answer = Answer(ok=False, refused="Another viewer holds ada.")
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "Another viewer holds ada." in text_of(app))
    assert ran == []


async def test_what_others_write_is_shown_as_it_is(folder, sender):
    nasty = "[red]x[/red] \x1b[31mred\x1b[0m \x07 \u202egnp.exe"

    def events():
        yield from story()
        yield 1100, "ada", ev.MessageSent(id=5, to="you", text=nasty, ask=True)
        yield 1101, "ada", ev.TaskAdded(id=5, title=nasty)
        yield 1102, "room", ev.Warned(text=nasty)

    app = sample_app(make_session(folder, events()), sender)
    async with app.run_test(size=(220, 50)) as pilot:
        await ready(pilot)
        before = text_of(app)
        assert "[red]x[/red] �[31mred�[0m" in before
        with Log(app.paths.log) as log:
            log.append(NOW, "ada", [ev.MessageSent(id=6, to=YOU, text=nasty, ask=True)])
        await until(pilot, lambda: "ada asks" in text_of(app))
        after = text_of(app)
        assert not set("\x1b\x07\u202e") & set(before + after)
        assert after.count("[red]x[/red]") > before.count("[red]x[/red]")


async def test_new_events_arrive_by_themselves(app, folder):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        with Log(app.paths.log) as log:
            log.append(NOW, "room", [ev.AgentStateChanged(agent="ada", state="needs you", why="Allow?")])
            log.append(NOW, "ada", [ev.TaskAdded(id=9, title="quite new")])
        await until(pilot, lambda: "quite new" in text_of(app))
        assert "2 needs you" in text_of(app)
        await until(pilot, lambda: "ada needs you" in text_of(app))


async def test_narrow_screens_show_one_pane_and_tabs(app):
    async with app.run_test(size=NARROW) as pilot:
        await ready(pilot)
        assert "Extract the token" in text_of(app)
        assert "Add session expiry" not in text_of(app)
        await pilot.press("2")
        await pilot.pause()
        assert "Add session expiry" in text_of(app)
        await pilot.click("#tabs", offset=(3, 0))
        await pilot.pause()
        assert "Extract the token" in text_of(app)


async def test_a_number_brings_a_hidden_agent_in(trio):
    async with trio.run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert "Write the changelog" not in text_of(trio)
        await pilot.press("3")
        await pilot.pause()
        assert "Write the changelog" in text_of(trio)
        assert "Extract the token" in text_of(trio)


async def test_a_click_focuses_and_a_second_one_types(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.click("#pane-bob")
        assert (app.screen_of_room.agent, app.screen_of_room.typing) == ("bob", False)
        await pilot.click("#pane-bob")
        assert app.screen_of_room.typing


async def test_the_composer_keeps_the_text_when_the_room_refuses(app, sender):
    sender.answer = Answer(ok=False, refused="Too long.", hint="Put it into a file.")
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("b", "h", "i", "enter")
        await until(pilot, lambda: "Too long. Put it into a file." in text_of(app))
        assert app.screen.query_one(Composer).display
        await pilot.press("escape")
        assert not app.screen.query_one(Composer).display


async def test_opening_the_composer_resizes_no_pane(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        before = app.screen_of_room.view("ada").size
        await pilot.press("b")
        await pilot.pause()
        assert app.screen_of_room.view("ada").size == before


async def test_a_lost_room_is_said_and_started_again(folder, sender, monkeypatch):
    app = sample_app(make_session(folder), sender)
    revived = []
    object.__setattr__(app.errands, "revive", lambda: revived.append(True))

    async def unreachable(command):
        raise SessionError("The room of session shop-7f3a is not running.", "")

    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        monkeypatch.setattr(sender, "send", unreachable)
        await pilot.press("p")
        await until(pilot, lambda: "is not running" in text_of(app))
        await pilot.press("U")
        await until(pilot, lambda: "is not running" not in text_of(app))
        assert notices(app) == []
    assert revived == [True]


async def test_a_pane_that_is_another_agents_now_is_not_shown(folder, sender):
    def events():
        yield from story()
        yield 1100, "room", ev.AgentStarted(agent="ada", pane="%2", restarted=True)

    app = sample_app(make_session(folder, events()), sender)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await until(pilot, lambda: app.screen_of_room.view("bob").pane)
        assert app.screen_of_room.view("ada").pane == ""


async def test_leaving_asks_first(app, sender):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("q")
        assert isinstance(app.screen, Ask)
        await pilot.press("escape")
        assert not isinstance(app.screen, Ask)
        await pilot.press("ctrl+c", "d")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == "detached"
    assert sender.sent == []


async def test_next_need_goes_round(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("g")
        assert isinstance(app.screen, RulingScreen)
        await pilot.press("escape", "r")
        assert app.screen.query_one(Composer).draft.reply_to == 4


async def test_the_palette_runs_actions_of_the_keymap(app, sender):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("colon", *"interrupt key")
        await until(pilot, lambda: "agent.interrupt" in text_of(app))
        await pilot.press("enter")
        assert await sent(pilot, sender) == [cmd.Interrupt(agent="ada")]


async def test_resizing_wildly_breaks_nothing(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        for columns, rows in [(40, 10), (1, 1), (300, 90), (80, 24), (20, 3), (99, 30), (200, 24), (160, 45)]:
            await pilot.resize_terminal(columns, rows)
            await pilot.press("tab", "z", "z")
        assert "COMMAND" in text_of(app)


async def test_an_idle_app_paints_nothing(app, monkeypatch):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        app.screen_of_room.redraw()
        painted = []
        for widget in app.screen.walk_children():
            monkeypatch.setattr(widget, "refresh", lambda *a, widget=widget, **k: painted.append(widget))
        app.screen_of_room.redraw()
        assert painted == []


async def test_the_diff_steps_through_earlier_snapshots(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("d")

        async def titled(words):
            await until(pilot, lambda: words in str(app.screen.query_one(".dialog").border_title))

        await titled("2 files")
        for key, words in (
            ("left_square_bracket", "snapshot 2 of 2"),
            ("left_square_bracket", "snapshot 1 of 2"),
            ("right_square_bracket", "snapshot 2 of 2"),
            ("right_square_bracket", "now, after 2 snapshots"),
            ("left_square_bracket", "snapshot 2 of 2"),
        ):
            await pilot.press(key)
            await titled(words)
        assert "src/late.py" in text_of(app)


async def test_who_wrote_inside_a_claim_is_shown_below_it(app):
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        claim = next(lease for lease in app.state.claims.values() if lease.holder == "bob")
        with Log(app.paths.log) as log:
            log.append(NOW, "room", [ev.Trespassed(agent="ada", paths=["src/a.py"], claim=claim.id, holder="bob")])
        await until(pilot, lambda: "ada wrote here" in text_of(app))
