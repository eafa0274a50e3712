"""What each command prints and how it ends, without any session running."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from agentmux import __version__, registry
from agentmux.config import AgentSpec, Layout
from agentmux.errors import ImageBuildError
from agentmux.room.events import CommitsKept, MessageSent, SessionFailed, SessionStopped, SnapshotTaken
from agentmux.sandbox import detect, image
from agentmux.service import session
from agentmux.service.client import Answer, RoomClient
from agentmux.service.log import Log
from agentmux.service.session import NewSession, create
from agentmux.workspace.clone import create_workspace
from agentmux.workspace.history import take


def session_of(repo, *events):
    """A session that was never started, with these events."""
    layout = Layout.model_validate({"title": "T", "agents": [{"name": "ada", "profile": "shell"}]})
    ada = AgentSpec(name="ada", profile_name="shell", profile=registry.profile("shell"))
    paths = create(NewSession(repo, "solo", layout, [ada], "", "process"))
    with Log(paths.log) as log:
        log.append(2.0, "ada", events)
    return paths


def stopped_session(repo, *events):
    """The same, stopped."""
    return session_of(repo, *events, SessionStopped())


@pytest.fixture
def room_answers(monkeypatch):
    """A function that makes the rooms of all sessions seem to run, and answer so."""

    def answers(answer):
        monkeypatch.setattr(session, "room_alive", lambda paths: True)
        monkeypatch.setattr(RoomClient, "send_blocking", lambda self, command: answer)

    return answers


def test_alone_it_suggests_three_first_steps(run):
    ran = run()
    assert ran.status == 0
    assert [line.split()[1] for line in ran.out.splitlines() if line.startswith("  agentmux")] == [
        "demo",
        "up",
        "doctor",
    ]


def test_it_tells_its_version(run):
    assert run("--version").out == f"agentmux {__version__}\n"


def test_the_help_says_of_each_command_what_its_own_help_begins_with(run):
    listed = dict(line.split(maxsplit=1) for line in run("--help").out.partition("Commands:\n")[2].splitlines())
    assert {"demo", "up", "import", "model-script", "image"} < set(listed)
    for name, told in listed.items():
        shown = run(name, "--help").out
        assert shown.startswith(f"Usage: agentmux {name} ")
        assert " ".join(shown.split("\n\n")[1].split()).startswith(told.removesuffix("..."))


def test_a_command_that_is_almost_right_is_suggested(run):
    ran = run("model-scrip")
    assert (ran.status, ran.err.splitlines()[-1]) == (
        2,
        "Error: No such command 'model-scrip'. Did you mean 'model-script'?",
    )


def test_profiles_and_layouts_are_listed(run):
    assert "Claude Code" in run("profiles").out
    assert {entry["name"] for entry in json.loads(run("profiles", "--json").out)} >= {"scripted", "shell", "mini"}
    assert "ada=claude bob=codex" in run("layouts").out
    duo = next(entry for entry in json.loads(run("layouts", "--json").out) if entry["name"] == "duo")
    assert duo["agents"] == {"ada": "claude", "bob": "codex"}


def test_places_are_told(run, home, repo):
    assert run("locate", "home").out == f"{home}\n"
    assert json.loads(run("locate", "--json").out)["home"] == str(home)
    paths = stopped_session(repo)
    assert run("locate", paths.id[:-1]).out == f"{paths.folder}\n"


def test_no_session_yet(run):
    assert json.loads(run("ls", "--json").out) == []
    assert "No session is running." in run("ls").err
    for command in ("stop", "log", "merge"):
        ran = run(command)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith("agentmux: There is no session yet.\n  `agentmux demo` shows one")


def test_a_session_that_is_gone(run, repo):
    paths = stopped_session(repo)
    for words in ("log nope", "stop nope", "merge nope", "locate nope", "explain nope ada"):
        ran = run(*words.split())
        assert (ran.status, ran.err) == (2, f"agentmux: There is no session 'nope'.\n  Known: {paths.id}.\n"), words
    assert run("attach", "nope").status == 2


def test_the_beginning_of_an_id_will_do_if_only_one_session_begins_so(run, repo):
    one, other = stopped_session(repo), stopped_session(repo)
    assert run("locate", one.id).out == f"{one.folder}\n"
    ran = run("stop", "repo-")
    both = ", ".join(sorted([one.id, other.id]))
    assert (ran.status, ran.err) == (2, f"agentmux: 'repo-' could be any of {both}.\n  Write more of the id.\n")


def test_stopped_sessions_are_listed_on_demand_and_cannot_be_talked_to(run, repo):
    paths = stopped_session(repo)
    assert run("ls").out == ""
    assert paths.id in run("ls", "--all").out
    assert json.loads(run("ls", "--all", "--json").out)[0]["status"] == "stopped"
    assert run("stop").out == f"Session {paths.id} was stopped already.\n"
    ran = run("say", "hello")
    assert (ran.status, ran.err.splitlines()[0]) == (1, f"agentmux: The session {paths.id} was stopped.")
    assert f"`agentmux merge {paths.id}` merges what its agents did" in ran.err


def test_a_session_whose_agents_never_ran_has_nothing_to_merge(run, repo):
    paths = session_of(repo, SessionFailed(reason="no"), SessionStopped())
    ran = run("say", "hello")
    assert (ran.status, ran.err.splitlines()[0]) == (1, f"agentmux: The session {paths.id} could not be started.")
    ran = run("merge", paths.id)
    assert (ran.status, ran.err.splitlines()[-1]) == (
        1,
        "agentmux: There is nothing to merge: no agent has changed a file.",
    )


def test_a_message_to_nobody(run, repo, room_answers):
    session_of(repo)
    room_answers(Answer(True))
    ran = run("say", "--to", "adda", "hello")
    assert (ran.status, ran.err) == (2, "agentmux: There is no agent 'adda'.\n  Did you mean 'ada'? Known: ada, all.\n")


def test_the_log_shows_no_control_characters(run, repo):
    paths = stopped_session(repo, MessageSent(id=1, to="all", text="\x1b]0;owned\x07 two\nlines \x9b2J"))
    ran = run("log", paths.id)
    assert "owned" in ran.out
    assert all(char == "\n" or char.isprintable() for char in ran.out)
    assert len(ran.out.splitlines()) == 3
    lines = [json.loads(line) for line in run("log", "--json", paths.id).out.splitlines()]
    assert [line["kind"] for line in lines] == ["session.created", "message.sent", "session.stopped"]
    assert lines[1]["body"]["text"] == "\x1b]0;owned\x07 two\nlines \x9b2J"
    assert (lines[1]["seq"], lines[1]["at"], lines[1]["actor"]) == (2, 2.0, "ada")


def test_following_the_log_of_an_ended_session_ends(run, repo):
    paths = stopped_session(repo)
    assert run("log", "--follow", paths.id).out == run("log", paths.id).out


def test_a_conflict_is_shown_with_its_hunks(run, repo, room_answers):
    paths = session_of(repo)
    refused = Answer(
        False,
        refused="The work does not fit together.",
        hint="Settle it.",
        facts={"files": {"a.txt": ["<<<\nx\x1b[2J\n>>>"]}},
    )
    room_answers(refused)
    ran = run("merge", paths.id)
    assert ran.status == 1
    assert ran.out == "\na.txt: 1 in conflict\n  <<<\n  x�[2J\n  >>>\n"
    assert ran.err.endswith("agentmux: The work does not fit together.\n  Settle it.\n")
    assert json.loads(run("merge", paths.id, "--json").out)["merged"] is False


@pytest.mark.parametrize(("failed", "status"), [(0, 0), (1, 1)])
def test_a_merge_whose_checks_fail_is_no_success(run, repo, room_answers, failed, status):
    paths = session_of(repo)
    checks = {"passed": 1, "failed": failed}
    done = Answer(True, {"branch": "agentmux/x", "commit": "c", "order": ["ada"], "how": "clean", "checks": checks})
    room_answers(done)
    ran = run("merge", paths.id)
    assert ran.status == status
    assert ran.out == f"Branch agentmux/x holds ada, one commit each.\nChecks on it: 1 passed, {failed} failed.\n"


def test_ctrl_c_is_no_error_of_ours(run, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(registry, "profiles", interrupted)
    ran = run("profiles")
    assert (ran.status, ran.out, ran.err) == (130, "", "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("up --layout d", ["duo"]),
        ("up --agents claude,sh", ["claude,shell"]),
        ("attach repo", ["repo-"]),
        ("st", ["stop"]),
    ],
)
def test_the_shell_completes_names(repo, typed, offered):
    paths = stopped_session(repo)
    words = f"agentmux {typed}"
    env = {
        **os.environ,
        "_AGENTMUX_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    program = "from agentmux.cli import app; app(prog_name='agentmux')"
    ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True)
    assert ran.stdout.split() == [paths.id if name == "repo-" else name for name in offered]


def test_a_failed_build_shows_its_last_lines(run, monkeypatch):
    def fails(*_: object) -> str:
        raise ImageBuildError("The image cannot be built.", ["npm error\x1b[2J 404"], "/tmp/image.log")

    monkeypatch.setattr(detect, "choose_engine", lambda: SimpleNamespace(engine=None))
    monkeypatch.setattr(image, "default_base", lambda configured, _engine: configured)
    monkeypatch.setattr(image, "ensure_image", fails)
    ran = run("image", "build", "--agents", "shell")
    assert ran.status == 1
    assert ran.err == (
        "  | npm error�[2J 404\nagentmux: The image cannot be built.\n  Everything it printed is in /tmp/image.log.\n"
    )


def test_history_lists_what_agents_wrote_and_shows_it(run, repo):
    paths = session_of(repo)
    (paths.tree("ada")).parent.mkdir(parents=True, exist_ok=True)
    create_workspace(paths, "ada", session.load(paths).base)
    (paths.tree("ada") / "new.py").write_text("one\ntwo\n")
    taken = take(paths, "ada", "")
    event = SnapshotTaken(
        agent="ada", tree=taken.tree, parent=taken.parent, paths=["new.py", "a\x1b[2J"], files=9, added=2
    )
    with Log(paths.log) as log:
        log.append(3.0, "room", [event])
    listed = run("history", paths.id, "ada").out
    assert listed.splitlines()[1].split()[4:] == [
        taken.tree[:12],
        "9",
        "+2",
        "-0",
        "new.py,",
        "a\ufffd[2J",
        "and",
        "7",
        "more",
    ]
    assert "+one\n+two" in run("history", paths.id, "ada", "--patch", "1").out
    facts = json.loads(run("history", paths.id, "--json").out)
    assert [(one["n"], one["at"], one["agent"], one["tree"]) for one in facts] == [(1, 3.0, "ada", taken.tree)]
    assert "+two" in json.loads(run("history", paths.id, "--json", "--patch", "1").out)["patch"]


def test_history_lists_the_commits_that_agents_made(run, repo):
    paths = stopped_session(repo)
    with Log(paths.log) as log:
        refs = {"refs/agentmux/commits/ada/heads/agent/ada": "b" * 40}
        log.append(3.0, "room", [CommitsKept(agent="ada", refs=refs, commits={"b" * 40: "Add \x1b[31ma"}, count=1)])
    listed = run("history", paths.id, "--commits").out
    assert "ada    bbbbbbbbbbbb  Add" in listed
    assert "\x1b" not in listed
    facts = json.loads(run("history", paths.id, "ada", "--commits", "--json").out)
    assert facts == [{"at": 3.0, "agent": "ada", "commit": "b" * 40, "subject": "Add \x1b[31ma"}]


def test_history_refuses_what_is_not_there(run, repo):
    paths = session_of(repo)
    ran = run("history", paths.id, "bob")
    assert (ran.status, "no agent 'bob'" in ran.err) == (2, True)
    ran = run("history", paths.id, "--patch", "1")
    assert (ran.status, "no snapshot 1" in ran.err) == (2, True)


def test_import_brings_in_runs_and_tells_which_it_leaves_out(run, tmp_path):
    said = {"role": "assistant", "content": "x", "extra": {"timestamp": 1_780_000_000.0}}
    for name, messages in (("good", [said]), ("bad", [])):
        agent = {"status": "submitted", "steps": 1, "error": None, "messages": messages}
        export = {"meta": {"run": name}, "agents": {"agent1": agent}, "integrated_patch": ""}
        (tmp_path / f"{name}.json").write_text(json.dumps(export))
    ran = run("import", "--from", "cooperagents", tmp_path, "--json")
    [made] = json.loads(ran.out)
    assert (ran.status, made["from"]) == (0, "good")
    assert "Left out: Nothing in the run bad says when it was." in ran.err
    assert "imported from cooperagents: good" in run("ls", "--all").out
    assert run("score", made["session"]).status == 0
    merged = run("merge", made["session"])
    assert merged.status == 1
    assert "was recorded elsewhere" in merged.err


def test_import_asks_whose_runs_they_are(run, tmp_path):
    ran = run("import", "--from", "nobody", tmp_path)
    assert ran.status == 2
    assert "Known: cooperagents, cooperbench." in ran.err


def test_tasks_lists_what_a_folder_holds(run, tmp_path):
    folder = tmp_path / "one"
    (folder / "repo").mkdir(parents=True)
    feature = "  - name: slug\n    prompt: Build it\n    tests: python -m pytest -q\n"
    (folder / "task.yaml").write_text(f"title: One\nrepo: repo\nkind: adjacent\nfeatures:\n{feature}")
    assert [line.split()[:3] for line in run("tasks", tmp_path).out.splitlines()[1:]] == [["One", "adjacent", "slug"]]
    [task] = json.loads(run("tasks", tmp_path, "--json").out)
    assert (task["title"], task["there"], [one["name"] for one in task["features"]]) == ("One", True, ["slug"])


def test_tasks_names_a_repository_that_is_not_there(run, tmp_path):
    folder = tmp_path / "acme_task" / "task1"
    (folder / "feature1").mkdir(parents=True)
    (folder / "setup.sh").write_text(f"BASE_COMMIT={'a' * 40}\ngit clone https://github.com/acme/tool x\n")
    (folder / "runner.sh").write_text("true\n")
    for name in ("feature.md", "tests.patch"):
        (folder / "feature1" / name).write_text("text")
    ran = run("tasks", f"{folder}:f1", "--mirror", tmp_path)
    assert ran.status == 0
    assert "(not there)" in ran.out
    assert f"expected at {tmp_path}/acme/tool" in ran.err
