"""Who wins where the layout and the repository say the same, and what the repository decides of the result."""

from typing import Any

import pytest

from agentmux.config import Dockerfile, Layout, Setup, Toolchain
from agentmux.errors import ConfigError, UsageError
from agentmux.project.resolve import own_file, resolve
from agentmux.project.trust import fingerprint

DEVCONTAINER = (
    '{"image": "dev:1", "postCreateCommand": "npm ci", "containerEnv": {"A": "dev", "B": "dev"}, "mounts": []}'
)


def layout(**more: Any) -> Layout:
    return Layout(title="t", agents=[{"name": "ada", "profile": "shell"}], **more)


def nothing(_: str) -> None:
    return None


def test_without_a_file_nothing_changes():
    found = resolve(layout(image="x"), None, nothing)
    assert found.layout == layout(image="x")
    assert found.decided == Toolchain()


def test_the_layouts_keys_win_one_by_one():
    own = Toolchain(image="theirs", setup=["a"], copy=[".env"], checks=["x"], allow=["a.org"], env={"A": "1"})
    found = resolve(layout(checks=["y"], allow=[]), own, nothing)
    assert (found.layout.image, found.layout.checks, found.layout.allow) == ("theirs", ["y"], [])
    assert found.layout.copies == [".env"]
    assert found.decided == Toolchain(image="theirs", setup=["a"], copy=[".env"], env={"A": "1"})


def test_a_layout_that_says_what_to_build_on_leaves_nothing_of_the_repositorys():
    found = resolve(layout(image="mine"), Toolchain(dockerfile="Dockerfile"), {"Dockerfile": "FROM x"}.get)
    assert (found.layout.image, found.layout.dockerfile, found.dockerfile) == ("mine", None, "")
    assert found.decided == Toolchain()


def test_a_devcontainer_becomes_an_image_its_commands_come_first_and_its_environment_gives_way():
    own = Toolchain(devcontainer=True, setup={"image": ["i"], "workspace": ["w"]}, env={"A": "own"})
    found = resolve(layout(), own, {".devcontainer.json": DEVCONTAINER}.get)
    for side in (found.layout, found.decided):
        assert (side.devcontainer, side.image) == (False, "dev:1")
        assert side.setup == Setup(image=["i"], workspace=["npm ci", "w"])
        assert side.env == {"A": "own", "B": "dev"}
    assert found.warnings == ("In .devcontainer.json this is ignored: mounts.",)


def test_a_devcontainer_that_the_layout_names_is_still_the_repositorys_word():
    found = resolve(layout(devcontainer="dev/x.json"), None, {"dev/x.json": DEVCONTAINER}.get)
    assert found.decided.image == "dev:1"
    assert found.decided.setup.workspace == ["npm ci"]


def test_a_devcontainer_that_is_not_there():
    with pytest.raises(UsageError, match=r"There is no devcontainer\.json in the commit"):
        resolve(layout(devcontainer=True), None, nothing)


def test_the_user_is_asked_again_when_anything_changes(tmp_path):
    def number(own, text="FROM x", isolated=True, root=tmp_path):
        return fingerprint(root, resolve(layout(), own, {"Dockerfile": text}.get), isolated=isolated)

    one = Toolchain(dockerfile=Dockerfile(), setup=["a"])
    others = {
        number(Toolchain(dockerfile=Dockerfile(), setup=["b"])),
        number(one, text="FROM y"),
        number(one, isolated=False),
        number(one, root=tmp_path / "other"),
        number(Toolchain(dockerfile=Dockerfile(), setup=["a"], allow=["a.org"])),
    }
    assert len(others | {number(one)}) == 6
    assert number(Toolchain(dockerfile={"file": "Dockerfile"}, setup={"workspace": ["a"]})) == number(one)


def test_the_file_is_read_from_the_users_folder_and_links_are_refused(tmp_path):
    assert own_file(tmp_path) is None
    path = tmp_path / ".agentmux.yaml"
    path.write_text("imge: x\n")
    with pytest.raises(ConfigError) as caught:
        own_file(tmp_path)
    assert str(caught.value) == f"{path}:1: unknown key 'imge'. Did you mean 'image'?"
    path.write_text("title: x\n")
    with pytest.raises(ConfigError, match="unknown key 'title'"):
        own_file(tmp_path)
    path.write_text("")
    assert own_file(tmp_path) == Toolchain()
    path.unlink()
    path.symlink_to("elsewhere")
    with pytest.raises(ConfigError, match="this is a link"):
        own_file(tmp_path)
