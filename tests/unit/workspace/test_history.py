"""Snapshots one after another, in real repositories."""

from __future__ import annotations

import os
import subprocess
import threading

import pytest

from agentmux.workspace import snapshot as snapshots
from agentmux.workspace.git import Git
from agentmux.workspace.history import snapshots_ref, take
from agentmux.workspace.merge import merge_agents
from agentmux.workspace.snapshot import left_out, snapshot

from .conftest import write


@pytest.fixture
def shop(world):
    world.commit({f"src/{n}.py": f"{n}\n" for n in range(300)} | {".gitignore": "*.log\n"})
    world.start("ada")
    return world


def names(taken):
    return [(change.status, change.path) for change in taken.changed]


def test_each_snapshot_tells_what_is_other_than_in_the_one_before(shop):
    tree = shop.tree("ada")
    first = take(shop.paths, "ada", "")
    assert (first.tree, first.changed) == (first.parent, ())
    write(tree, {"src/1.py": "one\nmore\n", "new.py": "x\n", "noise.log": "x\n"})
    second = take(shop.paths, "ada", "")
    assert (second.parent, names(second)) == (first.tree, [("A", "new.py"), ("M", "src/1.py")])
    (tree / "new.py").rename(tree / "other.py")
    third = take(shop.paths, "ada", second.tree)
    assert (third.parent, names(third)) == (second.tree, [("D", "new.py"), ("A", "other.py")])
    assert [change.added for change in third.changed] == [0, 1]


def test_snapshots_survive_a_collection_of_garbage(shop):
    write(shop.tree("ada"), {"new.py": "first\n"})
    first = take(shop.paths, "ada", "")
    write(shop.tree("ada"), {"new.py": "second\n"})
    second = take(shop.paths, "ada", first.tree)
    shop.host("reflog", "expire", "--expire=now", "--all")
    shop.host("gc", "--quiet", "--prune=now")
    assert [shop.show(taken.tree, "new.py") for taken in (first, second)] == ["first", "second"]
    trees = shop.host("log", "--format=%T", f"{shop.base}..{snapshots_ref('ada')}").split()
    assert trees == [second.tree, first.tree]


def test_the_cost_follows_the_change_and_not_the_tree(shop, monkeypatch):
    """Of 300 files two are read and written, and a look at an unchanged tree reads none."""
    taken = take(shop.paths, "ada", "")
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(Git, "call", _counting(Git.call, ran))
    before = _objects(shop)
    write(shop.tree("ada"), {"src/7.py": "seven\n", "src/8.py": "eight\n"})
    taken = take(shop.paths, "ada", taken.tree)
    with_change = len(ran)
    # Two files, the folder, the top, and the commit.
    assert _objects(shop) - before == 5
    assert [words[0] for words in ran].count("update-index") == 1
    ran.clear()
    take(shop.paths, "ada", taken.tree)
    assert [words[0] for words in ran] == ["diff-files", "ls-files", "write-tree"]
    assert _objects(shop) - before == 5
    assert with_change < 12


def _counting(call, ran):
    def counted(git, *args, **more):
        ran.append(args)
        return call(git, *args, **more)

    return counted


def _objects(world):
    return int(world.host("count-objects").split()[0])


def test_a_large_file_is_kept_out_and_named(shop, monkeypatch):
    monkeypatch.setattr(snapshots, "LARGE", 1000)
    tree = shop.tree("ada")
    write(tree, {"big.bin": b"x" * 1001, "src/1.py": "y" * 2000, "small.bin": b"x" * 1000})
    taken = take(shop.paths, "ada", "")
    assert names(taken) == [("A", "small.bin")]
    assert taken.large == ("big.bin", "src/1.py")
    assert left_out(shop.paths, "ada") == ["big.bin", "src/1.py"]
    (tree / "big.bin").write_bytes(b"x")
    assert names(take(shop.paths, "ada", taken.tree)) == [("A", "big.bin")]


def test_the_merge_names_what_is_large(shop, monkeypatch):
    monkeypatch.setattr(snapshots, "LARGE", 1000)
    write(shop.tree("ada"), {"big.bin": b"x" * 1001, "new.py": "1\n"})
    assert merge_agents(shop.paths, shop.base, {"ada": "work"}).steps[0].left_out == ("big.bin",)


def test_odd_names_and_links_are_text_in_what_is_told(shop):
    tree = shop.tree("ada")
    for name in (b"new\nline", b"\xff\xfe", b"tab\t", b"-x"):
        (tree / os.fsdecode(name)).write_bytes(b"1\n")
    (tree / "link").symlink_to("/etc/passwd")
    taken = take(shop.paths, "ada", "")
    assert {path for _, path in names(taken)} == {"new\nline", "\\xff\\xfe", "tab\t", "-x", "link"}
    assert shop.show(taken.tree, "link") == "/etc/passwd"


def test_a_tree_that_changes_while_it_is_read_is_right_in_the_end(shop):
    """A writer makes, changes, renames and removes files all the while; nothing fails, and the last look is exact."""
    tree = shop.tree("ada")
    script = """
n=0
while [ ! -e "$1/stop.log" ]; do
  n=$((n + 1))
  echo $n > "$1/src/$((n % 50)).py"
  mkdir -p "$1/dir$((n % 7))"; echo $n > "$1/dir$((n % 7))/f"; mv "$1/dir$((n % 7))/f" "$1/dir$((n % 7))/g"
  rm -rf "$1/dir$(((n + 3) % 7))"
done
"""
    writer = subprocess.Popen(["sh", "-c", script, "writer", str(tree)])
    try:
        before = ""
        for _ in range(8):
            before = take(shop.paths, "ada", before).tree
    finally:
        (tree / "stop.log").touch()
        writer.wait()
    last = take(shop.paths, "ada", before).tree
    shop.paths.index("ada").unlink()
    assert snapshot(shop.paths, "ada") == last, "an index that begins anew finds the same"
    files = {
        str(path.relative_to(tree)): path.read_text().strip()
        for path in tree.rglob("*")
        if path.is_file() and path.suffix != ".log"
    }
    assert {name: shop.show(last, name) for name in files} == files


def test_agents_are_taken_at_the_same_time(world):
    world.commit({"a": "1\n"})
    world.start("ada", "bob", "cy")
    found = {}
    for agent in ("ada", "bob", "cy"):
        write(world.tree(agent), {f"{agent}.py": "1\n"})

    def look(agent):
        found[agent] = names(take(world.paths, agent, ""))

    threads = [threading.Thread(target=look, args=(agent,)) for agent in ("ada", "bob", "cy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {agent: [("A", f"{agent}.py")] for agent in ("ada", "bob", "cy")}
