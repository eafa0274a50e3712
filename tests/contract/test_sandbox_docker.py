"""What keeps an agent in its container, asked of the container itself and of the engine."""

import json
import os
from pathlib import Path

import docker
import pexpect
import pytest

from agentmux.config import Limits
from agentmux.errors import SandboxError
from agentmux.paths import SessionPaths
from agentmux.sandbox.base import Ended
from agentmux.sandbox.containers import container_name
from agentmux.sandbox.docker import DockerSandbox
from tests.fixtures.waiting import PATIENCE

pytestmark = pytest.mark.docker
USER = (os.getuid(), os.getgid()) if os.getuid() else (1000, 1000)


def ask(place, command):
    """What a shell command prints in the agent's container."""
    _, pane = place.start("sh", "-c", f"{{ {command}; }} 2>&1; echo status $?")
    pane.expect(r"status (\d+)")
    said, status = pane.before.replace("\r\n", "\n"), int(pane.match[1])
    pane.expect(pexpect.EOF)
    return said, status


@pytest.fixture
def engine():
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def made(container, engine):
    """The inspection of a container that was made and not yet started."""
    box = container.box("sh", limits=Limits(memory="300m", cpus=0.5, pids=99))
    return engine.api.inspect_container(container.sandbox.prepare(box))


def test_no_capabilities_and_none_to_be_had(container):
    said, _ = ask(container, "grep -E '^(Cap|NoNewPrivs|Uid|Gid)' /proc/self/status")
    facts = {key: words.split() for key, words in (line.split(":") for line in said.splitlines())}
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(facts[kind][0], 16) == 0
    assert facts["NoNewPrivs"] == ["1"]
    assert set(facts["Uid"]) == {str(USER[0])}
    assert set(facts["Gid"]) == {str(USER[1])}


def test_no_network(container):
    said, _ = ask(container, "ls /sys/class/net; wc -l </proc/net/route")
    assert said.split() == ["lo", "1"]


def test_a_layout_may_open_the_network(container, engine):
    box = container.box("sh")
    opened = type(box)(**{name: getattr(box, name) for name in box.__slots__} | {"network": "full"})
    name = container.sandbox.prepare(opened)
    assert engine.api.inspect_container(name)["HostConfig"]["NetworkMode"] == "bridge"


@pytest.mark.parametrize("path", ["/x", "/etc/x", "/usr/local/bin/x", "/opt/agentmux/x", "/run/agentmux/x"])
def test_the_system_is_read_only(container, path):
    said, status = ask(container, f"echo x >{path}")
    assert status != 0
    assert "Read-only file system" in said


def test_places_to_write(container):
    said, status = ask(container, "echo '#!/bin/sh' >/tmp/x && chmod +x /tmp/x && /tmp/x && echo x | tee /ws/new ~/new")
    assert (said.strip(), status) == ("x", 0)
    for path in (container.paths.tree("ada") / "new", container.paths.agent_home("ada") / "new"):
        assert (path.stat().st_uid, path.stat().st_gid) == USER


def test_tools_of_uv_can_be_installed(container):
    said, status = ask(
        container, 'mkdir -p "$UV_TOOL_DIR" "$UV_TOOL_BIN_DIR" && echo x >"$UV_TOOL_DIR/x"; ls "$UV_TOOL_DIR"'
    )
    assert (said.strip(), status) == ("x", 0)


def test_the_agents_git_configuration_and_hooks_are_fixed(container):
    said, status = ask(
        container,
        "cd /ws; ! git config core.fsmonitor /tmp/x && ! echo x >>.git/config && ! touch .git/hooks/post-commit"
        " && ! mv .git elsewhere && ! mv .git/hooks elsewhere && git status -s",
    )
    assert status == 0, said
    assert "fsmonitor" not in (container.paths.agent_git("ada") / "config").read_text()


def test_nothing_of_the_host_or_of_others_is_visible(container):
    container.lay_out("bob")
    other, users = container.paths.work("bob"), Path.home() / ".bashrc"
    said, _ = ask(container, f"ls -d {container.paths.folder} {other} {users} /var/run/docker.sock; ls / /home /root")
    assert f"'{container.paths.folder}': No such file" in said
    assert f"'{other}': No such file" in said
    assert "'/var/run/docker.sock': No such file" in said
    assert "bob" not in said.replace(str(other), "")
    mounts, _ = ask(container, "grep -c bob /proc/self/mountinfo")
    assert mounts.strip() == "0"


def test_limits(made):
    host = made["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 300 * 1024**2
    assert host["NanoCpus"] == 5 * 10**8
    assert host["PidsLimit"] == 99
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 4096, "Hard": 8192}]
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}}


def test_hardening(made):
    host = made["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["ReadonlyRootfs"] is host["Init"] is True
    assert host["Privileged"] is host["AutoRemove"] is host["PublishAllPorts"] is False
    assert (host["NetworkMode"], host["IpcMode"], host["PidMode"]) == ("none", "private", "")
    assert made["Config"]["User"] == "{}:{}".format(*USER)


def test_labels_tell_whose_it_is(made, container, folder):
    labels = made["Config"]["Labels"]
    assert labels["io.agentmux.session"] == container.paths.id
    assert labels["io.agentmux.agent"] == "ada"
    assert labels["io.agentmux.home"] == str(folder)


def test_secrets_are_told_to_the_program_and_to_nobody_else(container, engine):
    said, _ = ask(container, "echo $MODEL_KEY; cat $AGENTMUX_TOKEN_FILE")
    assert said == "canary-4d1f==\ntoken-of-ada"
    box = container.boxes["ada"]
    seen = [engine.api.inspect_container(container_name(box)), engine.api.history(box.image)]
    assert container.paths.id in json.dumps(seen)
    assert "canary" not in json.dumps(seen)
    assert "token-of-ada" not in json.dumps(seen)


def test_secrets_that_changed_since_the_first_start_can_be_read(container, engine):
    program = ("sh", "-c", "echo key=$MODEL_KEY")
    box, pane = container.start(*program)
    pane.expect_exact("key=canary")
    pane.expect(pexpect.EOF)
    before = engine.api.inspect_container(container_name(box))["Id"]
    file = container.paths.secret_env("ada")
    file.unlink()
    file.write_text("MODEL_KEY=changed\n")
    file.chmod(0o400)
    _, pane = container.start(*program)
    pane.expect_exact("key=changed")
    assert engine.api.inspect_container(container_name(box))["Id"] == before


def test_the_entry_waits_for_the_size_of_the_terminal(container, engine):
    """Without anything else that takes its time before the program starts."""
    name = f"agentmux-{container.paths.id}-size"
    program = ["sh", "-c", "echo size $(stty size)"]
    made = engine.containers.create(container.image, program, name=name, init=True, tty=True, stdin_open=True)
    try:
        pane = pexpect.spawn("docker", ["start", "-ai", name], dimensions=(31, 97), encoding="utf-8", timeout=PATIENCE)
        pane.expect_exact("size 31 97")
        pane.close()
    finally:
        made.remove(force=True)


def test_the_room_is_at_a_loopback_port_when_the_program_begins(container):
    said, status = ask(container, "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 7070))'")
    assert (said, status) == ("", 0)


def test_a_program_that_takes_too_much_memory_is_ended_and_it_is_known(container):
    box = container.box("python3", "-c", "x = bytearray(200 << 20)", limits=Limits(memory="64m"))
    container.sandbox.prepare(box)
    container.spawn(box, container.sandbox.pane_argv(box)).expect(pexpect.EOF)
    assert container.sandbox.ended(box) == Ended(137, out_of_memory=True)


def test_a_running_program_has_not_ended_and_survives_its_pane(container):
    box, pane = container.start("sh", "-c", "echo rea''dy; read x; echo got $x; exit 4")
    pane.expect_exact("ready")
    assert container.sandbox.ended(box) is None
    pane.close(force=True)
    assert container.sandbox.ended(box) is None
    container.sandbox.prepare(box)
    again = container.spawn(box, container.sandbox.pane_argv(box))
    again.sendline("more")
    again.expect_exact("got more")
    again.expect(pexpect.EOF)
    assert container.sandbox.ended(box) == Ended(4)
    container.sandbox.remove(box)
    assert container.sandbox.ended(box) == Ended(None)


def test_run_is_as_closed_as_the_agents_container_and_leaves_none(container, engine, folder):
    tree = folder / "merged"
    tree.mkdir()
    command = (
        "grep -E 'CapEff|NoNewPrivs' /proc/self/status; id -u; ls /sys/class/net; touch /etc/x; "
        "ls -A ~ /run/secrets/agentmux"
    )
    ran = container.sandbox.run(container.box("true"), command, tree, timeout=PATIENCE)
    assert "CapEff:\t0000000000000000" in ran.output
    assert "NoNewPrivs:\t1" in ran.output
    assert f"\n{USER[0]}\nlo\n" in ran.output
    assert "Read-only file system" in ran.output
    assert "token" not in ran.output
    mine = {"label": f"io.agentmux.session={container.paths.id}"}
    assert engine.containers.list(all=True, filters=mine) == []


def test_a_container_of_that_name_from_another_home_is_left_alone(container, monkeypatch, tmp_path):
    box = container.box("sh")
    container.sandbox.prepare(box)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("AGENTMUX_HOME", str(tmp_path))
        with pytest.raises(SandboxError, match="belongs to somebody else"):
            container.sandbox.prepare(box)


def test_refusals_of_the_engine_are_sentences(container):
    box = container.box("sh")
    with pytest.raises(SandboxError, match=r"Cannot create the container agentmux-.*-ada: .*nothing:here"):
        DockerSandbox().prepare(type(box)(box.paths, "ada", ("sh",), image="agentmux/nothing:here"))
    gone = type(box)(SessionPaths.of("gone"), "ada", ("sh",), image=box.image)
    with pytest.raises(SandboxError, match=r"Cannot freeze ada: .*agentmux-gone-ada"):
        DockerSandbox().freeze(gone)
