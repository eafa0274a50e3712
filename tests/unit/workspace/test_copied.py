"""Files that agents get from the user's folder although git does not know them, and that never come back."""

from __future__ import annotations

import os

import pytest

from agentmux.errors import GitError, UsageError
from agentmux.workspace import copied
from agentmux.workspace.clone import base_with_changes, create_host, create_workspace
from agentmux.workspace.copied import Copies, bring, find, remember
from agentmux.workspace.merge import merge_agents
from agentmux.workspace.repo import inspect
from agentmux.workspace.snapshot import left_out, snapshot

from .conftest import write
from .test_clone import agents_git

SECRET = "API_KEY=canary-1f9a\n"


def start(world, *names, changes=False):
    """Ada's workspace with copies of these files."""
    repo = inspect(world.root)
    remember(world.paths, names)
    create_host(world.paths, repo, repo.head)
    world.base = base_with_changes(repo, world.paths) if changes else repo.head
    create_workspace(world.paths, "ada", world.base, Copies(world.root, names))


def test_patterns_find_untracked_files_ignored_ones_too(world):
    world.commit({".gitignore": ".env*\n", "a.py": "1\n", "tracked.env": "x"})
    write(world.root, {".env": SECRET, ".env.local": "b", "sub/.env": "c", "sub/deep/.env": "d", "conf/x": "e"})
    assert find(world.root, [".env"]) == ([".env"], [])
    assert find(world.root, ["*.env", "conf", "**/.env"]) == ([".env", "conf/x", "sub/.env", "sub/deep/.env"], [])
    assert find(world.root, ["gone", "tracked.env", ".env"]) == ([".env"], ["gone", "tracked.env"])


def test_an_agent_gets_them_and_its_git_ignores_them(world):
    world.commit({"a.py": "1\n"})
    write(world.root, {".env": SECRET, "conf[1]/a b": "x"})
    (world.root / ".env").chmod(0o440)
    start(world, ".env", "conf[1]/a b")
    assert (world.tree("ada") / ".env").read_text() == SECRET
    assert (world.tree("ada") / ".env").stat().st_mode & 0o777 == 0o640
    assert agents_git(world, "ada", "status", "--porcelain") == ""


def test_they_are_in_no_snapshot_and_no_merge_whatever_the_agent_does(world):
    world.commit({"a.py": "1\n"})
    write(world.root, {".env": SECRET, "conf/key": SECRET})
    start(world, ".env", "conf/key")
    tree = world.tree("ada")
    agents_git(world, "ada", "add", "--force", ".env", "conf")
    agents_git(world, "ada", "commit", "-qm", "mine")
    write(tree, {".gitignore": "!.env\n!conf/**\n", "b.py": "2\n", "conf/other": "3\n", ".env": SECRET + "MORE=1\n"})
    assert sorted(world.files(snapshot(world.paths, "ada"))) == [".gitignore", "a.py", "b.py", "conf/other"]
    (tree / ".env").unlink()
    write(tree, {".env/hidden": SECRET})
    assert ".env/hidden" not in world.files(snapshot(world.paths, "ada"))
    assert left_out(world.paths, "ada") == []
    merged = merge_agents(world.paths, world.base, {"ada": "work"})
    assert sorted(world.files(merged.tree)) == [".gitignore", "a.py", "b.py", "conf/other"]
    objects = world.host("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)").splitlines()
    blobs = [line.split()[0] for line in objects if line.endswith("blob")]
    assert blobs
    assert not [blob for blob in blobs if "canary" in world.host("cat-file", "blob", blob)]


def test_they_are_not_in_the_base_that_holds_uncommitted_changes(world):
    world.commit({"a.py": "1\n"})
    write(world.root, {".env": SECRET, "new.py": "2\n"})
    start(world, ".env", changes=True)
    assert sorted(world.files(world.base)) == ["a.py", "new.py"]
    assert sorted(world.files(snapshot(world.paths, "ada"))) == ["a.py", "new.py"]


def test_one_that_is_still_in_the_base_stays_as_it_is_there(world):
    world.commit({"a.py": "1\n", ".env": "empty\n"})
    world.git("rm", "-q", "--cached", ".env")
    write(world.root, {".env": SECRET})
    start(world, *find(world.root, [".env"])[0])
    assert (world.tree("ada") / ".env").read_text() == SECRET
    assert world.show(snapshot(world.paths, "ada"), ".env") == "empty"


def test_a_link_within_the_repository_is_followed_and_one_out_of_it_refused(world):
    world.commit({"a.py": "1\n"})
    write(world.root, {"conf/dev": SECRET})
    write(world.folder, {"outside": SECRET})
    (world.root / ".env").symlink_to("conf/dev")
    start(world, *find(world.root, [".env"])[0])
    assert not (world.tree("ada") / ".env").is_symlink()
    assert (world.tree("ada") / ".env").read_text() == SECRET
    for name, target in {"out": "../outside", "git": ".git/config", "folder": "conf", "gone": "nowhere"}.items():
        (world.root / name).symlink_to(target)
        with pytest.raises(UsageError, match=f"{name} cannot be copied"):
            find(world.root, [name])
    os.mkfifo(world.root / "pipe")
    assert find(world.root, ["pipe"]) == ([], ["pipe"])


def test_a_link_in_the_base_leads_no_copy_astray(world):
    (world.root / "conf").symlink_to(world.folder)
    world.commit({"a.py": "1\n"})
    (world.root / "conf").unlink()
    write(world.root, {"conf/.env": SECRET})
    with pytest.raises(GitError, match="conf is a link in the agents' tree"):
        start(world, "conf/.env")
    assert not (world.folder / ".env").exists()


def test_one_that_is_gone_meanwhile_is_told(world, tmp_path):
    world.commit({"a.py": "1\n"})
    with pytest.raises(GitError, match=r"\.env cannot be copied from .*: No such file or directory"):
        bring(Copies(world.root, [".env"]), tmp_path)


def test_there_is_a_limit(world, monkeypatch):
    world.commit({"a.py": "1\n"})
    write(world.root, {"data/1": "x" * 700, "data/2": "x" * 700})
    monkeypatch.setattr(copied, "BYTES", 1024)
    with pytest.raises(UsageError, match="`copy` names 2 files"):
        find(world.root, ["data"])
