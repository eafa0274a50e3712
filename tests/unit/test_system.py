"""What `make` says on a machine that lacks something: one sentence with the command that mends it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "system.sh"
HAS_VENV = "exit 0"
NO_VENV = 'case "$2" in *ensurepip*) exit 1;; esac'
TOO_OLD = 'case "$*" in -V) echo Python 3.10.4;; *version_info*) exit 1;; esac'


@pytest.fixture
def system(tmp_path):
    """A function that runs the script on a machine where these programs are, each a shell script."""

    def run(uid: int, **programs: str) -> subprocess.CompletedProcess[str]:
        for name, script in {"id": f"echo {uid}", **programs}.items():
            file = tmp_path / name.replace("_", "-")
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(0o755)
        sh, sed = shutil.which("sh"), shutil.which("sed")
        assert sh
        assert sed
        (tmp_path / "sed").symlink_to(sed)
        return subprocess.run([sh, SCRIPT], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)

    return run


def test_nothing_is_missing(system):
    done = system(1000, tmux="", git="", python3=HAS_VENV)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("programs", "sentence"),
    [
        ({"apt_get": "", "git": "", "python3": HAS_VENV}, "agentmux needs tmux: sudo apt-get install tmux\n"),
        ({"apt_get": "", "python3": NO_VENV}, "agentmux needs tmux git python3-venv: sudo apt-get install tmux git "),
        ({"brew": "", "tmux": "", "python3": HAS_VENV}, "agentmux needs git: brew install git\n"),
        ({"tmux": "", "git": ""}, "agentmux needs python3 python3-venv: install it with your package manager.\n"),
        ({"brew": "", "tmux": "", "git": ""}, "agentmux needs python: brew install python\n"),
        ({"brew": "", "tmux": "", "git": "", "python3": NO_VENV}, "agentmux needs python: brew install python\n"),
        (
            {"tmux": "", "git": "", "python3": TOO_OLD},
            "agentmux needs Python 3.11 or newer, and python3 is Python 3.10.4: name another, as in make PYTHON=",
        ),
    ],
)
def test_what_is_missing_is_said_with_the_way_to_get_it(system, programs, sentence):
    done = system(1000, **programs)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)


def test_root_on_debian_gets_it_installed(system, tmp_path):
    apt = f'echo "$*" >>{tmp_path}/asked; case "$1" in install) for p in tmux git; do : >{tmp_path}/$p; done;; esac'
    done = system(0, python3=HAS_VENV, apt_get=apt)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Installing tmux git\n", "")
    assert (tmp_path / "asked").read_text().splitlines() == [
        "update -qq",
        "install -y -qq --no-install-recommends tmux git",
    ]
