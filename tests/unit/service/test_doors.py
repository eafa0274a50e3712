"""The ways out: a connection waits a little for the human, and no longer."""

import asyncio

import pytest

from agentmux.room.commands import Allow, Deny, ReportState
from agentmux.room.events import EgressRefused, EgressUsed
from agentmux.service import doors
from agentmux.service.doors import Doors

PLACE = "example.org"


@pytest.fixture
async def ask(room):
    """Ada asks for the place, in the background: `ask(given_up)` returns the task once the human is asked."""
    await room.submit("room", ReportState(agent="ada", state="working"))
    way = Doors(room)

    async def begin(given_up=lambda: False):
        asked = asyncio.Event()
        room.follow(lambda _: asked.set())
        task = asyncio.create_task(way.ask("ada", PLACE, given_up))
        told = asyncio.create_task(asked.wait())
        await asyncio.wait([task, told], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        return task

    return begin


@pytest.mark.parametrize(
    ("command", "passes"),
    [
        (Allow(agent="ada", place=PLACE), True),
        (Allow(agent="ada", place=PLACE, once=True), True),
        (Deny(agent="ada", place=PLACE), False),
    ],
)
async def test_a_connection_waits_for_the_answer(ask, room, command, passes):
    waiting = await ask()
    await room.submit("you", Allow(agent="bob", place=PLACE))
    await asyncio.sleep(0)
    assert not waiting.done()
    await room.submit("you", command)
    assert await asyncio.wait_for(waiting, 30) is passes


async def test_it_is_refused_when_nobody_answers_and_what_comes_later_at_once(ask, room, monkeypatch):
    monkeypatch.setattr(doors, "HOLD", 0.01)
    assert await asyncio.wait_for(await ask(), 30) is False
    monkeypatch.setattr(doors, "HOLD", 100_000)
    room.now += 200_000
    assert await asyncio.wait_for(await ask(), 30) is False
    assert [type(entry.event) for entry in room.log].count(EgressRefused) == 1


async def test_who_has_given_up_uses_nothing_up(ask, room):
    gone: list[bool] = []
    waiting = await ask(lambda: bool(gone))
    gone.append(True)
    await room.submit("you", Allow(agent="ada", place=PLACE, once=True))
    assert await asyncio.wait_for(waiting, 30) is False
    assert room.state.egress["ada", PLACE].said == "once"
    assert await asyncio.wait_for(await ask(), 30) is True
    assert isinstance(room.log[-1].event, EgressUsed)
