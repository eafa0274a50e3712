"""Who takes part, from a layout and what was written after --agents."""

import pytest

from agentmux import registry
from agentmux.cli.seats import check_seats, seat_agents
from agentmux.config import Layout
from agentmux.errors import UnknownName, UsageError

LAYOUT = Layout.model_validate(
    {
        "title": "T",
        "agents": [{"name": "kim", "profile": "claude", "task": "review"}, {"name": "lee", "profile": "codex"}],
    }
)


def seated(wanted):
    layout, specs = seat_agents(LAYOUT, wanted, registry.profile)
    assert [seat.name for seat in layout.agents] == [spec.name for spec in specs]
    return {spec.name: (spec.profile_name, spec.task) for spec in specs}


@pytest.mark.parametrize(
    ("wanted", "agents"),
    [
        ("", {"kim": ("claude", "review"), "lee": ("codex", "")}),
        ("shell", {"kim": ("shell", "review")}),
        ("shell, aider", {"kim": ("shell", "review"), "lee": ("aider", "")}),
        ("shell,shell,shell", {"kim": ("shell", "review"), "lee": ("shell", ""), "ada": ("shell", "")}),
        ("lee=shell,zoe=aider", {"lee": ("shell", ""), "zoe": ("aider", "")}),
        ("kim=shell,aider", {"kim": ("shell", "review"), "lee": ("aider", "")}),
        ("lee=shell,aider,aider", {"lee": ("shell", ""), "kim": ("aider", "review"), "ada": ("aider", "")}),
    ],
)
def test_seats_are_filled_in_order_unless_named(wanted, agents):
    assert seated(wanted) == agents


@pytest.mark.parametrize(
    ("wanted", "error", "sentence"),
    [
        ("a=shell,a=shell", UsageError, "Two agents are called 'a'. Give each a name of its own."),
        ("shell,", UsageError, "'' is no agent. Write profiles, or names with profiles:"),
        ("=shell", UsageError, "'=shell' is no agent."),
        ("a=", UsageError, "'a=' is no agent."),
        ("Ada=shell", UsageError, "'Ada' is no name for an agent: must be a lower-case letter"),
        ("you=shell", UsageError, "'you' is no name for an agent: 'you' is taken"),
        ("shel", UnknownName, "There is no profile 'shel'. Did you mean 'shell'?"),
        (",".join(["shell"] * 9), UsageError, "A session has at most 8 agents, not 9."),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(wanted, error, sentence):
    with pytest.raises(error) as caught:
        seated(wanted)
    assert str(caught.value).startswith(sentence)


def test_eight_agents_all_get_names():
    assert len(seated(",".join(["shell"] * 8))) == 8


def test_an_agent_that_needs_a_container_is_refused_elsewhere():
    _, specs = seat_agents(LAYOUT, "codex", registry.profile)
    with pytest.raises(UsageError, match="does not run as a plain process"):
        check_seats(specs, "process")
    check_seats(specs, "docker")
