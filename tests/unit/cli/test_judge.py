"""`agentmux score --judge` with litellm at our scripted model, as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from agentmux.room.events import MessageSent
from agentmux.service.log import Log

from .test_commands import stopped_session
from .test_model_script import serving

__all__ = ["serving"]
MODEL = "openai/scripted"
SAID = {"scores": {"works": 4, "care": 2}, "quotes": {"works": ["I take cart.py"]}, "reason": "They shared the work."}


@pytest.fixture
def judged(repo, serving, tmp_path):
    """A function that runs `agentmux score` on a session at a model that plays these answers."""
    if not find_spec("litellm"):
        pytest.skip("litellm is not installed")
    paths = stopped_session(repo)
    with Log(paths.log) as log:
        log.append(3.0, "ada", [MessageSent(id=1, to="bob", text="I take cart.py")])
    script = tmp_path / "script.yaml"

    def run(*arguments, answers=(), fails=()):
        said = [step for answer in answers for step in ({"say": answer}, {"end": True})]
        script.write_text(json.dumps({"steps": [*({"fail": status} for status in fails), *said]}))
        _, url = serving(script, "--listen", "127.0.0.1:0")
        env = {**os.environ, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "sk-scripted-judge"}
        words = [sys.executable, "-m", "agentmux", "score", paths.id, "--judge", MODEL, *arguments]
        return subprocess.run(words, env=env, capture_output=True, text=True, check=False)

    return run


def test_a_judge_rules_once(judged):
    first = judged(answers=[json.dumps(SAID)])
    assert first.returncode == 0, first.stderr
    assert "openai/scripted: They shared the work." in first.stdout
    assert "works     4  “I take cart.py”" in first.stdout
    again = judged("--json", answers=["I am asked again."])
    assert json.loads(again.stdout)["metrics"]["judged"]["value"]["works"] == 4


def test_what_is_no_ruling_is_told(judged):
    ran = judged(answers=["I would rather not."])
    assert ran.returncode == 1
    assert "something else than was asked for" in ran.stderr


def test_a_hiccup_of_the_provider_is_waited_out(judged):
    ran = judged(answers=[json.dumps(SAID)], fails=[503])
    assert ran.returncode == 0, ran.stderr
    assert "They shared the work." in ran.stdout


def test_a_model_that_refuses_is_told_in_the_providers_words(judged):
    ran = judged(fails=[401], answers=["I am asked again."])
    assert ran.returncode == 1
    told = "agentmux: The judge openai/scripted does not answer: The script wants this request to fail.\n"
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


def test_against_needs_a_judge(run):
    assert "--against needs a judge" in run("score", "x", "--against", "y").err


def test_the_tests_of_no_features_are_refused(run, repo):
    paths = stopped_session(repo)
    ran = run("score", paths.id, "--test")
    assert ran.status == 1
    assert "no features with tests" in ran.err
