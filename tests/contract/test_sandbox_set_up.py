"""Commands that prepare an agent's workspace, in every sandbox: in its tree and home, before it runs."""

import asyncio
import threading
from collections.abc import Callable

import pexpect
import pytest

from agentmux.gateway.egress import egress
from agentmux.sandbox import base
from agentmux.service.serve import FOR_THE_SANDBOX, bind


def set_up(place, command, timeout=60, hear=lambda _: None, **env):
    return place.sandbox.set_up(place.box("true", env=env), command, hear, timeout)


def test_it_works_in_the_agents_tree_and_home_which_the_agent_finds_so(place):
    ran = set_up(place, "cat README; echo made >built; echo kept >$HOME/kept; echo $COLOUR", COLOUR="blue")
    assert (ran.status, ran.output.split()) == (0, ["hello", "blue"])
    _, pane = place.start("sh", "-c", "cat built $HOME/kept; git status --short; echo al''l")
    pane.expect_exact("made")
    pane.expect_exact("kept")
    pane.expect_exact(" built")
    pane.expect_exact("all")
    pane.expect(pexpect.EOF)


def test_every_line_is_told_and_the_status_is_the_commands_own(place):
    heard: list[str] = []
    ran = set_up(place, "echo one; printf '\\033[31mtwo\\rthree'; echo >&2; exit 3", hear=heard.append)
    assert ran.status == 3
    assert heard == ["one", "two", "three"]


def test_the_agents_secrets_are_not_there(place, monkeypatch):
    monkeypatch.setenv("USERS_OWN_KEY", "private")
    ran = set_up(place, "env; cat /run/secrets/agentmux/*; exit 0")
    assert not [word for word in ("canary", "private", "token-of-ada") if word in ran.output]


def test_what_takes_too_long_is_ended(place):
    ran = set_up(place, "echo begun; sleep 600", timeout=2)
    assert ran.status == base.TIMED_OUT
    assert ran.output.startswith("begun")


def test_it_does_not_wait_for_what_stays_in_the_background(place):
    assert set_up(place, "sleep 600 & echo done").status == 0


def test_remove_ends_it(place):
    begun = threading.Event()
    box = place.box("true")
    ran: list[base.Ran] = []
    work = threading.Thread(
        target=lambda: ran.append(place.sandbox.set_up(box, "echo begun; sleep 600", lambda _: begun.set(), 600))
    )
    work.start()
    assert begun.wait(60)
    place.sandbox.remove(box)
    work.join(60)
    assert ran[0].status not in (0, base.TIMED_OUT)


@pytest.mark.docker
async def test_a_container_reaches_the_proxy_and_nothing_else(container):
    asked: list[str] = []

    async def refuse(name: str, _given_up: Callable[[], bool]) -> bool:
        asked.append(name)
        return False

    fetch = "import urllib.request as u; print(u.urlopen('http://example.org/').status)"
    sock = container.paths.egress_sock("ada")
    async with egress(bind(sock, FOR_THE_SANDBOX), [], refuse):
        ran = await asyncio.to_thread(set_up, container, f'python3 -c "{fetch}"; env -i python3 -c "{fetch}"')
    assert asked == ["example.org"]
    assert "403" in ran.output
    assert ran.status != 0
