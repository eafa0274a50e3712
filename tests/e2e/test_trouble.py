"""Agents in trouble: one that hangs, one that fills the disk. The others go on, and a key helps."""

from __future__ import annotations

from agentmux.room.commands import Restart, Resume


def idle(state):
    return all(agent.state == "idle" for agent in state.agents.values())


def test_an_agent_that_hangs_is_told_of_until_it_prints_again(start):
    run = start(ada="prompt", bob="prompt", toolchain={"silence": 1})
    run.until(idle)
    run.type("ada", "hang", "Enter")
    state = run.until(lambda s: s.agents["ada"].trouble == "silent")
    assert "has printed nothing" in state.agents["ada"].trouble_text
    assert not state.agents["bob"].trouble
    run.type("ada", "", "Enter")
    run.until(lambda s: not s.agents["ada"].trouble)


def test_an_agent_that_hangs_can_be_started_again(start):
    run = start(ada="prompt", bob="prompt")
    run.until(idle)
    run.type("ada", "hang", "Enter")
    run.until(lambda s: s.agents["ada"].state == "working")
    assert "still running" in run.send(Restart(agent="ada")).refused
    before = run.state.agents["bob"]
    assert run.send(Restart(agent="ada", force=True)).ok
    run.until(idle)
    run.type("ada", "hello", "Enter")
    run.until(lambda _: "got: hello" in run.screen("ada"))
    assert run.state.agents["bob"].started == before.started


def test_an_agent_that_fills_the_disk_stands_still_and_may_go_on(start):
    run = start(ada="shell", toolchain={"limits": {"disk": "2m"}})
    run.type("ada", "dd if=/dev/urandom of=big bs=1M count=3; while sleep 0.1; do echo on-$((n+=1)); done", "Enter")
    state = run.until(lambda s: s.agents["ada"].trouble == "disk")
    assert "its limit is 2 MiB" in state.agents["ada"].trouble_text
    run.until(lambda s: s.agents["ada"].state == "paused")
    (run.paths.tree("ada") / "big").unlink()
    run.send(Resume(agent="ada"))
    run.until(lambda s: not s.agents["ada"].trouble and s.agents["ada"].state != "paused")
