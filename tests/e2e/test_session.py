"""A session from outside: what agents are told, what survives, what ends. Real room, tmux and agents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from agentmux.errors import SessionError
from agentmux.room.commands import (
    Claim,
    Hold,
    Merge,
    Pause,
    Restart,
    Resume,
    Say,
    Stop,
    TaskAdd,
    Unhold,
)
from agentmux.service import lock, process
from agentmux.terminal import cast
from tests.e2e.conftest import room_tool
from tests.fixtures.processes import running


def idle(name):
    return lambda state: state.agents[name].state == "idle"


def read(number, by="ada"):
    return lambda state: state.messages[number].receipts[by].read


def test_a_message_is_typed_into_an_idle_pane_and_answered_for(start):
    run = start(ada="prompt")
    run.until(idle("ada"))
    answer = run.send(Say(to="ada", text="hello ada"))
    state = run.until(read(answer.reply["id"]))
    assert state.messages[answer.reply["id"]].receipts["ada"].delivered
    run.until(lambda s: "got: [you] hello ada" in run.screen("ada"))


def test_nothing_is_typed_behind_a_half_typed_line(start):
    run = start(ada="prompt")
    run.until(idle("ada"))
    run.type("ada", "half a li")
    run.until(lambda s: s.agents["ada"].state == "working")
    number = run.send(Say(to="ada", text="unwelcome")).reply["id"]
    run.type("ada", "ne")
    run.until(lambda s: "half a line" in run.screen("ada"))
    assert not read(number)(run.state)
    run.type("ada", "Enter")
    run.until(read(number))
    run.until(lambda s: "got: half a line" in run.screen("ada"))


def test_what_waits_for_an_idle_agent_is_typed_once_its_prompt_is_empty(start, home):
    hooked = home / "c" / "agents" / "hooked.yaml"
    hooked.write_text((hooked.parent / "prompt.yaml").read_text() + "hooks: true\n")
    run = start(ada="hooked")
    run.until(idle("ada"))
    run.type("ada", "half a line")
    run.until(lambda s: "half a line" in run.screen("ada"))
    number = run.send(Say(to="ada", text="welcome")).reply["id"]
    run.type("ada", "C-u")  # no hook tells of that
    run.until(read(number))
    run.until(lambda s: "got: [you] welcome" in run.screen("ada"))


def test_nothing_is_typed_into_a_dialog(start):
    run = start(ada="prompt")
    run.until(idle("ada"))
    run.type("ada", "dialog", "Enter")
    run.until(lambda s: s.agents["ada"].state == "needs you")
    number = run.send(Say(to="ada", text="y")).reply["id"]
    run.type("ada", "n", "Enter")
    run.until(read(number))
    run.until(lambda s: "got: [you] y" in run.screen("ada"))
    assert "answer: n" in run.screen("ada")


def test_nothing_is_typed_in_copy_mode(start):
    run = start(ada="prompt", bob="prompt")
    run.until(lambda s: idle("ada")(s) and idle("bob")(s))
    run.tmux("copy-mode", "-t", run.pane("ada"))
    first = run.send(Say(to="ada", text="for later")).reply["id"]
    second = run.send(Say(to="bob", text="for now")).reply["id"]
    run.until(read(second, "bob"))
    assert not run.state.messages[first].receipts["ada"].delivered


def test_a_message_now_interrupts_first(start):
    run = start(ada="prompt")
    run.until(idle("ada"))
    run.type("ada", "half a line")
    run.until(lambda s: s.agents["ada"].state == "working")
    run.send(Say(to="ada", text="stop that", via="now"))
    run.until(lambda s: s.agents["ada"].ended)


@pytest.mark.parametrize(
    ("block", "free"),
    [(Hold(agent="ada"), Unhold(agent="ada")), (Pause(agent="ada"), Resume(agent="ada"))],
    ids=["held", "paused"],
)
def test_nothing_is_typed_into_a_pane_that_is(start, block, free):
    run = start(ada="prompt", bob="prompt")
    run.until(lambda s: idle("ada")(s) and idle("bob")(s))
    assert run.send(block).ok
    first = run.send(Say(to="ada", text="for later")).reply["id"]
    second = run.send(Say(to="bob", text="for now")).reply["id"]
    run.until(read(second, "bob"))
    assert not run.state.messages[first].receipts["ada"].delivered
    run.send(free)
    run.until(read(first))


def test_a_bus_message_waits_for_the_agent_to_ask(start):
    run = start(ada="shell")
    number = run.send(Say(to="ada", text="read me", via="bus")).reply["id"]
    done = room_tool(run, "ada", "inbox", "--json")
    assert "read me" in json.dumps(json.loads(done.stdout))
    assert read(number)(run.state)


def test_a_shell_is_never_typed_to(start):
    run = start(ada="shell")
    run.until(idle("ada"))
    run.send(Say(to="ada", text="touch /tmp/owned"))
    run.send(Say(to="ada", text="again", via="now"))
    room_tool(run, "ada", "note", "text=a sign that time went by")
    run.until(lambda s: s.notes)
    assert "owned" not in run.screen("ada")


def test_a_killed_room_comes_back_with_everything(start):
    run = start(ada="prompt", bob="shell")
    run.until(idle("ada"))
    room_tool(run, "bob", "claim", "paths=src/*.py", "intent=tidy")
    refused = room_tool(run, "ada", "claim", "paths=src/a.py")
    run.send(TaskAdd(title="Write it down"))
    run.send(Say(to="bob", text="unread", via="bus"))
    before = run.state
    os.kill(run.room_pid(), signal.SIGKILL)
    run.until(lambda _: not lock.room_alive(run.paths))
    with pytest.raises(SessionError, match="not running"):
        run.send(TaskAdd(title="lost?"))
    process.start_room(run.paths)
    after = run.until(lambda s: s.room_pid != before.room_pid)

    assert refused.returncode == 1
    assert (after.claims, after.waiting, after.rulings) == (before.claims, before.waiting, before.rulings)
    assert [t.title for t in after.tasks.values()][:1] == ["Write it down"]
    assert after.unread["bob"] == before.unread["bob"]
    assert {a.state for a in after.agents.values()} <= {"idle", "working"}
    number = run.send(Say(to="ada", text="still there?")).reply["id"]
    run.until(read(number))
    assert "unread" in room_tool(run, "bob", "inbox").stdout


def test_an_agent_that_ends_is_shown_and_can_be_started_again(start):
    run = start(ada="shell")
    run.type("ada", "exit 3", "Enter")
    state = run.until(lambda s: s.agents["ada"].ended)
    assert (state.agents["ada"].state, state.agents["ada"].exit_status) == ("failed", 3)
    assert run.send(Restart(agent="ada")).ok
    run.until(lambda s: not s.agents["ada"].ended)
    run.type("ada", "echo alive-$((40+2))", "Enter")
    run.until(lambda s: "alive-42" in run.screen("ada"))


def test_a_killed_agent_is_told_by_its_signal(start):
    run = start(ada="shell", bob="shell")
    pid = run.tmux("display-message", "-p", "-t", run.pane("ada"), "#{pane_pid}").strip()
    os.kill(int(pid), signal.SIGKILL)
    state = run.until(lambda s: s.agents["ada"].ended)
    assert state.agents["ada"].state == "failed"
    assert not state.agents["bob"].ended


def test_without_its_tmux_server_the_agents_are_gone_and_can_be_restarted(start):
    run = start(ada="shell")
    pid = run.tmux("display-message", "-p", "#{pid}").strip()
    os.kill(int(pid), signal.SIGKILL)
    run.until(lambda s: s.agents["ada"].state == "gone")
    assert run.send(Restart(agent="ada")).ok
    run.until(lambda s: not s.agents["ada"].ended)
    run.type("ada", "echo alive-$((40+2))", "Enter")
    run.until(lambda s: "alive-42" in run.screen("ada"))


def test_a_frozen_agent_stands_still(start):
    run = start(ada="shell")
    run.type("ada", "while sleep 0.05; do echo $((n+=1)); done", "Enter")
    run.until(lambda s: "5\n" in run.screen("ada"))
    assert run.send(Pause(agent="ada", how="freeze")).ok
    run.until(lambda s: s.agents["ada"].state == "paused")
    sizes = []

    def still(_):
        sizes.append(run.paths.cast("ada").stat().st_size)
        return len(sizes) > 10 and len(set(sizes[-10:])) == 1

    run.until(still)
    run.send(Resume(agent="ada"))
    run.until(lambda s: run.paths.cast("ada").stat().st_size > sizes[-1])


def test_merging_makes_a_branch_and_touches_nothing_else(start, repo):
    run = start(ada="shell", bob="shell")
    for agent in ("ada", "bob"):
        (run.paths.tree(agent) / f"{agent}.txt").write_text(f"by {agent}\n")
    answer = run.send(Merge())
    assert answer.reply["checks"] == {"passed": 1, "failed": 0}
    branch = answer.reply["branch"]
    git = ["git", "-C", str(repo)]
    files = subprocess.run([*git, "ls-tree", "--name-only", branch], capture_output=True, text=True, check=True).stdout
    assert files.split() == ["a.txt", "ada.txt", "bob.txt"]
    authors = subprocess.run(
        [*git, "log", "--format=%an", f"main..{branch}"], capture_output=True, text=True, check=True
    )
    assert authors.stdout.split() == ["bob", "ada"]
    assert not subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout


def test_a_conflict_names_files_and_hunks_and_writes_nothing(start, repo):
    run = start(ada="shell", bob="shell")
    for agent in ("ada", "bob"):
        (run.paths.tree(agent) / "a.txt").write_text(f"{agent}'s one\n")
    answer = run.send(Merge())
    assert not answer.ok
    assert "ada's one" in answer.facts["files"]["a.txt"][0]
    branches = subprocess.run(["git", "-C", str(repo), "branch"], capture_output=True, text=True, check=True).stdout
    assert "agentmux" not in branches
    assert run.state.conflicts == {"a.txt": 1}


def test_nothing_changed_is_nothing_to_merge(start, repo):
    run = start(ada="shell")
    answer = run.send(Merge())
    assert "nothing to merge" in answer.refused
    assert run.state.branch is None


def test_an_agents_writes_keep_its_claim_alive(start):
    run = start(ada="shell")
    room_tool(run, "ada", "claim", "paths=src/*.py", "lease_minutes=0.1")
    before = run.until(lambda s: s.claims).claims[1].until
    (run.paths.tree("ada") / "src").mkdir()

    def renewed(state):
        (run.paths.tree("ada") / "src/x.py").write_text(str(os.urandom(4)))
        return state.claims and state.claims[1].until > before

    run.until(renewed)


def test_the_recording_tells_the_sessions_story(start):
    run = start(ada="shell")
    run.type("ada", "echo grüße-漢字", "Enter")
    run.until(lambda s: "grüße-漢字" in run.screen("ada"))
    room_tool(run, "ada", "claim", "paths=src/*.py")
    run.until(lambda s: "ada claims src/*.py" in run.cast("ada"))
    header, recorded = cast.read(run.paths.cast("ada"))
    events = list(recorded)
    assert header.version == 2
    assert "grüße-漢字" in "".join(e.data for e in events if e.code == "o")
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_a_killed_recorder_is_replaced(start):
    run = start(ada="shell")
    run.type("ada", "echo before-$((40+2))", "Enter")
    run.until(lambda s: "before-42" in run.cast("ada"))
    [recorder] = running(f"recorder.py.*{run.paths.cast('ada')}")
    os.kill(recorder, signal.SIGKILL)
    run.type("ada", "echo lost-$((40+2))", "Enter")
    run.until(lambda s: any("recorder of ada" in text for _, text in s.warnings))
    run.type("ada", "echo after-$((40+2))", "Enter")
    run.until(lambda s: "after-42" in run.cast("ada"))
    assert "recording resumed" in run.cast("ada")


def test_an_agents_token_never_reaches_its_recording(start):
    run = start(ada="shell")
    token = run.paths.token("ada").read_text().strip()
    run.type("ada", "cat $AGENTMUX_TOKEN_FILE; echo; echo the-$((40+2))-end", "Enter")
    run.until(lambda s: "the-42-end" in run.cast("ada"))
    assert token not in run.cast("ada")


def test_a_second_room_is_refused(start):
    run = start(ada="shell")
    with pytest.raises(SessionError, match="already running"):
        lock.take(run.paths)


def test_stopping_ends_everything(start):
    run = start(ada="shell")
    pid = int(run.tmux("display-message", "-p", "-t", run.pane("ada"), "#{pane_pid}").strip())
    assert run.send(Stop()).ok
    run.until(lambda s: s.stopped)
    run.until(lambda _: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
    assert run.tmux("list-windows") == ""
    assert not run.paths.secrets("ada").exists()


def test_a_claim_that_runs_out_is_told_to_who_waits(start):
    run = start(ada="shell", bob="shell")
    room_tool(run, "ada", "claim", "paths=x.txt", "lease_minutes=0.02")
    room_tool(run, "bob", "claim", "paths=x.txt")
    run.until(lambda s: not s.claims)
    assert "x.txt" in room_tool(run, "bob", "inbox").stdout
    assert run.send(Claim(paths=["x.txt"])).ok
