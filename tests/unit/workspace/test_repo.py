from __future__ import annotations

import os

import pytest

from agentmux.errors import GitError, MissingProgram, RepositoryError
from agentmux.workspace.git import Git, require_version
from agentmux.workspace.repo import inspect

from .conftest import write


def test_what_a_repository_is(world):
    head = world.commit({"a.py": "1\n", "src/b.py": "2\n"})
    write(world.root, {"a.py": "changed\n", "new file\n.txt": "", ".gitignore": "*.log\n", "noise.log": ""})
    repo = inspect(world.root / "src")
    assert (repo.root, repo.head, repo.branch) == (world.root, head, "main")
    assert sorted(repo.dirty) == [".gitignore", "a.py", "new file\n.txt"]
    assert repo.warnings == ()


def test_a_detached_head_has_no_branch(world):
    head = world.commit({"a": ""})
    world.git("checkout", "-q", head)
    assert inspect(world.root).branch is None


def test_a_linked_work_tree_is_a_repository(world):
    world.commit({"a": "1"})
    linked = world.folder / "linked"
    world.git("worktree", "add", "-q", "-b", "side", str(linked))
    repo = inspect(linked)
    assert (repo.root, repo.branch) == (linked, "side")


def test_git_variables_of_the_caller_do_not_mislead(world, monkeypatch):
    world.commit({"a": "1"})
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert inspect(world.root).root == world.root


def test_no_repository(world):
    with pytest.raises(RepositoryError) as caught:
        inspect(world.folder / "home")
    assert str(caught.value) == (
        f"{world.folder}/home is not a git repository. Run agentmux inside one, or name one with --repo."
    )


def test_no_folder(world):
    with pytest.raises(RepositoryError, match=r"nowhere is not a folder\."):
        inspect(world.folder / "nowhere")


def test_no_commit_yet(world):
    with pytest.raises(RepositoryError, match=r"repo has no commit yet\."):
        inspect(world.root)


def test_a_bare_repository_is_refused(world):
    world.git("init", "-q", "--bare", str(world.folder / "bare"))
    with pytest.raises(RepositoryError, match=r"is a bare repository"):
        inspect(world.folder / "bare")


def test_submodules_and_lfs_are_told(world):
    world.commit({".gitmodules": "", "assets/.gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n"})
    submodules, lfs = inspect(world.root).warnings
    assert "Submodules are not cloned" in submodules
    assert "LFS" in lfs


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_another_users_repository(world):
    world.commit({"a": "1"})
    for path in (world.root, world.root / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(RepositoryError, match=r"belongs to another user") as caught:
        inspect(world.root)
    assert "safe.directory" in caught.value.hint
    world.git("config", "--global", "--add", "safe.directory", str(world.root))
    assert inspect(world.root).root == world.root


def test_without_git(world, monkeypatch):
    monkeypatch.setenv("PATH", str(world.folder))
    with pytest.raises(MissingProgram, match=r"git is not installed"):
        inspect(world.root)
    with pytest.raises(MissingProgram, match=r"git is not installed"):
        Git(world.root / ".git").run("status")
    with pytest.raises(MissingProgram, match=r"git is not installed"):
        Git(world.root / ".git").head(10, "log")


def test_an_old_git_is_named(world, monkeypatch):
    old = world.folder / "bin" / "git"
    write(world.folder, {"bin/git": "#!/bin/sh\necho git version 2.37.9\n"})
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    with pytest.raises(MissingProgram, match=r"needs git 2\.38 or newer; this is git version 2\.37\.9\."):
        require_version()


def test_an_error_is_one_sentence_without_control_characters(world):
    with pytest.raises(GitError) as caught:
        Git(world.root / ".git").run("rev-parse", "--verify", "no\x1b[31mpe^{commit}")
    assert caught.value.message == "git rev-parse failed: Needed a single revision"
    with pytest.raises(GitError) as caught:
        Git(world.root / ".git").run("cat-file", "-p", "no\x1b[31mpe")
    assert "\x1b" not in caught.value.message
