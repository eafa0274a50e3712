"""A tmux server, an agent's folders laid out by hand, and a terminal to start it in, in every sandbox there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pexpect
import pytest

from agentmux.config import Install, Limits, SandboxKind
from agentmux.paths import SessionPaths
from agentmux.sandbox.base import Box, Sandbox
from agentmux.sandbox.detect import choose, status
from agentmux.sandbox.engine import engine
from agentmux.sandbox.image import default_base, ensure_image
from agentmux.terminal.tmux import TmuxServer
from tests.fixtures.waiting import PATIENCE

AGENT = "ada"
TOKEN = "token-of-ada"
SECRET = "canary-4d1f=="
PANE_ENV = {"TERM": "tmux-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
"""What the programs in the panes of `server` start with."""


KINDS = [pytest.param("docker", marks=pytest.mark.docker), "podman", "bubblewrap", "process"]
"""Every sandbox there is."""
AT_LENGTH = [kind for kind in KINDS if kind != "podman" or os.environ.get("AGENTMUX_TEST_PODMAN") == "1"]
"""Those that go through the whole contract each time: podman takes a second or more for each start."""
IMAGES = {"docker": "image", "podman": "podman_image"}


@pytest.fixture
def folder(monkeypatch):
    """AGENTMUX_HOME, with a path short enough for unix sockets; secrets are kept below it, too."""
    path = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    monkeypatch.setenv("AGENTMUX_HOME", str(path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(path))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def server(folder: Path) -> Iterator[TmuxServer]:
    """A tmux server whose new panes have 80 columns and 24 rows."""
    server = TmuxServer(folder / "s")
    server.start(80, 24)
    yield server
    server.kill()


_status = cache(status)


def usable(kind: SandboxKind) -> None:
    """Skip the test where this sandbox cannot be used, unless it must be there."""
    ok, sentence = _status(kind)
    if not ok and kind == "docker" and os.environ.get("AGENTMUX_REQUIRE_DOCKER") == "1":
        pytest.fail(f"AGENTMUX_REQUIRE_DOCKER is set. {sentence}")
    if not ok:
        pytest.skip(sentence)


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """The tag of the image without any agent CLI; built at most once on a machine."""
    usable("docker")
    log = tmp_path_factory.mktemp("image") / "build.log"
    return ensure_image([Install()], default_base("debian:bookworm-slim"), print, log)


@pytest.fixture(scope="session")
def podman_image(request, tmp_path_factory):
    """The same image for podman: built there, or handed over by Docker, which is much quicker."""
    usable("podman")
    from agentmux.sandbox.podman import service

    if not status("docker")[0]:
        log = tmp_path_factory.mktemp("image") / "build.log"
        return ensure_image([Install()], default_base("debian:bookworm-slim", service), print, log, service)
    tag: str = request.getfixturevalue("image")
    with engine("save the image") as source, service("load the image") as client:
        if not client.images.list(tag):
            client.images.load(source.images.get(tag).save(named=True))  # type: ignore[arg-type]  # it takes chunks
    return tag


@dataclass
class Place:
    """One agent in one sandbox."""

    sandbox: Sandbox
    paths: SessionPaths
    image: str | None
    panes: list[pexpect.spawn[str]] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=dict)

    def box(
        self, *argv: str, agent: str = AGENT, limits: Limits | None = None, env: dict[str, str] | None = None
    ) -> Box:
        box = Box(
            self.paths, agent, argv, env=env or {}, limits=limits or Limits(memory="256m", cpus=1), image=self.image
        )
        self.boxes[agent] = box
        return box

    def start(
        self, *argv: str, size: tuple[int, int] = (24, 80), env: dict[str, str] | None = None
    ) -> tuple[Box, pexpect.spawn[str]]:
        """Run a program as the agent, in a terminal of so many rows and columns."""
        box = self.box(*argv, env=env)
        self.sandbox.prepare(box)
        return box, self.spawn(box, self.sandbox.pane_argv(box), size)

    def spawn(self, box: Box, argv: list[str], size: tuple[int, int] = (24, 80)) -> pexpect.spawn[str]:
        env = self.sandbox.pane_env(box)
        pane = pexpect.spawn(argv[0], argv[1:], env=env, cwd="/", dimensions=size, encoding="utf-8", timeout=PATIENCE)
        self.panes.append(pane)
        return pane

    def lay_out(self, agent: str) -> None:
        """A tree with one commit, its git folder apart, a home, a task, a token and a secret."""
        paths = self.paths
        for path in (paths.tree(agent), paths.agent_home(agent), paths.sockets(agent), paths.secrets(agent)):
            path.mkdir(parents=True)
        (paths.tree(agent) / "README").write_text("hello\n")
        git = ["git", f"--git-dir={paths.agent_git(agent)}", f"--work-tree={paths.tree(agent)}"]
        who = ["-c", "user.name=base", "-c", "user.email=base@agentmux.invalid"]
        for words in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-q", "-m", "base"]):
            subprocess.run([*git, *words], check=True)
        # As in a clone of the workspace part: nothing in the git folder names the host's paths.
        subprocess.run(
            ["git", "config", "-f", paths.agent_git(agent) / "config", "--unset", "core.worktree"], check=True
        )
        paths.task_file(agent).write_text("Make it better.\n")
        paths.token(agent).write_text(TOKEN)
        paths.secret_env(agent).write_text(f"MODEL_KEY={SECRET}\n\n-----a line of no use-----=\nOTHER=a b\n")


@pytest.fixture
def open_place(folder, request):
    """A function that opens a place in the sandbox of a kind; all is removed at the end."""
    places = []

    def opened(kind: SandboxKind) -> Place:
        usable(kind)
        image = request.getfixturevalue(IMAGES[kind]) if kind in IMAGES else None
        place = Place(choose(kind), SessionPaths.of(folder.name), image)
        place.lay_out(AGENT)
        places.append(place)
        return place

    yield opened
    for place in places:
        for box in place.boxes.values():
            place.sandbox.remove(box)
        for pane in place.panes:
            pane.close(force=True)


@pytest.fixture(params=AT_LENGTH)
def place(open_place, request):
    """One agent's place, in every sandbox in turn."""
    return open_place(request.param)


@pytest.fixture
def container(open_place):
    """One agent's place in Docker."""
    return open_place("docker")
