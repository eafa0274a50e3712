"""What every sandbox does alike, so that what works in the one without isolation works in containers too."""

import http.server
import os
import socketserver
import sys
import threading
import uuid
from pathlib import Path

import pexpect
import pytest

from agentmux.sandbox import base, once
from tests.fixtures.waiting import PATIENCE

ASK_THE_ROOM = """
import http.client, os, socket
class Room(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["AGENTMUX_SOCKET"])
room = Room("room")
room.request("GET", "/", headers={"Authorization": "Bearer " + open(os.environ["AGENTMUX_TOKEN_FILE"]).read()})
print(room.getresponse().read().decode())
"""


class _Room(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"the room heard {self.headers['Authorization']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass


@pytest.fixture
def room(place):
    sock = place.paths.agent_sock("ada")
    with socketserver.ThreadingUnixStreamServer(str(sock), _Room) as server:
        sock.chmod(0o666)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_program_has_a_terminal_of_the_panes_size_from_its_first_look(place):
    _, pane = place.start("sh", "-c", "echo size $(stty size)", size=(31, 97))
    pane.expect_exact("size 31 97")


def test_the_program_is_told_of_a_new_size(place):
    _, pane = place.start("sh", "-c", "echo rea''dy; read x; echo size $(stty size)")
    pane.expect_exact("ready")
    pane.setwinsize(44, 123)
    pane.sendline()
    pane.expect_exact("size 44 123")


def test_what_is_typed_reaches_the_program(place):
    _, pane = place.start("sh", "-c", "read x; echo got:$x")
    pane.sendline("héllo")
    pane.expect_exact("got:héllo")


def test_the_program_ends_with_its_own_status(place):
    box, pane = place.start("sh", "-c", "exit 7")
    pane.expect(pexpect.EOF)
    pane.wait()
    assert pane.exitstatus == 7
    assert place.sandbox.ended(box) in (base.Ended(7), None)


def test_environment(place, monkeypatch):
    monkeypatch.setenv("USERS_OWN_KEY", "private")
    monkeypatch.setenv("TMUX", "/tmp/some,1,0")
    _, pane = place.start("sh", "-c", "env; echo all''seen", env={"EDITOR": "true"})
    pane.expect_exact("allseen")
    env = dict(line.split("=", 1) for line in pane.before.splitlines() if "=" in line)
    assert env["AGENTMUX_AGENT"] == "ada"
    assert env["AGENTMUX_SESSION"] == place.paths.id
    assert env["TERM"] == "tmux-256color"
    assert env["COLORTERM"] == "truecolor"
    assert env["GIT_AUTHOR_NAME"] == env["GIT_COMMITTER_NAME"] == "ada"
    assert env["GIT_AUTHOR_EMAIL"] == env["GIT_COMMITTER_EMAIL"] == "ada@agentmux.invalid"
    assert env["EDITOR"] == "true"
    assert env["MODEL_KEY"] == "canary-4d1f=="
    assert env["OTHER"] == "a b"
    assert "USERS_OWN_KEY" not in env
    assert "TMUX" not in env


def test_the_agent_commits_in_its_tree(place):
    commands = (
        "cat README; echo new >new; git add new; git commit -qm mine; "
        "git --no-pager log -1 --format='%an <%ae> %s'; git status -s"
    )
    _, pane = place.start("sh", "-c", f"{commands}; echo rea''dy; touch $HOME/was-here")
    pane.expect_exact("hello")
    pane.expect_exact("ada <ada@agentmux.invalid> mine")
    pane.expect_exact("ready")
    pane.expect(pexpect.EOF)
    assert pane.before.strip() == "", "git status is clean"
    assert (place.paths.tree("ada") / "new").read_text() == "new\n"
    assert (place.paths.agent_home("ada") / "was-here").exists()


def test_the_task_can_be_read(place):
    _, pane = place.start("cat", "{task_file}")
    pane.expect_exact("Make it better.")


def test_the_room_can_be_reached(place, room):
    _, pane = place.start("python3", "-c", ASK_THE_ROOM)
    pane.expect_exact("the room heard Bearer token-of-ada")


def test_the_programs_that_come_with_agentmux_are_there(place):
    _, pane = place.start("sh", "-c", "command -v room; head -1 {inside}/relay.py")
    pane.expect("/room\r\n")
    pane.expect_exact("Loopback ports")


def test_freeze_stops_everything_and_thaw_lets_it_go_on(place):
    ticking = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done"
    box, pane = place.start("bash", "-c", f"setsid sh -c '{ticking}' & {ticking}")
    pane.expect_exact("tick 3")
    place.sandbox.freeze(box)
    place.sandbox.freeze(box)
    _until_silent(pane)
    place.sandbox.thaw(box)
    place.sandbox.thaw(box)
    pane.expect_exact("tick")


def _until_silent(pane):
    """Read until nothing comes for fifteen of the program's turns."""
    for _ in range(1000):
        if pane.expect([pexpect.TIMEOUT, r"tick \d+"], timeout=0.3) == 0:
            return
    raise AssertionError("it did not stop")


def test_a_shell_beside_the_agent(place):
    box, pane = place.start("sh", "-c", "echo rea''dy; read x")
    pane.expect_exact("ready")
    shell = place.spawn(box, place.sandbox.shell_argv(box))
    shell.sendline("ls; echo shell of $AGENTMUX_AGENT; exit 5")
    shell.expect_exact("README")
    shell.expect_exact("shell of ada\r\n")
    shell.expect(pexpect.EOF)
    shell.wait()
    assert shell.exitstatus == 5
    assert pane.isalive()


def test_an_ended_program_can_be_started_again_in_the_same_home(place):
    program = ("sh", "-c", "echo x >>$HOME/starts; echo starts $(wc -l <$HOME/starts)")
    for times in (1, 2):
        _, pane = place.start(*program)
        pane.expect_exact(f"starts {times}")
        pane.expect(pexpect.EOF)


def test_another_program_can_take_the_place(place):
    _, pane = place.start("echo", "first")
    pane.expect_exact("first")
    pane.expect(pexpect.EOF)
    _, pane = place.start("echo", "second")
    pane.expect_exact("second")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_remove_ends_daemons_and_frozen_programs_too(place):
    mark = f"98765.{uuid.uuid4().int}"
    box, pane = place.start("bash", "-c", f"(setsid sleep {mark} &); trap '' HUP TERM; echo rea''dy; sleep {mark}")
    pane.expect_exact("ready")
    assert _wait_for(lambda: len(_with_argument(mark)) >= 2)
    place.sandbox.freeze(box)
    place.sandbox.remove(box)
    assert _with_argument(mark) == []
    pane.expect(pexpect.EOF)
    place.sandbox.remove(box)


def _with_argument(mark):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", mark.encode()]:
            found.append(folder.name)
    return found


def _wait_for(holds):
    waiting = threading.Event()
    return any(holds() or waiting.wait(0.02) for _ in range(500))


def test_a_program_that_is_removed_can_put_its_things_in_order_even_from_a_freeze(place):
    program = "trap 'echo bye >$HOME/last; exit' HUP; echo rea''dy; while :; do sleep 0.02; done"
    box, pane = place.start("bash", "-c", program)
    pane.expect_exact("ready")
    place.sandbox.freeze(box)
    place.sandbox.remove(box)
    assert (place.paths.agent_home("ada") / "last").read_text() == "bye\n"


def test_removing_what_was_never_there(place):
    place.sandbox.remove(place.box("true"))


# -- a command on another tree --------------------------------------------------------------------------------------


@pytest.fixture
def tree(folder):
    tree = folder / "merged"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "data").write_text("42\n")
    (tree / "link").symlink_to("sub/data")
    (tree / ".git").write_text("gitdir: /nowhere\n")
    os.mkfifo(tree / "pipe")
    return tree


def test_run_gives_status_and_both_streams(place, tree):
    ran = place.sandbox.run(place.box("true"), "cat link; echo oops >&2; exit 3", tree, timeout=PATIENCE)
    assert ran.status == 3
    assert sorted(ran.output.split()) == ["42", "oops"]
    assert 0 < ran.seconds < PATIENCE


def test_run_may_write_but_not_into_the_tree_itself(place, tree):
    command = "echo 43 >sub/data; echo x >new; mkdir locked; touch locked/x; chmod 500 locked; cat sub/data; ls -A"
    ran = place.sandbox.run(place.box("true"), command, tree, timeout=PATIENCE)
    assert ran.status == 0
    assert ran.output.split() == ["43", "link", "locked", "new", "sub"]
    assert (tree / "sub" / "data").read_text() == "42\n"
    assert sorted(path.name for path in tree.iterdir()) == [".git", "link", "pipe", "sub"]
    assert list(place.paths.out.iterdir()) == []


def test_run_has_no_secrets_and_no_room(place, tree, monkeypatch):
    monkeypatch.setenv("USERS_OWN_KEY", "private")
    box = place.box("true", env={"EDITOR": "true"})
    ran = place.sandbox.run(box, "env; echo >$HOME/may-write", tree, timeout=PATIENCE)
    assert ran.status == 0
    env = dict(line.split("=", 1) for line in ran.output.splitlines() if "=" in line)
    assert env["EDITOR"] == "true"
    assert env["GIT_AUTHOR_NAME"] == "ada"
    assert not {"USERS_OWN_KEY", "MODEL_KEY", "AGENTMUX_TOKEN_FILE", "AGENTMUX_SOCKET"} & set(env)


def test_run_ends_what_takes_too_long_with_all_that_it_started(place, tree):
    ran = place.sandbox.run(place.box("true"), "echo begun; setsid sleep 600 & sleep 600", tree, timeout=1)
    assert ran.status == base.TIMED_OUT
    assert ran.output.startswith("begun")
    assert ran.output.endswith("[ended after 1 s]\n")
    assert ran.seconds < 15


def test_run_does_not_wait_for_what_stays_in_the_background(place, tree):
    ran = place.sandbox.run(place.box("true"), "setsid sleep 600 & echo done", tree, timeout=60)
    assert (ran.status, ran.output.strip()) == (0, "done")
    assert ran.seconds < 30


def test_run_keeps_the_end_of_much_output(place, tree):
    ran = place.sandbox.run(place.box("true"), "seq 200000; echo the end", tree, timeout=60)
    assert ran.output.startswith("[")
    assert "bytes cut]" in ran.output[:40]
    assert ran.output.endswith("the end\n")
    assert len(ran.output) <= once.OUTPUT_LIMIT + 40
