"""The launcher as a program of its own."""

import subprocess
import sys

import pytest

from agentmux.sandbox.process import LAUNCH
from tests.fixtures.waiting import PATIENCE


@pytest.fixture
def launch(tmp_path):
    def run(*argv, secrets=""):
        (tmp_path / "secrets").write_text(secrets)
        (tmp_path / "tree").mkdir(exist_ok=True)
        command = [sys.executable, "-I", "-S", LAUNCH, "/the/place", tmp_path / "tree", tmp_path / "secrets", *argv]
        return subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=PATIENCE)

    return run


def test_the_program_runs_in_the_tree_with_mark_and_secrets(launch, tmp_path):
    ran = launch("sh", "-c", 'pwd; echo "$AGENTMUX_PLACE|$KEY|$SPACED|"', secrets="KEY=a=b==\n\nSPACED= x \n")
    assert ran.stdout == f"{tmp_path}/tree\n/the/place|a=b==| x |\n"


def test_secrets_are_in_no_processes_arguments(launch):
    ran = launch("sh", "-c", "cat /proc/$$/cmdline /proc/$PPID/cmdline | grep -c s3cr''et", secrets="KEY=s3cret\n")
    assert ran.stdout == "0\n"


@pytest.mark.parametrize("status", [0, 3])
def test_it_ends_with_the_programs_status(launch, status):
    assert launch("sh", "-c", f"exit {status}").returncode == status


@pytest.mark.parametrize("signal", [1, 6, 9, 15])
def test_it_ends_by_the_programs_signal(launch, signal):
    assert launch("sh", "-c", f"kill -{signal} $$").returncode == -signal


def test_the_program_gets_signals_as_if_there_were_no_launcher(launch):
    ran = launch("sh", "-c", "trap 'echo caught' INT; kill -INT $$; kill -TERM $PPID; exec sleep 5")
    assert ran.stdout == "caught\n"
    assert ran.returncode == -15


def test_a_program_that_is_not_there(launch):
    ran = launch("no-such-program")
    assert ran.returncode == 127
    assert ran.stderr == "no-such-program cannot be started: No such file or directory.\n"
