"""Commands: bounded, limited in time, stopped as a group."""

import threading

from agentmux.inside.native import shell
from tests.fixtures.processes import running
from tests.fixtures.waiting import until

LONG = 600
"""Seconds; no command here takes nearly so long."""


def run(command, seconds=LONG, stop=None, told=lambda _: None):
    return shell.run(command, seconds, stop or threading.Event(), told)


def test_output_status_and_lines_as_they_come():
    lines: list[str] = []
    ran = run("echo one; echo two >&2; exit 3", told=lines.append)
    assert (ran.status, ran.output, lines) == (3, "one\ntwo\n", ["one", "two"])


def test_much_output_keeps_its_beginning_and_its_end():
    ran = run("seq 100000")
    assert ran.output.startswith("1\n2\n")
    assert ran.output.endswith("\n99999\n100000\n")
    assert "characters left out" in ran.output
    assert len(ran.output) < shell.HEAD + shell.TAIL + 100


def test_a_command_that_takes_too_long_is_stopped_with_all_that_it_started():
    ran = run("echo begun; sleep 4242 & wait", seconds=1)
    assert (ran.status, ran.output) == (None, "begun\n")
    until(lambda: not running("^sleep 4242"))


def test_a_command_is_stopped_from_outside():
    stop = threading.Event()
    ran = run("echo begun; sleep 4243", stop=stop, told=lambda _: stop.set())
    assert (ran.status, ran.output) == (None, "begun\n")


def test_what_goes_on_in_the_background_is_not_waited_for():
    stop = threading.Event()
    ran = run("sleep 4244 & echo $!", stop=stop)
    assert ran.status == 0
    run(f"kill {ran.output}")


def test_a_command_reads_nothing_and_may_print_anything():
    assert run(r"cat; printf '\377x'").output == "�x"
