"""The demo's material: a repository whose tests pass, and two scripts whose work merges into one that passes, too."""

import shutil
import subprocess
import sys
import tomllib

import pytest

from agentmux import yamlfile
from agentmux.config import Layout
from agentmux.gateway.scripted_model.script import Script
from agentmux.paths import shipped

PARTS = {path.stem: tomllib.loads(path.read_text())["step"] for path in (shipped("demo") / "parts").glob("*.toml")}


def git(folder, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"]
    ran = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.strip()


def run_tests(folder):
    return subprocess.run([sys.executable, "-B", "-m", "unittest"], cwd=folder, capture_output=True, text=True)


def number_of_tests(ran):
    assert ran.returncode == 0, ran.stderr
    return int(ran.stderr.split("Ran ")[1].split()[0])


def play(folder, steps):
    """What the steps do to the files."""
    for step in steps:
        if path := step.get("write"):
            (folder / path).write_text(step["text"])
        elif path := step.get("edit"):
            text = (folder / path).read_text()
            assert text.count(step["find"]) == 1
            (folder / path).write_text(text.replace(step["find"], step["replace"]))


@pytest.fixture
def repo(tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(shipped("demo") / "repo", folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "base")
    return folder


def test_the_real_agents_do_the_same_to_the_files():
    layout = yamlfile.load(shipped("demo") / "real" / "layout.yaml", Layout)
    script = yamlfile.load(shipped("demo") / "real" / "script.yaml", Script)
    assert [seat.name for seat in layout.agents] == [part.name for part in script.agents] == sorted(PARTS)
    assert layout.checks == ["python3 -m unittest"]
    for part in script.agents:
        own = PARTS[part.name]
        assert [(step.write, step.text) for step in part.steps if step.write] == [
            (step["write"], step["text"]) for step in own if "write" in step
        ]
        assert [(step.edit, step.find, step.replace) for step in part.steps if step.edit] == [
            (step["edit"], step["find"], step["replace"]) for step in own if "edit" in step
        ]


def test_the_layout_has_a_part_for_every_agent_and_a_check():
    layout = yamlfile.load(shipped("demo") / "layout.yaml", Layout)
    assert {seat.name for seat in layout.agents} == set(PARTS)
    assert {seat.profile for seat in layout.agents} == {"scripted"}
    assert layout.checks == ["python3 -m unittest"]


def test_both_parts_pass_alone_and_merged(repo):
    before = number_of_tests(run_tests(repo))
    added = 0
    for name, steps in PARTS.items():
        git(repo, "checkout", "-q", "-b", name, "main")
        play(repo, steps)
        added += number_of_tests(run_tests(repo)) - before
        git(repo, "add", "--all")
        git(repo, "commit", "-q", "-m", name)
    git(repo, "checkout", "-q", "main")
    for name in PARTS:
        git(repo, "merge", "-q", "--no-edit", name)
    assert added == 6
    assert number_of_tests(run_tests(repo)) == before + added


def test_the_parts_collide_on_one_file_in_words_and_deeds():
    claimed = [{path for step in steps for path in step.get("claim", [])} for steps in PARTS.values()]
    edited = [{step["edit"] for step in steps if "edit" in step} for steps in PARTS.values()]
    assert set.intersection(*claimed) == set.intersection(*edited) == {"shop/cart.py"}
    for claims, edits, steps in zip(claimed, edited, PARTS.values(), strict=True):
        assert edits <= claims
        assert {path for step in steps for path in step.get("release", [])} == claims


def test_the_human_is_asked_once_with_a_default():
    questions = [step for steps in PARTS.values() for step in steps if "ask" in step]
    assert [question["default"] for question in questions] == ["yes"]
