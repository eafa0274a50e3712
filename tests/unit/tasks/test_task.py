"""Reading `task.yaml`: what it names is found, and every mistake is told with the file and the key."""

import pytest

from agentmux.config import Layout, Setup
from agentmux.errors import ConfigError, RepositoryError
from agentmux.tasks.keep import keep
from agentmux.tasks.task import equip, is_task, load
from tests.unit.tasks.conftest import TASK


def test_a_task_with_everything_that_it_names(folder):
    task = load(folder)
    hello, bye = task.features
    assert (task.repo, task.base, task.kind, task.seconds) == (str(folder / "repo"), "HEAD", "independent", 300.0)
    assert (hello.prompt, bye.prompt) == ("Say hello\n", "Say good bye")
    assert (hello.hidden, hello.patch) == ([folder / "hidden/hello"], folder / "hello.patch")
    assert is_task(folder)
    assert not is_task(folder / "repo")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("features:", "featurs:", "task.yaml:4: unknown key 'featurs'."),
        ("title: Two words\n", "", "task.yaml:1: the key 'title' is missing."),
        ("name: bye", "name: hello", "task.yaml:4: features: 'hello' is there twice"),
        ("name: bye", "name: ../bye", "task.yaml:10: features.1.name:"),
        ("hello.md", "gone.md", "task.yaml: features.hello.prompt: there is no gone.md."),
        ("hello.patch", "gone.patch", "task.yaml: features.hello.patch: there is no gone.patch."),
        ("hidden/hello", "gone", "task.yaml: features.hello.hidden: there is no gone."),
        ("hello.patch", "../other.patch", "features.hello.patch: ../other.patch leads out of the task's folder."),
        ("repo: repo", "repo: repo\nbase: --all", "task.yaml:3: base:"),
    ],
)
def test_mistakes(folder, old, new, said):
    (folder.parent / "other.patch").write_text("")
    (folder / "task.yaml").write_text(TASK.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load(folder)
    assert said in caught.value.message


def test_a_link_out_of_the_folder_is_not_followed(folder):
    (folder.parent / "secret").write_text("secret")
    (folder / "hello.md").unlink()
    (folder / "hello.md").symlink_to(folder.parent / "secret")
    with pytest.raises(ConfigError, match="leads out"):
        load(folder)


def test_a_prompt_that_is_no_text(folder):
    (folder / "hello.md").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"features\.hello\.prompt: hello\.md is not UTF-8"):
        load(folder)


@pytest.mark.parametrize(
    "named", ["pallets/click", "click", "https://github.com/pallets/click.git", "pallets/click.git"]
)
def test_a_repository_in_the_mirror(folder, click, monkeypatch, named):
    (folder / "task.yaml").write_text(TASK.replace("repo: repo", f"repo: {named}"))
    place = click.parent.parent if "/" in named else click.parent
    assert load(folder, place).repo == str(click)
    monkeypatch.setenv("AGENTMUX_MIRROR", str(place))
    assert load(folder).repo == str(click)


def test_a_repository_that_is_not_there_is_named_with_where_it_was_expected(folder, tmp_path):
    (folder / "task.yaml").write_text(TASK.replace("repo: repo", "repo: pallets/jinja"))
    with pytest.raises(RepositoryError) as caught:
        load(folder)
    assert str(folder / "pallets/jinja") in caught.value.hint
    assert "AGENTMUX_MIRROR" in caught.value.hint
    with pytest.raises(RepositoryError) as caught:
        load(folder, tmp_path)
    assert f"{tmp_path}/pallets/jinja.git or {tmp_path}/jinja" in caught.value.hint


def test_the_layout_goes_before_the_task(folder):
    seats = [{"name": "ada", "profile": "shell"}]
    task = load(folder)
    assert equip(Layout(title="t", agents=seats), task).checks == ["python3 -m compileall -q ."]
    assert equip(Layout(title="t", agents=seats, checks=["true"]), task).checks == ["true"]


def test_a_layout_adds_to_the_tasks_setup(folder):
    seats = [{"name": "ada", "profile": "shell"}]
    task = load(folder).model_copy(update={"setup": Setup(image=["links"], workspace=["copy"])})
    layout = Layout(title="t", agents=seats, setup=Setup(image=["apt-get install x"], workspace=["make"]))
    assert equip(layout, task).setup == Setup(image=["apt-get install x", "links"], workspace=["copy", "make"])
    assert equip(Layout(title="t", agents=seats), task).setup == task.setup
    assert "setup" not in equip(Layout(title="t", agents=seats), load(folder)).model_fields_set


def test_what_a_session_keeps(folder, tmp_path):
    (folder / "hidden" / "hello" / "link").symlink_to("/etc/passwd")
    hello, bye = keep(load(folder).features, tmp_path / "task")
    assert (hello.hidden, hello.patch, hello.test_patch) == ("hello/hidden", "hello/feature.patch", "")
    assert (tmp_path / "task" / hello.hidden / "test_hello.py").is_file()
    assert (tmp_path / "task" / hello.hidden / "link").is_symlink()
    assert (bye.hidden, bye.patch) == ("", "")
