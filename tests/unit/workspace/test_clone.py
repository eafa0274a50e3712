from __future__ import annotations

import os
import shutil

import pytest

from agentmux.errors import GitError
from agentmux.workspace.clone import base_with_changes, create_host, create_workspace
from agentmux.workspace.repo import inspect
from agentmux.workspace.snapshot import snapshot

from .conftest import changed_files, write

ODD = [
    "space in name",
    "newline\nin name",
    "ümläut-名前-🙂",
    '"quoted"',
    "-dash",
    "back\\slash",
    os.fsdecode(b"byte\xff"),
]


def agents_git(world, agent, *args):
    """Git as the agent's sandbox runs it."""
    folders = ("--git-dir", str(world.paths.agent_git(agent)), "--work-tree", str(world.tree(agent)))
    return world.git(*folders, *args, cwd=world.tree(agent))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_agent_gets_a_full_clone(world):
    world.commit({"a.py": "1\n"}, "first")
    world.commit({"a.py": "2\n", "bin/run": "#!/bin/sh\n", **dict.fromkeys(ODD, "odd\n")}, "second")
    (world.root / "bin/run").chmod(0o755)
    (world.root / "link").symlink_to("a.py")
    world.commit({}, "third")
    before = world.user_state()
    world.start("ada")
    tree = world.tree("ada")
    assert agents_git(world, "ada", "status", "--porcelain", "--branch") == "## agent/ada"
    assert agents_git(world, "ada", "log", "--format=%s").split() == ["third", "second", "first"]
    assert agents_git(world, "ada", "fsck") == ""
    assert names(tree) == sorted([*ODD, "a.py", "bin", "link"])
    assert (tree / "link").readlink() == tree.__class__("a.py")
    assert os.access(tree / "bin/run", os.X_OK)
    write(tree, {"a.py": "3\n"})
    agents_git(world, "ada", "commit", "-q", "-am", "mine")
    assert world.user_state() == before


def test_a_clone_tells_nothing_of_the_host_and_shares_no_object(world):
    world.commit({"a.py": "1\n"})
    world.git("gc", "-q")
    world.start("ada")
    git_dir = world.paths.agent_git("ada")
    assert agents_git(world, "ada", "remote") == ""
    assert str(world.folder) not in (git_dir / "config").read_text()
    assert list((git_dir / "hooks").iterdir()) == []
    assert not (git_dir / "objects" / "info" / "alternates").exists()
    for folder in (world.root / ".git", world.paths.git, git_dir):
        assert all(path.stat().st_nlink == 1 for path in (folder / "objects").rglob("*") if path.is_file())
    shutil.rmtree(world.root)
    assert agents_git(world, "ada", "fsck") == ""
    assert world.host("fsck") == ""


def test_only_the_history_of_the_base_is_copied(world):
    world.commit({"a.py": "1\n"})
    world.git("checkout", "-q", "-b", "secret")
    secret = world.commit({"key": "hidden\n"})
    world.git("checkout", "-q", "main")
    world.start("ada")
    with pytest.raises(AssertionError):
        agents_git(world, "ada", "cat-file", "-e", secret)


def test_an_unfinished_clone_is_made_anew(world):
    world.commit({"a.py": "1\n"})
    world.start()
    write(world.paths.work("ada"), {"git/HEAD": "broken", "tree.new/junk": ""})
    create_workspace(world.paths, "ada", world.base)
    assert names(world.tree("ada")) == ["a.py"]
    assert agents_git(world, "ada", "status", "--porcelain") == ""


@pytest.mark.parametrize("kind", ["sha256", "shallow", "linked", "alternates"])
def test_repositories_of_every_kind(world, kind):
    world.commit({"a.py": "1\n"}, "first")
    world.commit({"a.py": "2\n"}, "second")
    root = world.folder / "odd:repo"
    if kind == "sha256":
        world.git("init", "-q", "--object-format=sha256", str(root))
        write(root, {"a.py": "2\n"})
        world.git("add", "-A", cwd=root)
        world.git("commit", "-qm", "only", cwd=root)
    elif kind == "shallow":
        world.git("clone", "-q", "--depth", "1", f"file://{world.root}", str(root))
    elif kind == "linked":
        world.git("worktree", "add", "-q", "-b", "side", str(root))
    else:
        world.git("clone", "-q", "--shared", str(world.root), str(root))
    write(root, {"new.py": "3\n"})
    repo = inspect(root)
    create_host(world.paths, repo, repo.head)
    base = base_with_changes(repo, world.paths)
    create_workspace(world.paths, "ada", base)
    assert names(world.tree("ada")) == ["a.py", "new.py"]
    assert agents_git(world, "ada", "fsck") == ""
    assert agents_git(world, "ada", "status", "--porcelain") == ""
    assert changed_files(world.paths, "ada", base) == []


def test_uncommitted_changes_become_the_base(world):
    world.commit({"kept": "1\n", "edited": "1\n", "staged": "1\n", "deleted": "1\n", ".gitignore": "*.log\n"})
    write(world.folder / "home", {".config/git/ignore": ".idea\n"})
    write(world.root, {"staged": "2\n", "only-staged": "x\n", "forced.log": "kept\n"})
    world.git("add", "-A")
    world.git("add", "-f", "forced.log")
    write(
        world.root, {"edited": "2\n", "a/new one": "3\n", "noise.log": "", ".idea": "", ".git/info/exclude": "mine\n"}
    )
    write(world.root, {"mine": ""})
    (world.root / "deleted").unlink()
    before = world.user_state()
    repo = inspect(world.root)
    create_host(world.paths, repo, repo.head)
    base = base_with_changes(repo, world.paths)
    assert world.user_state() == before
    assert set(world.files(base)) == {
        ".gitignore",
        "kept",
        "edited",
        "staged",
        "only-staged",
        "forced.log",
        "a/new one",
    }
    assert (world.show(base, "edited"), world.show(base, "staged")) == ("2", "2")
    assert world.host("rev-parse", f"{base}^") == repo.head
    create_workspace(world.paths, "ada", base)
    shutil.rmtree(world.root)
    assert agents_git(world, "ada", "fsck") == ""
    assert (world.tree("ada") / "only-staged").read_text() == "x\n"


def test_uncommitted_changes_over_a_split_index(world):
    world.commit({"a": "1\n", "b": "1\n"})
    write(world.root, {"forced.log": "1\n", ".git/info/exclude": "*.log\n"})
    world.git("add", "-f", "forced.log")
    world.git("update-index", "--split-index")
    write(world.root, {"a": "2\n"})
    repo = inspect(world.root)
    create_host(world.paths, repo, repo.head)
    base = base_with_changes(repo, world.paths)
    assert world.host("diff", "--name-only", repo.head, base).split() == ["a", "forced.log"]


def test_no_program_of_the_users_repository_runs_at_checkout(world):
    world.git("config", "filter.evil.smudge", world.trap("smudge"))
    world.git("config", "filter.evil.clean", "cat")
    world.commit({".gitattributes": "* filter=evil\n", "a": "pointer\n"})
    world.canary.unlink(missing_ok=True)
    write(world.root, {".git/hooks/post-checkout": (world.folder / "trap-smudge").read_text()})
    (world.root / ".git/hooks/post-checkout").chmod(0o755)
    world.start("ada")
    assert (world.tree("ada") / "a").read_text() == "pointer\n"
    assert not world.canary.exists()


def test_a_submodule_is_an_empty_folder_and_stays_as_it_was(world):
    commit = world.commit({"a": "1\n"})
    world.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    write(world.root, {".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = ../x\n'})
    world.git("add", ".gitmodules")
    world.git("commit", "-qm", "submodule")
    world.start("ada")
    assert names(world.tree("ada") / "sub") == []
    write(world.tree("ada"), {"sub/file": "1\n"})
    assert world.host("rev-parse", f"{world.base}^{{tree}}") == snapshot(world.paths, "ada")


def test_a_missing_commit_is_an_error(world):
    world.commit({"a": "1\n"})
    with pytest.raises(GitError, match=r"git pack-objects failed"):
        create_host(world.paths, inspect(world.root), "0" * 39 + "1")
