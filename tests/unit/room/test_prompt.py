import pytest

from agentmux.config import Profile, ScreenRules
from agentmux.room.prompt import obstacle
from agentmux.room.state import Agent
from agentmux.room.status import NO_PROMPT, Verdict

PROFILE = Profile(title="CLI", command=["cli"], screen=ScreenRules(idle="^> ?$"))
HOOKED = PROFILE.model_copy(update={"hooks": True})
EMPTY = Verdict("idle", "^> ?$", ">")


def at_prompt(verdict, profile=PROFILE, **known):
    return obstacle(Agent("ada", "cli", **{"state": "idle", "pane": "%1", **known}), profile, verdict)


def test_nothing_stands_in_the_way_at_an_empty_prompt():
    assert at_prompt(EMPTY) == ""
    assert at_prompt(EMPTY, HOOKED) == ""


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"state": "done"}, "it has ended (done)"),
        ({"pane": None}, "it has no pane yet"),
        ({"held": "typing"}, "you hold its pane (typing)"),
        ({"state": "paused", "paused": "freeze"}, "it is paused (freeze)"),
    ],
)
def test_what_it_is_comes_before_what_it_shows(known, why):
    assert at_prompt(EMPTY, **known) == why


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        (None, "its pane is in copy mode, or its program is over"),
        (Verdict("needs you", "r", "Allow? [y/n]"), "a dialog is open: Allow? [y/n]"),
        (Verdict("working", NO_PROMPT, "> hel"), "half a line is typed at its prompt: > hel"),
        (Verdict("working", NO_PROMPT, "make"), "no empty prompt at the cursor: make"),
        (Verdict("working", "r", "esc to interrupt"), "it works: esc to interrupt"),
    ],
)
def test_what_it_shows(verdict, why):
    assert at_prompt(verdict) == why


def test_hooks_that_tell_of_work_win_over_an_empty_prompt():
    assert at_prompt(EMPTY, HOOKED, state="working") == "its hooks tell: working"
