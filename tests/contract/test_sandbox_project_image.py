"""Images from a project's Dockerfile and setup commands, built by the real engine."""

import subprocess

import pytest

from agentmux.config import Dockerfile, Install
from agentmux.errors import ImageBuildError, SandboxError
from agentmux.sandbox.image import default_base, ensure_image
from agentmux.sandbox.project_image import build_project, ensure_setup

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("project-image")]


@pytest.fixture
def base(image):
    """What everything is built on; there is an engine."""
    return default_base("debian:bookworm-slim")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "image.log"


@pytest.fixture
def checkout(tmp_path):
    """A function that writes a project's files."""

    def write(**files):
        folder = tmp_path / "files"
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return write


def in_image(image, command):
    argv = ["docker", "run", "--rm", "--network=none", "--user=1000", "--entrypoint=sh", image, "-c", command]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()


def test_the_agents_are_put_on_a_projects_image_and_its_setup_on_both(base, log, checkout):
    folder = checkout(
        docker__Dockerfile=f"FROM {base}\nARG COLOUR\nENV COLOUR=$COLOUR\nCOPY . /seen\nUSER nobody\n",
        app__a_txt="a\n",
        app__secret_key="s\n",
        app___dockerignore="# not for the image\n*.key\n",
        b_txt="outside of the context\n",
    )
    (folder / "app" / "link").symlink_to("/etc/hostname")
    wanted = Dockerfile(file="docker/Dockerfile", context="app", args={"COLOUR": "blue"})
    told: list[str] = []
    project = build_project(folder, wanted, told.append, log)
    assert any(line.startswith("Step 4/5 : COPY") for line in told)
    assert build_project(folder, wanted, print, log) == project
    agents = ensure_image([Install()], project, print, log)
    commands = ["echo 'one\n\"two\"' >/etc/made; id -u >>/etc/made", "echo $HOME >>/etc/made"]
    image = ensure_setup(agents, commands, told.append, log)
    seen = in_image(image, "ls /seen; readlink /seen/link; echo $COLOUR $HOME; cat /etc/made; command -v room")
    assert seen == [
        "a.txt", "link", "/etc/hostname", "blue", "/home/agent", "one", '"two"', "0", "/root", "/usr/local/bin/room",
    ]  # fmt: skip
    told.clear()
    assert ensure_setup(agents, commands, told.append, log) == image
    assert told == []


def test_a_dockerfile_that_fails_shows_its_last_lines(base, log, checkout):
    folder = checkout(Dockerfile=f"FROM {base}\nRUN echo pennies are missing; exit 3\n")
    with pytest.raises(ImageBuildError, match=r"The project's image cannot be built: Step 2/2 ended with") as caught:
        build_project(folder, Dockerfile(), print, log)
    assert caught.value.tail[-1] == "pennies are missing"
    assert "pennies are missing" in log.read_text()


def test_a_setup_command_that_fails(image, log):
    with pytest.raises(
        ImageBuildError, match=r"The setup of the image cannot be built: Step 3/4 ended with status 7\."
    ):
        ensure_setup(image, ["exit 7"], print, log)


def test_an_image_without_apt_gets_its_own_sentence(base, log, checkout):
    stages = f"FROM {base} AS full\nRUN apt-get update -qq && apt-get install -y -qq busybox-static\n"
    folder = checkout(Dockerfile=f"{stages}FROM scratch\nCOPY --from=full /bin/busybox /bin/sh\n")
    project = build_project(folder, Dockerfile(), print, log)
    with pytest.raises(ImageBuildError, match=rf"cannot be put on the image {project}: it has no apt-get\.") as caught:
        ensure_image([Install()], project, print, log)
    assert "Debian or Ubuntu" in caught.value.hint


def test_what_needs_another_builder_gets_a_hint(base, log, checkout):
    folder = checkout(Dockerfile=f"FROM {base}\nRUN --mount=type=cache,target=/x true\n")
    with pytest.raises(ImageBuildError) as caught:
        build_project(folder, Dockerfile(), print, log)
    assert "without `RUN --mount`" in caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Dockerfile(file="nope"), "There is no Dockerfile nope in the commit that the agents start from."),
        (Dockerfile(file="sub"), "There is no Dockerfile sub in the commit that the agents start from."),
        (Dockerfile(file="bytes"), "bytes is not UTF-8 text."),
        (Dockerfile(context="nope"), "There is no folder nope in the commit that the agents start from."),
        (Dockerfile(file="out"), "out is a link that leads out of the repository."),
        (Dockerfile(context="up"), "up is a link that leads out of the repository."),
        (Dockerfile(context="sub"), ".dockerignore is a link that leads out of the repository."),
    ],
)
def test_a_dockerfile_that_is_not_there_or_not_inside(tmp_path, log, checkout, wanted, sentence):
    folder = checkout(Dockerfile="FROM scratch\n", sub__a="a")
    (tmp_path / "secret").write_text("FROM secret\n")
    (folder / "bytes").write_bytes(b"\xff")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to("..")
    (folder / "sub" / ".dockerignore").symlink_to(tmp_path / "secret")
    with pytest.raises(SandboxError) as caught:
        build_project(folder, wanted, print, log)
    assert caught.value.message == sentence
