from __future__ import annotations

import os
import subprocess
import threading
from functools import partial

import pytest

from agentmux.errors import GitError
from agentmux.workspace.git import Git
from agentmux.workspace.history import take
from agentmux.workspace.merge import merge_agents
from agentmux.workspace.snapshot import DIFF_LIMIT, diff, diff_of, file_text, left_out, snapshot

from .conftest import changed_files, write


@pytest.fixture
def shop(world):
    """A session over a small shop, with ada in it."""
    world.commit(
        {"src/cart.py": "one\ntwo\nthree\n", "run.sh": "#!/bin/sh\n", "README.md": "# shop\n", ".gitignore": "*.log\n"}
    )
    world.start("ada")
    return world


def own_git(world):
    """The agent's git as the process sandbox ties it to the tree."""
    (world.tree("ada") / ".git").write_text(f"gitdir: {world.paths.agent_git('ada')}\n")
    return world.paths.agent_git("ada")


def test_an_untouched_workspace_is_the_base(shop):
    assert snapshot(shop.paths, "ada") == shop.host("rev-parse", f"{shop.base}^{{tree}}")
    assert changed_files(shop.paths, "ada", shop.base) == []
    assert diff(shop.paths, "ada", shop.base) == ""


def test_every_kind_of_change(shop):
    tree = shop.tree("ada")
    write(tree, {"src/cart.py": "one\n2\nthree\nfour\n", "new.py": "x\n", "picture.png": b"\0\1\2", "noise.log": "no"})
    (tree / "README.md").unlink()
    (tree / "run.sh").chmod(0o755)
    (tree / "link").symlink_to("/etc/passwd")
    assert changed_files(shop.paths, "ada", shop.base) == [
        ("D", "README.md", 0, 1),
        ("A", "link", 1, 0),
        ("A", "new.py", 1, 0),
        ("A", "picture.png", None, None),
        ("M", "run.sh", 0, 0),
        ("M", "src/cart.py", 2, 1),
    ]
    files = shop.files(snapshot(shop.paths, "ada"))
    assert (files["run.sh"], files["link"], files["new.py"]) == ("100755", "120000", "100644")
    assert file_text(shop.paths, "ada", "link") == "/etc/passwd"


def test_snapshots_follow_the_tree(shop):
    tree = shop.tree("ada")
    first = snapshot(shop.paths, "ada")
    write(tree, {"src/cart.py": "other\n"})
    second = snapshot(shop.paths, "ada")
    assert snapshot(shop.paths, "ada") == second
    write(tree, {"src/cart.py": "one\ntwo\nthree\n"})
    assert second != first == snapshot(shop.paths, "ada")


def test_odd_names(shop):
    odd = [
        b"space in",
        b"new\nline",
        b"tab\t",
        "ü🙂".encode(),
        b'"q"',
        b"-x",
        b":(glob)*",
        b":100644",
        b"\xff\xfe",
        b"a\\b",
    ]
    for name in odd:
        (shop.tree("ada") / os.fsdecode(name)).write_bytes(b"1\n")
    changed = changed_files(shop.paths, "ada", shop.base)
    assert {entry.path for entry in changed} == {name.decode("utf-8", "backslashreplace") for name in odd}
    assert {entry[0::2] for entry in changed} == {("A", 1)}
    (shop.tree("ada") / "new\nline").unlink()
    assert len(changed_files(shop.paths, "ada", shop.base)) == len(odd) - 1


def test_files_and_folders_change_places(shop):
    tree = shop.tree("ada")
    (tree / "run.sh").unlink()
    write(tree, {"run.sh/inner": "1\n"})
    (tree / "src" / "cart.py").unlink()
    (tree / "src").rmdir()
    write(tree, {"src": "a file now\n"})
    assert [entry[:2] for entry in changed_files(shop.paths, "ada", shop.base)] == [
        ("D", "run.sh"),
        ("A", "run.sh/inner"),
        ("A", "src"),
        ("D", "src/cart.py"),
    ]


def test_a_folder_that_became_a_link_is_not_followed(shop):
    outside = shop.folder / "outside"
    write(outside, {"cart.py": "the user's secret\n"})
    tree = shop.tree("ada")
    (tree / "src" / "cart.py").unlink()
    (tree / "src").rmdir()
    (tree / "src").symlink_to(outside)
    assert [entry[:2] for entry in changed_files(shop.paths, "ada", shop.base)] == [("A", "src"), ("D", "src/cart.py")]
    with pytest.raises(GitError, match=r"ada has no file src/cart\.py"):
        file_text(shop.paths, "ada", "src/cart.py")


def test_a_pipe_in_place_of_a_file_does_not_hang(shop):
    (shop.tree("ada") / "run.sh").unlink()
    os.mkfifo(shop.tree("ada") / "run.sh")
    os.mkfifo(shop.tree("ada") / "new-pipe")
    write(shop.tree("ada"), {"new.py": "x\n"})
    assert ("A", "new.py", 1, 0) in changed_files(shop.paths, "ada", shop.base)


def test_what_becomes_ignored_leaves_and_what_the_base_has_stays(world):
    world.commit({"build/kept.txt": "1\n", "a": "1\n"})
    world.start("ada")
    tree = world.tree("ada")
    write(tree, {"build/out.o": "x", "lib/out.o": "x"})
    assert {"build/out.o", "lib/out.o"} <= set(world.files(snapshot(world.paths, "ada")))
    write(tree, {".gitignore": "build/\n", "lib/.gitignore": "*.o\n", "build/kept.txt": "2\n"})
    files = world.files(snapshot(world.paths, "ada"))
    assert set(files) == {".gitignore", "lib/.gitignore", "build/kept.txt", "a"}
    assert ("M", "build/kept.txt", 1, 1) in changed_files(world.paths, "ada", world.base)


def test_settings_of_the_users_and_of_the_agents_do_not_decide_what_is_ignored(shop):
    write(
        shop.folder / "home",
        {".config/git/ignore": "new.py\n", ".gitconfig": "[core]\n\texcludesFile = ~/.config/git/ignore\n"},
    )
    write(own_git(shop), {"info/exclude": "new.py\n"})
    write(shop.tree("ada"), {"new.py": "1\n"})
    assert "new.py" in shop.files(snapshot(shop.paths, "ada"))


def test_a_file_that_git_cannot_take_does_not_break_the_others(world):
    world.commit({".gitattributes": "*.utf16 working-tree-encoding=UTF-16LE-BOM\n", "a": "1\n"})
    world.start("ada")
    write(world.tree("ada"), {"bad.utf16": b"\xff\xfe\x00\xd8", **{f"good{i}": "1\n" for i in range(20)}})
    assert len(changed_files(world.paths, "ada", world.base)) == 20
    assert left_out(world.paths, "ada") == ["bad.utf16"]


@pytest.mark.skipif(os.getuid() != 0, reason="tells apart who may read, from root's side")
def test_unreadable_files_and_folders(shop, monkeypatch):
    tree = shop.tree("ada")
    write(tree, {"locked.py": "secret\n", "locked/inner.py": "secret\n", "new.py": "1\n", "src/cart.py": "changed\n"})
    for name in ("locked.py", "locked", "src/cart.py"):
        (tree / name).chmod(0)
    for path in [shop.folder, *shop.folder.rglob("*")]:
        os.chown(path, 65534, 65534, follow_symlinks=False)
    as_nobody = partial(subprocess.run, user=65534, group=65534, extra_groups=[])
    monkeypatch.setattr("agentmux.workspace.git.subprocess.run", as_nobody)
    assert [entry[:2] for entry in changed_files(shop.paths, "ada", shop.base)] == [("A", "new.py")]
    assert left_out(shop.paths, "ada") == ["locked.py"]


def test_a_nested_repository_is_left_out_and_told(shop):
    nested = shop.tree("ada") / "vendor" / "lib"
    write(nested, {"code.py": "1\n"})
    shop.git("init", "-q", cwd=nested)
    shop.git("add", "-A", cwd=nested)
    shop.git("commit", "-qm", "inner", cwd=nested)
    write(shop.tree("ada"), {"vendor/own.py": "1\n"})
    assert [entry.path for entry in changed_files(shop.paths, "ada", shop.base)] == ["vendor/own.py"]
    assert left_out(shop.paths, "ada") == ["vendor/lib/"]


def test_a_repository_planted_over_tracked_files_hides_nothing(shop):
    src = shop.tree("ada") / "src"
    shop.git("init", "-q", cwd=src)
    shop.git("commit", "-q", "--allow-empty", "-m", "inner", cwd=src)
    write(src, {"cart.py": "changed\n", "new.py": "1\n", "deep/er.py": "1\n"})
    names = [entry.path for entry in changed_files(shop.paths, "ada", shop.base)]
    assert names == ["src/cart.py", "src/deep/er.py", "src/new.py"]


def test_a_file_that_became_a_repository_is_gone(shop):
    (shop.tree("ada") / "run.sh").unlink()
    nested = shop.tree("ada") / "run.sh"
    write(nested, {"code.py": "1\n"})
    shop.git("init", "-q", cwd=nested)
    shop.git("add", "-A", cwd=nested)
    shop.git("commit", "-qm", "inner", cwd=nested)
    for _ in range(2):
        assert [entry[:2] for entry in changed_files(shop.paths, "ada", shop.base)] == [("D", "run.sh")]


def test_nothing_that_an_agent_writes_is_run(shop):
    """Every place where git looks for a program, in the agent's clone and in a nested repository."""
    tree, git_dir = shop.tree("ada"), own_git(shop)
    nested = tree / "nested"
    write(nested, {"file.txt": "1\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    shop.git("init", "-q", cwd=nested)
    shop.git("add", "-A", cwd=nested)
    shop.git("commit", "-qm", "inner", cwd=nested)
    write(nested, {"file.txt": "2\n"})
    write(tree, {"included.config": "[alias]\n"})
    for config in (git_dir / "config", nested / ".git" / "config"):
        with config.open("a") as file:
            file.write(traps(shop))
        hooks = config.parent / "hooks"
        hooks.mkdir(exist_ok=True)
        for name in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
            (hooks / name).write_text(f"#!/bin/sh\necho hook >> {shop.canary}\n")
            (hooks / name).chmod(0o755)
    write(
        tree,
        {".gitattributes": "* filter=evil diff=evil merge=evil\n", "src/cart.py": "changed\n", "git": "#!/bin/sh\n"},
    )
    write(tree, {".gitmodules": '[submodule "nested"]\n\tpath = nested\n\turl = ../x\n\tupdate = !touch canary\n'})
    (tree / "git").chmod(0o755)

    names = [entry.path for entry in changed_files(shop.paths, "ada", shop.base)]
    assert "src/cart.py" in names
    assert "+changed" in diff(shop.paths, "ada", shop.base)
    assert file_text(shop.paths, "ada", "src/cart.py") == "changed\n"
    assert left_out(shop.paths, "ada") == ["nested/"]
    first = take(shop.paths, "ada", "")
    write(tree, {"src/cart.py": "again\n", ".gitignore": "git\n"})
    second = take(shop.paths, "ada", first.tree)
    assert {change.path for change in second.changed} == {"src/cart.py", ".gitignore", "git"}
    assert "+again" in diff_of(shop.paths, first.tree, second.tree)
    assert merge_agents(shop.paths, shop.base, {"ada": "work"}).steps[0].commit
    assert not shop.canary.exists()

    subprocess.run(["git", "status"], cwd=tree, capture_output=True, check=False)
    assert shop.canary.exists(), "the traps are set: git run the usual way falls into them"


def test_a_repository_planted_in_a_submodules_folder_is_not_asked(world):
    """Git asks a submodule that stands at the recorded commit for its status, and thereby runs its programs."""
    inner = world.folder / "inner"
    write(inner, {"file.txt": "1\n", ".gitattributes": "* filter=evil\n"})
    world.git("init", "-q", cwd=inner)
    world.git("add", "-A", cwd=inner)
    world.git("commit", "-qm", "inner", cwd=inner)
    world.git("update-index", "--add", "--cacheinfo", f"160000,{world.git('rev-parse', 'HEAD', cwd=inner)},sub")
    world.git("commit", "-qm", "submodule")
    world.start("ada")
    sub = world.tree("ada") / "sub"
    sub.rmdir()
    inner.rename(sub)
    write(sub, {"file.txt": "22\n"})
    with (sub / ".git" / "config").open("a") as file:
        file.write(f'[filter "evil"]\n\tclean = {world.trap("evil")}\n')
    assert changed_files(world.paths, "ada", world.base) == []
    assert diff(world.paths, "ada", world.base) == ""
    assert not world.canary.exists()


def traps(world):
    evil = world.trap("evil")
    return f"""
[core]
	fsmonitor = {evil}
	pager = {evil}
	editor = {evil}
	sshCommand = {evil}
	hooksPath = {world.folder}/hooks
[filter "evil"]
	clean = {evil}
	smudge = {evil}
	process = {evil}
	required = true
[diff]
	external = {evil}
[diff "evil"]
	textconv = {evil}
	command = {evil}
[merge "evil"]
	driver = {evil}
[alias]
	diff-files = !{evil}
	ls-files = !{evil}
[include]
	path = {world.tree("ada")}/included.config
[gc]
	auto = 1
"""


def test_attributes_of_an_agent_reach_no_program_of_the_users(shop):
    evil = shop.trap("lfs")
    write(shop.folder / "home", {".gitconfig": f'[filter "lfs"]\n\tclean = {evil}\n[diff "x"]\n\ttextconv = {evil}\n'})
    write(shop.tree("ada"), {".gitattributes": "* filter=lfs diff=x\n", "src/cart.py": "changed\n"})
    assert "+changed" in diff(shop.paths, "ada", shop.base)
    assert not shop.canary.exists()
    shop.git("add", "src/cart.py", cwd=own_git(shop).parent / "tree")
    assert shop.canary.exists(), "the trap is set"


def test_a_diff_is_text_of_the_files_named(shop):
    write(shop.tree("ada"), {"src/cart.py": b"one\ntwo\nthr\xffee\n", "new.py": "x\n"})
    whole = diff(shop.paths, "ada", shop.base)
    assert "-three\n+thr\ufffdee\n" in whole
    assert "+++ b/new.py" in whole
    assert "new.py" not in diff(shop.paths, "ada", shop.base, "src/cart.py")
    assert diff(shop.paths, "ada", shop.base, "*.py") == ""


def test_a_long_diff_and_a_long_file_are_cut_with_a_word(shop):
    write(shop.tree("ada"), {"big.txt": "0123456789abcde\n" * 100_000})
    for text in (diff(shop.paths, "ada", shop.base), file_text(shop.paths, "ada", "big.txt")):
        assert text.endswith("the rest is not shown.]\n")
        assert DIFF_LIMIT < len(text) < DIFF_LIMIT + 100


def test_no_such_file(shop):
    for path in ("nowhere.py", "src", "../repo/src/cart.py", "/etc/passwd"):
        with pytest.raises(GitError, match=r"ada has no file"):
            file_text(shop.paths, "ada", path)


def test_the_lock_of_a_killed_git_is_no_obstacle(shop):
    shop.paths.index("ada").with_name("ada.index.lock").touch()
    write(shop.tree("ada"), {"new.py": "1\n"})
    assert "new.py" in shop.files(snapshot(shop.paths, "ada"))


def test_snapshots_at_the_same_time_do_not_disturb_each_other(shop):
    write(shop.tree("ada"), {f"new{i}.py": "1\n" for i in range(50)})
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(snapshot(shop.paths, "ada"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_only_what_changed_is_read_again(shop, monkeypatch):
    """The warm index names the changed files; nothing else is given to git to be read."""
    snapshot(shop.paths, "ada")
    write(shop.tree("ada"), {"src/cart.py": "changed\n"})
    given: list[bytes] = []
    run = Git.run

    def watched(git, *args, stdin=b"", env=None):
        given.append(stdin)
        return run(git, *args, stdin=stdin, env=env)

    monkeypatch.setattr(Git, "run", watched)
    snapshot(shop.paths, "ada")
    assert b"".join(given) == b"src/cart.py\0"


def test_the_users_repository_is_untouched(shop):
    before = shop.user_state()
    write(shop.tree("ada"), {"src/cart.py": "changed\n"})
    diff(shop.paths, "ada", shop.base)
    assert shop.user_state() == before
