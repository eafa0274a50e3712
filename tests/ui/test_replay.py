"""The replay app on a made-up session: what is seen, what keys do, and that nothing acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

import pytest
from textual.binding import Binding

from agentmux.config import Settings
from agentmux.paths import SessionPaths
from agentmux.replay.stage import Scene
from agentmux.scoring import Rereading
from agentmux.terminal.screen import Info, Mouse, Screen
from agentmux.ui.errands import Errands
from agentmux.ui.keymap import ABSENT, keys_of, replay_bindings
from agentmux.ui.replay.app import ReplayApp
from agentmux.ui.replay.screen import ReplayScreen
from agentmux.ui.replay.timeline import EDGE
from tests.ui.sample import DIFF, EXPLAINED, SCREENS, START, make_session, text_of, until
from tests.ui.test_snapshots import size, sizes


class Painted:
    """Stands in for the stage: each pane has a picture, with the moment above it."""

    def __init__(self, agents: Iterable[str] = ("ada", "bob")) -> None:
        self.agents = tuple(agents)
        self.end = 0.0
        self.made = inf
        self.closed = False

    async def seek(self, at: float, agents: Iterable[str]) -> Mapping[str, Scene]:
        return {name: self._scene(name, at) for name in agents}

    def next_output(self, agents: Iterable[str]) -> None:
        return None

    async def make_keyframes(self) -> None:
        """There are none."""

    async def close(self) -> None:
        self.closed = True

    def _scene(self, name: str, at: float) -> Scene:
        if at < 4:
            return Scene(None, f"{name} has not started yet.")
        rows = (f"\x1b[1mat {at:.1f}\x1b[0m", *SCREENS[name].split("\n"))
        return Scene(Screen(rows, Info(78, len(rows), 0, 0, True, False, False, False, 0, Mouse(), False, False)))


@pytest.fixture
def stage():
    return Painted()


@pytest.fixture
def replay(folder, stage):
    paths = make_session(folder)

    async def opened(_: SessionPaths) -> Any:
        return stage

    errands = Errands(
        shell_argv=lambda agent: ["true"],
        diff=lambda agent: pytest.fail("what there is now is not what was"),
        past=lambda agent: pytest.fail("what there is now is not what was"),
        diff_at=lambda _, tree: DIFF.replace("refresh", tree),
        explain=lambda agent: list(EXPLAINED),
        revive=lambda: pytest.fail("nothing is started"),
        recordings=lambda: Rereading(paths).recording,
    )
    return ReplayApp(paths, Settings(), errands, playing=False, open_stage=opened, wall=lambda: START + 9999)


async def ready(pilot, at=0.0):
    await until(pilot, lambda: pilot.app.deck.stage)
    pilot.app.deck.seek(at)
    await until(pilot, lambda: "at " in text_of(pilot.app) or at < 4)
    await pilot.pause()


def shown(pilot, text):
    return until(pilot, lambda: text in text_of(pilot.app))


@sizes("160x45", "80x24", "220x50")
def test_a_moment(replay, snap_compare, size):
    async def go(pilot):
        await ready(pilot, 1000.0)
        await shown(pilot, "at 1000.0")

    assert snap_compare(replay, terminal_size=size, run_before=go)


@pytest.mark.parametrize(
    ("pressed", "at"),
    [
        pytest.param("question_mark", "160x45", id="help"),
        pytest.param("home", "160x45", id="beginning"),
        pytest.param("slash s e s s i o n", "80x24", id="find"),
        pytest.param("m", "80x24", id="absent"),
        pytest.param("c", "80x24", id="claims"),
    ],
)
def test_after_keys(replay, snap_compare, pressed, at):
    async def press(pilot):
        await ready(pilot, 400.0)
        await pilot.press(*pressed.split())
        await until(pilot, lambda: not replay.finder.busy)
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(replay, terminal_size=size(at), run_before=press)


async def test_arrows_marks_and_ends(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 250.0)
        deck = replay.deck
        for key, there in (
            ("right", 255.0),
            ("left", 250.0),
            ("shift+right", 310.0),
            ("left_square_bracket", 300.0),
            ("left_square_bracket", 240.0),
            ("right_square_bracket", 300.0),
            ("home", 0.0),
            ("end", 1070.0),
        ):
            await pilot.press(key)
            assert deck.at == there, key
        await shown(pilot, "at 1070.0")
        await pilot.press("right_square_bracket")
        await shown(pilot, "Nothing happens after this.")


async def test_bus_claims_and_tasks_move_with_the_clock(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 25.5)
        await shown(pilot, "nothing is claimed")
        replay.deck.seek(330.0)
        await shown(pilot, "bob›all taking src/session.py")
        assert "nothing is claimed" not in text_of(replay)
        await pilot.press("home")
        await shown(pilot, "nobody has said anything")


async def test_playing_moves_and_space_stops_it(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 100.0)
        await pilot.press("space")
        await until(pilot, lambda: replay.deck.at > 100.2)
        await pilot.press("space")
        at = replay.deck.at
        await shown(pilot, "‖ paused")
        await shown(pilot, f"at {at:.1f}")
        assert replay.deck.at == at


async def test_speed_and_idle_are_told(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 100.0)
        await pilot.press("plus", "plus", "i")
        await shown(pilot, "‖ paused 4x · 1 ada")
        await pilot.press("minus", "i")
        await shown(pilot, "‖ paused 2x · idle squeezed")


async def test_keys_that_act_are_not_there_and_say_so(replay):
    absent = [one for one in replay_bindings() if isinstance(one, Binding) and ABSENT in one.action]
    assert {one.id for one in absent} >= {"message.one", "agent.pause", "session.merge", "pane.type", "agent.restart"}
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 1065.0)
        for one in absent:
            replay.screen_of_room.notices.on_click()
            await pilot.press(one.key.split(",")[0])
            await shown(pilot, "This is a replay, it only looks")
        assert replay.screen is replay.screen_of_room
        assert replay.deck.at == 1065.0


def test_every_key_of_a_replay_has_an_action():
    for key in keys_of("replay"):
        assert hasattr(ReplayScreen, f"action_{key.action}")


async def test_found_text_is_gone_to(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 10.0)
        await pilot.press("slash", *"PUBLIC api".lower())
        await shown(pilot, "1 place")
        await pilot.press("enter")
        await until(pilot, lambda: replay.deck.at == 960.0)
        await shown(pilot, "/public api  1 of 1")
        await pilot.press("home", "n")
        assert replay.deck.at == 960.0
        await pilot.press("home", "N")
        assert replay.deck.at == 0.0


async def test_a_click_on_the_time_line_goes_there(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 10.0)
        bar = 160 - 2 * EDGE
        await pilot.click("#timeline", offset=(EDGE + bar // 2, 1))
        assert replay.deck.at == pytest.approx(535, abs=1070 / bar)
        await pilot.click("#timeline", offset=(0, 1))
        assert replay.deck.at == 0.0


async def test_what_an_agent_had_changed_by_then(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 500.0)
        await pilot.press("d")
        await shown(pilot, "nothing is changed")


async def test_the_palette_offers_what_a_replay_can_do(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 500.0)
        await pilot.press("colon", *"minute")
        await shown(pilot, "a minute on")
        await pilot.press("escape", "colon", *"message")
        await until(pilot, lambda: "message" in text_of(replay))
        await pilot.pause()
        assert "write a message" not in text_of(replay)


async def test_the_score_is_that_of_the_moment(replay):
    async with replay.run_test(size=(160, 45)) as pilot:
        await ready(pilot, 500.0)
        await pilot.press("S")
        await shown(pilot, "claims_asked")


async def test_what_cannot_be_shown_is_told(folder):
    from agentmux.errors import MissingProgram

    async def opened(_: SessionPaths) -> Any:
        raise MissingProgram("tmux is not installed.", "Install it.")

    nothing = Errands(*([lambda *_: pytest.fail("nothing is asked")] * 7))
    app = ReplayApp(make_session(folder), Settings(), nothing, open_stage=opened)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, "tmux is not installed. Install it.")
        await pilot.press("q")
    assert app.return_value == "detached"


async def test_leaving_ends_what_plays(replay, stage):
    async with replay.run_test(size=(80, 24)) as pilot:
        await ready(pilot, 100.0)
        await pilot.press("q")
    assert stage.closed
