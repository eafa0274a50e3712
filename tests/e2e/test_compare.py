"""Comparisons from outside: real sessions with scripted agents, killed and taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from agentmux.paths import SessionPaths, comparisons
from agentmux.room.events import JudgeRuled
from agentmux.service.lock import room_alive
from agentmux.service.log import LogReader
from tests.e2e.comparing import SLOWLY, Comparing, gone, make_layouts
from tests.fixtures.waiting import until
from tests.unit.cli.test_model_script import serving

__all__ = ["serving"]


@pytest.fixture
def gate(home: Path) -> Path:
    """A file without which the layout `does` waits."""
    return make_layouts(home)


def children(pid: int) -> list[int]:
    """The processes that this one started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_comparison_says_what_its_cells_came_to(agentmux, home, repo, gate):
    gate.touch()
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does,other", "-n", "1")
    said = Comparing(agentmux, home, *words).result()
    cells = said["cells"]
    assert {cell: one["outcome"]["passed"] for cell, one in cells.items()} == {
        "make-done-txt/does/1": True,
        "make-done-txt/other/1": False,
    }
    assert said["baseline"] == "does"
    assert said["against_baseline"]["other"]["losses"] == 1
    assert all(gone(SessionPaths.of(one["session"])) for one in cells.values())
    assert cells["make-done-txt/does/1"]["metrics"]["messages"] == 0
    branches = subprocess.run(["git", "-C", str(repo), "branch"], capture_output=True, text=True, check=True).stdout
    assert branches.split() == ["*", "main"]

    # Once more, the same command runs nothing, and a cell that is named runs again.
    assert Comparing(agentmux, home, *words).result()["cells"] == cells
    again = Comparing(agentmux, home, "--resume", said["comparison"], "--again", "*/other/*").result()["cells"]
    assert [one["attempt"] for one in again.values()] == [1, 2]
    assert again["make-done-txt/other/1"]["session"] != cells["make-done-txt/other/1"]["session"]


def test_a_comparison_that_was_killed_leaves_no_session_and_goes_on(agentmux, home, repo, gate):
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "other,does", "-n", "1", "--jobs", "1")
    first = Comparing(agentmux, home, *words)
    killed = first.started("make-done-txt/does/1")
    first.process.kill()
    first.process.wait()
    until(lambda: gone(killed), SLOWLY)

    gate.touch()
    cells = Comparing(agentmux, home, *words).result()["cells"]
    assert {cell: one["attempt"] for cell, one in cells.items()} == {
        "make-done-txt/does/1": 2,
        "make-done-txt/other/1": 1,
    }
    assert all(one["status"] == "done" for one in cells.values())


def test_what_died_with_its_comparison_is_ended_by_the_next(agentmux, home, repo, gate):
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does", "-n", "1")
    first = Comparing(agentmux, home, *words)
    killed = first.started("make-done-txt/does/1")
    for pid in children(first.process.pid):
        os.kill(pid, signal.SIGSTOP)  # so that it cannot end its session when its parent dies
    stopped = children(first.process.pid)
    first.process.kill()
    first.process.wait()
    for pid in stopped:
        os.kill(pid, signal.SIGKILL)
    assert room_alive(killed)

    gate.touch()
    said = Comparing(agentmux, home, "--resume", next(comparisons().iterdir()).name).result()
    assert gone(killed)
    assert said["cells"]["make-done-txt/does/1"]["attempt"] == 2


def test_an_interrupt_ends_the_sessions_in_good_order(agentmux, home, repo, gate):
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does", "-n", "3", "--jobs", "2")
    run = Comparing(agentmux, home, *words)
    sessions = [run.started(f"make-done-txt/does/{n}") for n in (1, 2)]
    run.process.send_signal(signal.SIGINT)
    run.result(130)
    assert all(gone(paths) for paths in sessions)
    assert not run.journal.running()
    assert "--resume" in run.said()


def test_a_cell_whose_process_dies_takes_no_other_with_it(agentmux, home, repo, gate):
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does", "-n", "2", "--jobs", "1")
    run = Comparing(agentmux, home, *words)
    dying = run.started("make-done-txt/does/1")
    for pid in children(run.process.pid):
        os.kill(pid, signal.SIGKILL)
    gate.touch()
    cells = run.result(1)["cells"]
    assert gone(dying)
    assert [one["status"] for one in cells.values()] == ["failed", "done"]
    assert "SIGKILL" in cells["make-done-txt/does/1"]["reason"]


def test_a_cell_at_its_time_limit_counts_with_what_is_there(agentmux, home, repo, gate):
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does", "-n", "1", "--seconds", "1")
    (cell,) = Comparing(agentmux, home, *words).result()["cells"].values()
    assert (cell["status"], cell["outcome"]) == ("time", {"passed": False, "features": {}, "merge": "missing"})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "There is no task."),
        (("--task", "x", "--layout", "dou"), "There is no layout 'dou'"),
        (("--task", "x", "--layout", "does", "--baseline", "duo"), "'duo' is none of the layouts"),
        (("--resume", "nothing"), "There is no comparison 'nothing'"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(agentmux, home, repo, gate, words, told):
    run = Comparing(agentmux, home, *words, *(("--repo", str(repo)) if "--task" in words else ()))
    run.process.wait()
    assert run.process.returncode == 2
    assert told in run.said()
    assert not list(comparisons().glob("*"))


def test_two_at_once_on_the_same_comparison_are_refused(agentmux, home, repo, gate):
    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does", "-n", "1")
    first = Comparing(agentmux, home, *words)
    first.started("make-done-txt/does/1")
    second = subprocess.run([*agentmux, "compare", *words], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "is running already" in second.stderr
    gate.touch()
    first.result()


JUDGES = """\
agents:
  - {name: ada, steps: [{say: '{"winner": "A", "quotes": {"A": ["done.txt"]}, "reason": "It is done."}'}]}
  - {name: cy, steps: [{say: '{"winner": "B", "quotes": {"B": ["done.txt"]}, "reason": "It is done."}'}]}
  - {name: first, steps: [{say: '{"winner": "A", "reason": "I always like the first one."}'}]}
  - {name: broken, steps: [{fail: 401, times: 9}]}
"""
"""A model that prefers the layout `does`, where whoever is named first is shown first; one that goes by the order, and
one that does not answer."""


def test_a_model_rules_on_pairs_in_both_orders_and_is_asked_once(
    agentmux, home, repo, gate, serving, monkeypatch, tmp_path
):
    if not find_spec("litellm"):
        pytest.skip("litellm is not installed")
    gate.touch()
    (tmp_path / "judges.yaml").write_text(JUDGES)
    server, url = serving(tmp_path / "judges.yaml", "--listen", "127.0.0.1:0")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-judge")

    words = ("--repo", str(repo), "--task", "Make done.txt", "--layout", "does,other", "-n", "1")
    fair = Comparing(agentmux, home, *words, "--judge", "openai/gpt-4o-mini").result()
    found = fair["judged"]["other"]
    assert [found[key]["value"] for key in ("better", "worse", "swayed", "agrees")] == [0, 1, 0, 1]
    team = SessionPaths.of(fair["cells"]["make-done-txt/other/1"]["session"])
    with LogReader(team.log) as reader:
        ruled = [entry.event for entry in reader.read() if isinstance(entry.event, JudgeRuled)]
    assert [(one.model, one.first, one.winner) for one in ruled] == [
        ("openai/gpt-4o-mini", True, "other"),
        ("openai/gpt-4o-mini", False, "other"),
    ]
    assert [one.quotes for one in ruled] == [{"other": ["done.txt"]}] * 2
    assert len({one.prompt for one in ruled}) == 2
    assert round(sum(one.cost or 0 for one in ruled), 4) == found["cost"] > 0

    shown = ("--show", fair["comparison"], "--judge")
    bribed = Comparing(agentmux, home, *shown, "openai/first").result()["judged"]["other"]
    assert [bribed[key]["value"] for key in ("better", "worse", "swayed")] == [0, 0, 1]
    run = Comparing(agentmux, home, *shown, "openai/broken")
    assert run.result(1)["judged"]["other"]["unjudged"] == 1
    assert "The judge openai/broken does not answer" in run.said()

    server.kill()  # so that whoever asked again would be told
    assert Comparing(agentmux, home, *shown, "openai/gpt-4o-mini").result()["judged"] == fair["judged"]


TASK = """\
title: Two words
repo: repo
kind: independent
features:
  - name: hello
    prompt: Write hello.py.
    tests: python3 -m unittest -v test_hello
    hidden: [hidden/hello]
    patch: hello.patch
  - name: bye
    prompt: Write bye.py.
    tests: python3 -m unittest -v test_bye
    hidden: [hidden/bye]
    patch: bye.patch
"""
TESTS = """\
import unittest
from {name} import word


class TestIt(unittest.TestCase):
    def test_word(self):
        self.assertEqual(word, "{name}")
"""
PATCH = """\
--- /dev/null
+++ b/{name}.py
@@ -0,0 +1 @@
+word = "{word}"
"""


def test_the_tests_of_its_features_decide_over_a_task_folder(agentmux, home):
    folder = home / "words"
    (folder / "repo").mkdir(parents=True)
    (folder / "repo" / "readme").write_text("words\n")
    (folder / "task.yaml").write_text(TASK)
    for name, word in (("hello", "hello"), ("bye", "wrong")):
        (folder / "hidden" / name).mkdir(parents=True)
        (folder / "hidden" / name / f"test_{name}.py").write_text(TESTS.format(name=name))
        (folder / f"{name}.patch").write_text(PATCH.format(name=name, word=word))
    words = ("--task", str(folder), "--layout", "solo,pair-parallel", "--profile", "patch", "--sandbox", "process")
    said = Comparing(agentmux, home, *words).result()
    outcome = {"passed": False, "features": {"hello": True, "bye": False}, "merge": "clean"}
    assert {cell: one["outcome"] for cell, one in said["cells"].items()} == {
        "words/solo/1": outcome,
        "words/pair-parallel/1": outcome,
    }
    assert said["tasks"]["words"]["kind"] == "independent"
