import pytest

from agentmux.errors import SandboxError
from agentmux.sandbox.once import OUTPUT_LIMIT, clipped, copied


def test_short_output_is_whole():
    assert clipped("ok ✓\n".encode()) == "ok ✓\n"
    assert clipped(b"\xff") == "�"


def test_long_output_loses_its_beginning_and_says_so():
    assert clipped(b"x" * (OUTPUT_LIMIT + 5), cut=2) == "[7 bytes cut]\n" + "x" * OUTPUT_LIMIT


def test_links_are_not_followed_out_of_the_tree(tmp_path):
    (tmp_path / "private").write_text("private")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "private")
    (tmp_path / "tree" / "nowhere").symlink_to("gone")
    with copied(tmp_path / "tree", tmp_path / "scratch") as copy:
        assert (copy / "link").is_symlink()
        assert (copy / "nowhere").is_symlink()
    assert (tmp_path / "private").read_text() == "private"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_copy_is_removed_when_something_fails(tmp_path):
    (tmp_path / "tree").mkdir()
    with pytest.raises(ZeroDivisionError), copied(tmp_path / "tree", tmp_path / "scratch"):
        raise ZeroDivisionError
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_tree_that_is_not_there(tmp_path):
    with pytest.raises(SandboxError, match=r"tree .*/gone cannot be copied"), copied(tmp_path / "gone", tmp_path):
        pass
