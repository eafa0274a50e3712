"""What is typed behind a key that may start TYPING waits for what that key does."""

from __future__ import annotations

import pytest

from agentmux.terminal.keys import KeyToken, PasteToken
from agentmux.ui import driver
from agentmux.ui.driver import STARTS, Asked, Router
from agentmux.ui.keymap import keys_of

LEADER = "\x1d"


class Pane:
    """Takes what is typed."""

    def typed(self, tokens):
        """Nothing more."""


class Desk:
    """A router between an app and a pane that only note what they get."""

    def __init__(self):
        self.app = ""
        self.pane = ""
        self.asked = []
        self.router = Router(LEADER, self.to_app, self.to_pane, self.tell)

    def to_app(self, data):
        self.app += data

    def to_pane(self, _sink, tokens):
        self.pane += "".join(t.text for t in tokens if isinstance(t, KeyToken | PasteToken))

    def tell(self, message):
        if isinstance(message, Asked):
            self.asked.append(message.number)


@pytest.fixture
def desk():
    return Desk()


def test_the_keys_that_start_typing_are_those_of_the_keymap():
    [key] = [key for key in keys_of("screen") if key.id == "pane.type"]
    assert {"\r": "enter"}.get(STARTS[0], STARTS[0]) + "," + STARTS[1] == key.key


def test_what_follows_goes_to_the_pane_if_the_key_started_typing(desk):
    desk.router.feed("1\rqu")
    desk.router.feed("it")
    assert desk.app == "1\r"
    desk.router.sink = Pane()
    desk.router.settled(desk.asked[-1])
    assert (desk.app, desk.pane) == ("1\r", "quit")


def test_what_follows_goes_to_the_app_if_it_did_not(desk):
    desk.router.feed("hi there\r")
    assert desk.app == "hi"
    desk.router.settled(1)
    assert (desk.app, desk.asked) == ("hi there\r", [1, 2])
    desk.router.settled(1)  # too late, and about something else
    desk.router.feed("q")
    assert desk.app == "hi there\r"
    desk.router.settled(2)
    assert desk.app == "hi there\rq"


def test_an_app_that_does_not_answer_is_waited_for_only_shortly(desk, monkeypatch):
    monkeypatch.setattr(driver, "HOLD", 0.0)
    desk.router.feed("\rq")
    assert desk.router.patience == 0.0
    desk.router.silence()
    assert desk.app == "\rq"
    assert desk.router.patience is None


def test_a_paste_into_the_app_is_not_cut(desk):
    text = "\x1b[200~in the middle\r of it\x1b[201~"
    desk.router.feed(text)
    assert (desk.app, desk.asked) == (text, [])
    desk.router.feed("i")
    assert desk.asked == [1]
    assert desk.router.patience <= driver.HOLD
