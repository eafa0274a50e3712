"""All that `up` refuses before anything is started: the sentence, the exit status, and nothing left behind."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nothing_is_left(home):
    yield
    assert not (home / "sessions").exists()


def first_line(ran):
    return ran.err.splitlines()[0]


def test_a_folder_that_is_no_repository(run, tmp_path):
    ran = run("up", "--repo", tmp_path, "--sandbox", "process", "--agents", "shell")
    assert (ran.status, first_line(ran)) == (2, f"agentmux: {tmp_path} is not a git repository.")


def test_a_folder_that_is_not_there(run, tmp_path):
    ran = run("up", "--repo", tmp_path / "gone", "--sandbox", "process")
    assert (ran.status, first_line(ran)) == (2, f"agentmux: {tmp_path / 'gone'} is not a folder.")


def test_an_empty_repository(run, tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    ran = run("up", "--repo", tmp_path, "--sandbox", "process")
    assert (ran.status, first_line(ran)) == (2, f"agentmux: {tmp_path} has no commit yet.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--layout", "dou"], "agentmux: There is no layout 'dou'.\n  Did you mean 'duo'?"),
        (["--agents", "cluade"], "agentmux: There is no profile 'cluade'.\n  Did you mean 'claude'?"),
        (["--agents", "a=shell,a=shell"], "agentmux: Two agents are called 'a'."),
        (["--agents", "Ada=shell"], "agentmux: 'Ada' is no name for an agent"),
        (["--agents", "you=shell"], "agentmux: 'you' is no name for an agent"),
        (["--agents", ",".join(["shell"] * 9)], "agentmux: A session has at most 8 agents, not 9."),
        (["--agents", ","], "agentmux: '' is no agent."),
        (["--layout", "gone.yaml"], "agentmux: gone.yaml: cannot be read: No such file or directory."),
    ],
)
def test_names_that_do_not_exist_or_will_not_do(run, repo, arguments, sentence):
    ran = run("up", "--repo", repo, "--sandbox", "process", *arguments)
    assert ran.status == 2
    assert ran.err.startswith(sentence)


TWICE = "title: T\nagents:\n- {name: ada, profile: shell}\n- {name: ada, profile: shell}\n"


@pytest.mark.parametrize(
    ("layout", "line", "sentence"),
    [
        ("title: Mine\nagnts: []\n", 2, "unknown key 'agnts'.\n  Did you mean 'agents'?\n"),
        ("title: T\nagents: [\n", 3, "this is no YAML"),
        ("title: T\nagents: 3\n", 2, "agents"),
        ("", 1, ""),
        ("- a\n", 1, ""),
        (TWICE, 2, "ada"),
        ("title: T\nagents:\n- {name: ada, profile: shell}\nlimits: {memory: lots}\n", 4, "memory"),
    ],
)
def test_a_layout_with_a_mistake(run, repo, tmp_path, layout, line, sentence):
    file = tmp_path / "mine.yaml"
    file.write_text(layout)
    ran = run("up", "--repo", repo, "--sandbox", "process", "--layout", file)
    assert ran.status == 2
    assert ran.err.startswith(f"agentmux: {file}:{line}: ")
    assert sentence in ran.err


def test_settings_with_a_mistake(run, repo, home):
    config = home.parent / "config"
    config.mkdir()
    (config / "config.yaml").write_text("layout: [\n")
    ran = run("up", "--repo", repo)
    assert ran.status == 2
    assert first_line(ran).startswith(f"agentmux: {config}/config.yaml:2: this is no YAML:")


def test_a_task_that_is_not_text(run, repo, tmp_path):
    (tmp_path / "task").write_bytes(b"\xff\xfe")
    ran = run("up", "--repo", repo, "--agents", "shell", "--task", tmp_path / "task")
    assert (ran.status, first_line(ran)) == (2, f"agentmux: The task file {tmp_path}/task is not UTF-8 text.")


@pytest.mark.parametrize("name", ["tsak.md", "./slugs", "{tmp_path}/slugs"])
def test_a_task_that_is_not_there(run, repo, tmp_path, name):
    name = name.format(tmp_path=tmp_path)
    ran = run("up", "--repo", repo, "--agents", "shell", "--sandbox", "process", "--task", name)
    assert (ran.status, first_line(ran)) == (2, f"agentmux: There is no task {name}.")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no file that nobody can read")
def test_a_task_file_that_cannot_be_read(run, repo):
    ran = run("up", "--repo", repo, "--agents", "shell", "--sandbox", "process", "--task", "/proc/self/mem")
    assert (ran.status, first_line(ran)) == (
        2,
        "agentmux: The task file /proc/self/mem cannot be read: Input/output error.",
    )


TASK = """\
title: A task
repo: repo
features:
  - {name: one, prompt: One, tests: "true", patch: one.patch}
  - {name: two, prompt: Two, tests: "true"}
"""


@pytest.fixture
def task(tmp_path):
    folder = tmp_path / "task"
    (folder / "repo").mkdir(parents=True)
    (folder / "repo" / "a.txt").write_text("a\n")
    (folder / "one.patch").write_text("")
    (folder / "task.yaml").write_text(TASK)
    return folder


def up_on(run, task, *arguments):
    return run("up", "--task", task, "--sandbox", "process", *arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--repo", "."], "agentmux: The task in {task} says itself what agents start from."),
        (["--include-changes"], "agentmux: The task in {task} says itself what agents start from."),
        (["--agents", "shell"], "agentmux: The flow 'shared' gives each agent one feature: 2 features need 2 agents,"),
        (["--agents", "patch,patch"], "agentmux: bob (Reference patch) needs a reference patch of two."),
    ],
)
def test_a_task_folder_that_does_not_fit(run, task, arguments, sentence):
    ran = up_on(run, task, *arguments)
    assert ran.status == 2
    assert first_line(ran).startswith(sentence.format(task=task))


def test_a_task_folder_with_a_mistake(run, task):
    (task / "task.yaml").write_text(TASK.replace("repo: repo", "repo: jinja"))
    ran = up_on(run, task)
    assert (ran.status, first_line(ran)) == (2, "agentmux: The task's repository jinja is not there.")
    assert f"It was expected at {task}/jinja or {task.parent}/jinja or" in up_on(run, task, "--mirror", task.parent).err
    (task / "task.yaml").unlink()
    ran = up_on(run, task)
    assert (ran.status, first_line(ran)) == (2, f"agentmux: There is no task in {task}.")


def test_an_agent_for_patches_without_a_task(run, repo):
    ran = run("up", "--repo", repo, "--sandbox", "process", "--agents", "patch")
    assert (ran.status, first_line(ran)) == (
        2,
        "agentmux: ada (Reference patch) has no feature whose patch it could apply.",
    )


def test_no_engine(run, repo, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ran = run("up", "--repo", repo, "--agents", "shell", "--sandbox", "docker")
    assert ran.status == 1
    assert ran.err.startswith("agentmux: No container engine answers at unix:///nowhere.sock.\n  Start it")
    assert "choose the sandbox `process` by name" in ran.err


@pytest.mark.parametrize("command", [["up", "--agents", "shell", "--repo"], ["demo", "--headless"]])
@pytest.mark.parametrize(
    ("programs", "sentence", "hint"),
    [
        ({}, "agentmux: tmux is not installed: agentmux shows every agent in a tmux pane.", "apt install tmux"),
        ({"tmux": "echo tmux 3.1c"}, "agentmux: tmux 3.1c is too old: agentmux needs 3.2 or newer.", "apt install"),
        ({"tmux": "echo tmux 3.3a"}, "agentmux: git is not installed.", "Install"),
        (
            {"tmux": "echo tmux 3.3a", "git": "echo git version 2.30.2"},
            "agentmux: agentmux needs git 2.38 or newer; this is git version 2.30.2.",
            "Install",
        ),
    ],
)
def test_programs_that_are_missing_or_too_old(run, repo, tmp_path, monkeypatch, command, programs, sentence, hint):
    for name, prints in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{prints}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = run(*command, *([repo] if command[-1] == "--repo" else []))
    assert (ran.status, first_line(ran)) == (1, sentence)
    assert hint in ran.err


def test_a_home_whose_path_is_too_long_for_sockets(run, repo, home, monkeypatch):
    monkeypatch.setenv("AGENTMUX_HOME", str(home / ("x" * 90)))
    ran = run("up", "--repo", repo, "--agents", "shell", "--sandbox", "process")
    assert ran.status == 2
    assert "unix sockets allow" in first_line(ran)
    assert "AGENTMUX_HOME" in ran.err


def test_several_tasks_at_once(run, task):
    (task.parent / "other").mkdir()
    (task / "task.yaml").rename(task.parent / "other" / "task.yaml")
    (task / "repo").rename(task.parent / "other" / "repo")
    (task / "one.patch").rename(task.parent / "other" / "one.patch")
    (task / "task.yaml").write_text("title: T\nrepo: ../other/repo\nfeatures: [{name: a, prompt: A, tests: 'true'}]\n")
    ran = up_on(run, task.parent)
    assert (ran.status, first_line(ran)) == (2, f"agentmux: There are 2 tasks in {task.parent}.")
    assert "FOLDER:f1,f2" in ran.err


def test_features_are_chosen_behind_the_folder(run, task):
    ran = up_on(run, f"{task}:two,three")
    assert (ran.status, first_line(ran)) == (2, "agentmux: There is no feature 'three'.")
    ran = up_on(run, f"{task}:two", "--agents", "patch")
    assert first_line(ran).endswith("(Reference patch) needs a reference patch of two.")
