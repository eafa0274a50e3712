"""What a session has spent, and what it may, from the command line."""

import json

from agentmux.paths import SessionPaths
from agentmux.room.events import ModelUsed
from agentmux.service.log import Log
from tests.unit.cli.test_running import events, started

LAYOUT = """
title: Two shells
sandbox: process
budget: {tokens: 2M}
agents:
  - {name: zoe, profile: shell, budget: {usd: 1.5, warn: 0.5}}
"""


def test_a_layouts_budget_is_shown_and_changed(run, repo, tmp_path):
    layout = tmp_path / "tight.yaml"
    layout.write_text(LAYOUT)
    _, line = started(run, repo, "--layout", layout)
    assert [e["body"] | {"stop": 0} for e in events(run, "budget.set")] == [
        {"agent": None, "tokens": 2_000_000, "usd": None, "warn": 0.8, "stop": 0},
        {"agent": "zoe", "tokens": None, "usd": 1.5, "warn": 0.5, "stop": 0},
    ]
    zoe, everybody = json.loads(run("budget", "--json").out)
    assert (zoe["agent"], zoe["budget"]["usd"], everybody["budget"]["tokens"]) == ("zoe", 1.5, 2_000_000)

    assert run("budget", "--agent", "zoe", "--usd", "3").out == "zoe has used ~$0.00 of $3.00.\n"
    assert run("budget", "--tokens", "500k").out == f"Session {line['id']} has used 0 of 500,000 tokens.\n"
    assert run("budget", "--tokens", "0").out == f"Session {line['id']} has no budget any more.\n"
    table = run("budget").out.splitlines()
    assert table[1].split() == ["zoe", "0", "0", "0", "~$0.00", "of", "$3.00"]
    assert table[2].split() == ["all", "0", "0", "0", "none"]

    assert (run("budget", "--tokens", "many").status, run("budget", "--agent", "eve", "--usd", "1").status) == (2, 1)


def test_the_list_of_sessions_tells_what_they_cost(run, repo):
    _, line = started(run, repo)
    run("stop", line["id"])
    with Log(SessionPaths.of(line["id"]).log) as log:
        used = ModelUsed(agent="zoe", model="m", tokens_in=90, cached=40, tokens_out=10)
        log.append(1.0, "room", [used.model_copy(update={"cost": 0.25}), used])
    [told] = json.loads(run("ls", "--all", "--json").out)
    assert told["spent"] == {"zoe": {"tokens_in": 180, "cached": 80, "tokens_out": 20, "usd": 0.25, "unpriced": 100}}
    assert "~$0.25+" in run("ls", "--all").out
    assert "~$0.25+" in run("budget", line["id"]).out
