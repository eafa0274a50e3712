"""What only plain processes are tested for: tmux lets its own children go on at once when they are stopped."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from agentmux.sandbox import processes

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc"),
]


@pytest.fixture
def tmux(folder):
    def run(*words):
        ran = subprocess.run(["tmux", "-S", folder / "t", "-f", "/dev/null", *words], capture_output=True, text=True)
        return ran.stdout.strip()

    yield run
    run("kill-server")


@pytest.fixture
def in_tmux(open_place, tmux):
    """Start a program as the agent's in a tmux pane that stays when it ends."""

    def start(*argv):
        place = open_place("process")
        box = place.box(*argv)
        place.sandbox.prepare(box)
        env = [word for pair in place.sandbox.pane_env(box).items() for word in ("-e", "=".join(pair))]
        tmux("new-session", "-d", "-s", "hub", "cat")
        tmux("set", "-g", "remain-on-exit", "on")
        tmux("new-window", "-n", "ada", *env, *place.sandbox.pane_argv(box))
        return place, box

    return start


def wait_for(holds):
    waiting = threading.Event()
    return any(holds() or waiting.wait(0.02) for _ in range(500))


def states(place):
    """The states of the place's processes, as in proc(5): T is stopped."""
    found = (Path(f"/proc/{pid}/stat").read_text() for pid in processes.members(place.paths.work("ada")))
    return {stat.rpartition(")")[2].split()[0] for stat in found}


def test_tmux_does_not_wake_a_frozen_program(in_tmux, tmux):
    place, box = in_tmux("bash", "-c", "sleep 600 & echo rea''dy; wait")
    assert wait_for(lambda: "ready" in tmux("capture-pane", "-p", "-t", "hub:ada"))
    place.sandbox.freeze(box)
    # A child of its own that ends is proof that tmux has since looked at its children.
    tmux("new-window", "-n", "probe", "true")
    assert wait_for(lambda: tmux("display", "-p", "-t", "hub:probe", "#{pane_dead}") == "1")
    assert states(place) == {"T"}
    place.sandbox.thaw(box)
    assert wait_for(lambda: "T" not in states(place))


def test_the_pane_tells_how_the_program_ended(in_tmux, tmux):
    place, _ = in_tmux("sh", "-c", "echo $$; read x; exit 1")
    assert wait_for(lambda: tmux("capture-pane", "-p", "-t", "hub:ada").strip().isdigit())
    os.kill(int(tmux("capture-pane", "-p", "-t", "hub:ada")), 6)
    assert wait_for(lambda: tmux("display", "-p", "-t", "hub:ada", "#{pane_dead}") == "1")
    tmux("run-shell", "true")  # tmux 3.3 sometimes overlooks the end of a child until another one ends
    assert wait_for(lambda: tmux("display", "-p", "-t", "hub:ada", "#{pane_dead_signal}") == "6")
    assert not (place.paths.tree("ada") / "core").exists()


def test_closing_the_pane_ends_the_program(in_tmux, tmux):
    place, _ = in_tmux("sh", "-c", "echo rea''dy; sleep 600; exit 1")
    assert wait_for(lambda: "ready" in tmux("capture-pane", "-p", "-t", "hub:ada"))
    tmux("kill-window", "-t", "hub:ada")
    assert wait_for(lambda: not processes.members(place.paths.work("ada")))


def test_ctrl_c_and_ctrl_z_are_the_programs_own_affair(in_tmux, tmux):
    in_tmux("bash", "-c", "trap 'echo caught' INT; echo rea''dy; while read x || true; do echo got:$x; done")
    assert wait_for(lambda: "ready" in tmux("capture-pane", "-p", "-t", "hub:ada"))
    tmux("send-keys", "-t", "hub:ada", "C-z", "C-c")
    assert wait_for(lambda: "caught" in tmux("capture-pane", "-p", "-t", "hub:ada"))
    tmux("send-keys", "-t", "hub:ada", "still here", "Enter")
    assert wait_for(lambda: "got:still here" in tmux("capture-pane", "-p", "-t", "hub:ada"))
