"""Commands on a session that really runs: one shell, in the process sandbox."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from agentmux import registry
from agentmux.config import AgentSpec
from agentmux.paths import SessionPaths
from agentmux.room.events import PermissionAsked, SessionStopped
from agentmux.service.log import Log
from agentmux.service.session import NewSession, create
from tests.fixtures.waiting import until


def started(run, repo, *more):
    ran = run("up", "--repo", repo, "--sandbox", "process", "--agents", "zoe=shell", "--no-attach", *more)
    assert ran.status == 0, ran.err
    return ran, json.loads(run("ls", "--json").out)[0]


def events(run, kind):
    return [e for e in map(json.loads, run("log", "--json").out.splitlines()) if e["kind"] == kind]


def test_a_session_from_up_to_stop(run, repo):
    ran, line = started(run, repo, "--task", "look around")
    assert "NOT isolated" in ran.err
    assert "clone zoe: ready" in ran.err
    assert f"`agentmux attach {line['id']}`" in ran.out
    assert (line["status"], line["layout"], list(line["agents"])) == ("running", "duo", ["zoe"])
    created = events(run, "session.created")[0]["body"]
    assert (created["task"], created["profiles"]) == ("look around", {"zoe": "shell"})

    ran = run("say", "--to", "zoe", "hello\x1b[2J there", "--session", line["id"][:-1])
    assert ran.out == f"Message 1 to zoe in session {line['id']}.\n"
    assert events(run, "message.sent")[0]["body"]["text"] == "hello\x1b[2J there"

    ran = run("attach", line["id"])
    assert (ran.status, ran.err.splitlines()[0]) == (2, "agentmux: The app needs a terminal.")

    assert run("stop", line["id"]).out.startswith(f"Session {line['id']} is stopped;")
    assert json.loads(run("ls", "--json").out) == []
    assert "session.stopped" in run("log", "--follow", line["id"]).out


def test_what_the_room_refuses_is_told(run, repo):
    started(run, repo)
    ran = run("say", "x" * (64 * 1024 + 1))
    assert ran.status == 1
    assert ran.err.startswith("agentmux: The message ")


def test_a_request_for_permission_is_answered(run, repo):
    _, line = started(run, repo)
    assert run("answer", "yes").err.startswith("agentmux: Nobody asks for permission.")
    kill_room(run)
    with Log(SessionPaths.of(line["id"]).log) as log:
        asked = [PermissionAsked(id=n, agent="zoe", tool="Bash", what=f"make {n}\nx", covers="x") for n in (1, 2)]
        log.append(time.time(), "room", asked)
    assert run("answer").out.splitlines() == []  # the room is new: who asked does not wait any more
    assert run("answer", "no", "1").err.startswith("agentmux: Nobody waits for an answer to request 1.")


def test_a_place_in_the_network_is_allowed_and_denied(run, repo):
    started(run, repo)
    assert run("allow", "Example.org", "--no").out == "zoe may not reach example.org for the rest of the session.\n"
    assert run("allow", "example.org", "--once").out == "zoe may reach example.org once.\n"
    kinds = [event["kind"] for event in map(json.loads, run("log", "--json").out.splitlines())]
    assert [kind for kind in kinds if kind.startswith("egress")] == ["egress.denied", "egress.granted"]
    assert run("allow", "example.org", "--once", "--no").status == 2


def test_uncommitted_changes_are_left_out_unless_asked_for(run, repo):
    (repo / "new.txt").write_text("new\n")
    ran, line = started(run, repo)
    assert "has uncommitted changes: new.txt." in ran.err
    assert "--include-changes gives them to the agents" in ran.err
    ran, with_changes = started(run, repo, "--include-changes")
    assert "has uncommitted changes" not in ran.err
    for one, there in ((line, False), (with_changes, True)):
        tree = json.loads(run("locate", "--json", one["id"]).out)[one["id"]] + "/work/zoe/tree"
        assert ("new.txt" in subprocess.run(["ls", tree], capture_output=True, text=True, check=True).stdout) is there


def test_a_session_that_cannot_start_says_why_and_leaves_nothing_running(run, repo, tmp_path, monkeypatch):
    tmux = tmp_path / "bin" / "tmux"
    tmux.parent.mkdir()
    tmux.write_text('#!/bin/sh\n[ "$1" = -V ] && exec echo tmux 3.3a\necho "no room for a server" >&2\nexit 1\n')
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmux.parent}:{os.environ['PATH']}")
    ran = run("up", "--repo", repo, "--sandbox", "process", "--agents", "shell", "--no-attach")
    assert ran.status == 1
    assert "agentmux: " in ran.err
    assert "no room for a server" in ran.err
    assert json.loads(run("ls", "--json").out) == []


def test_stop_all_ends_every_session(run, repo):
    for _ in range(2):
        started(run, repo)
    assert len(run("stop", "--all", "--yes").out.splitlines()) == 2
    assert json.loads(run("ls", "--json").out) == []


def test_stop_all_ends_the_others_when_one_cannot_be_ended(run, repo, monkeypatch):
    _, line = started(run, repo)
    layout = registry.layout("solo")
    ada = AgentSpec(name="ada", profile_name="shell", profile=registry.profile("shell"))
    lost = create(NewSession(repo, "solo", layout, [ada], "", "docker"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ran = run("stop", "--all", "--yes")
    assert ran.status == 1
    assert "agentmux: No container engine answers at unix:///nowhere.sock." in ran.err
    assert ran.out.startswith(f"Session {line['id']} is stopped;")
    assert run("stop", lost.id).status == 1
    with Log(lost.log) as log:
        log.append(time.time(), "you", [SessionStopped()])


def test_a_lost_room_is_started_again_when_it_is_needed(run, repo):
    _, line = started(run, repo)
    kill_room(run)
    ran = run("say", "are you there?")
    assert ran.status == 0
    assert ran.err == f"The room of session {line['id']} was lost; starting it again.\n"
    assert json.loads(run("ls", "--json").out)[0]["status"] == "running"
    assert [event["body"]["restarted"] for event in events(run, "room.started")] == [False, True]


def kill_room(run):
    os.kill(events(run, "room.started")[-1]["body"]["pid"], signal.SIGKILL)
    until(lambda: json.loads(run("ls", "--json").out)[0]["status"] == "lost")


def test_the_work_of_a_stopped_session_can_still_be_merged(run, repo):
    _, line = started(run, repo)
    tree = Path(line["folder"], "work", "zoe", "tree")
    (tree / "b.txt").write_text("by zoe\n")
    assert run("stop", line["id"]).status == 0
    ran = run("merge", line["id"])
    assert (ran.status, ran.out.splitlines()[0]) == (
        0,
        f"Branch agentmux/{line['id']} holds zoe, one commit each.",
    )
    branch = ["git", "-C", str(repo), "show", f"agentmux/{line['id']}:b.txt"]
    assert subprocess.run(branch, capture_output=True, text=True, check=True).stdout == "by zoe\n"
    assert events(run, "merge.done")[0]["body"]["order"] == ["zoe"]
    assert json.loads(run("ls", "--all", "--json").out)[0]["status"] == "stopped"
    assert run("merge", line["id"]).status == 0
    (tree / "b.txt").unlink()
    ran = run("merge", line["id"])
    assert (ran.status, ran.err.splitlines()[-1]) == (
        1,
        "agentmux: There is nothing to merge: no agent has changed a file.",
    )


def test_a_session_that_lost_everything_is_listed_and_stopped(run, repo):
    _, line = started(run, repo)
    kill_room(run)
    subprocess.run(["tmux", "-S", f"{line['folder']}/tmux.sock", "kill-server"], check=True)
    shutil.rmtree(os.environ["XDG_RUNTIME_DIR"] + f"/agentmux-{os.getuid()}", ignore_errors=True)
    assert run("ls").out.splitlines()[1].split()[:2] == [line["id"], "lost"]
    assert run("stop", line["id"]).out.startswith(f"Session {line['id']} is stopped;")
    assert run("stop", line["id"]).out == f"Session {line['id']} was stopped already.\n"


def test_doctor_removes_what_dead_sessions_left_and_says_what_could_be_taken_up_again(run, repo):
    _, line = started(run, repo)
    assert run("doctor", "--clean", "--yes").err == "Nothing is left of dead sessions.\n"
    kill_room(run)
    sock = f"{line['folder']}/tmux.sock"
    left = (
        f"tmux {sock}, of session {line['id']}, whose room was lost: `agentmux attach {line['id']}` takes it up again"
    )
    assert run("doctor", "--clean").err == f"{left}\nNothing was removed; --yes removes without asking.\n"
    assert subprocess.run(["tmux", "-S", sock, "has-session"], check=False).returncode == 0
    assert run("doctor", "--clean", "--yes").err == f"{left}\nRemoved 1.\n"
    assert subprocess.run(["tmux", "-S", sock, "has-session"], capture_output=True, check=False).returncode == 1
    assert run("stop", line["id"]).status == 0


def test_two_sessions_start_at_once_on_the_same_repository(run, repo):
    words = ["up", "--repo", str(repo), "--sandbox", "process", "--agents", "shell", "--no-attach"]
    both = [subprocess.Popen([sys.executable, "-m", "agentmux", *words], stderr=subprocess.PIPE) for _ in range(2)]
    assert [one.communicate()[1] and one.returncode for one in both] == [0, 0]
    assert [line["status"] for line in json.loads(run("ls", "--json").out)] == ["running", "running"]


def test_an_agents_state_is_explained_live_and_from_the_log(run, repo):
    _, line = started(run, repo)
    name = line["id"]

    def explained():
        return json.loads(run("explain", name, "zoe", "--json").out)

    until(lambda: explained()["state"] == "idle")
    run("say", "--to", "zoe", "--session", name, "one\x1b[2Jtwo")
    told = explained()
    assert (told["authority"], told["decided_by"]) == ("screen", "screen: [$#] *$")
    assert told["live"]["rules"] == [{"state": "idle", "rule": "[$#] *$", "line": told["live"]["cursor_line"]}]
    assert told["live"]["verdict"]["line"] == told["saw"] == told["live"]["cursor_line"]
    assert told["typing"] == "its profile lets nothing be typed"
    assert [message["text"] for message in told["queued"]] == ["one\x1b[2Jtwo"]
    text = run("explain", name, "zoe").out
    assert text.startswith(f"zoe (Shell) in {name}: idle since ")
    assert "  yes idle      [$#] *$  matches " in text
    assert "\x1b" not in text

    run("stop", name)
    told = explained()
    assert (told["live"], told["typing"]) == (None, "its profile lets nothing be typed")
    assert run("explain", name, "ada").err.startswith("agentmux: There is no agent 'ada'")
