"""What an agent's files take on the disk."""

import os

from agentmux.service.sensors.disk import taken_by


def test_what_lies_behind_links_is_not_counted_and_nothing_twice(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "big").write_bytes(os.urandom(1 << 20))
    empty = taken_by(folder)
    (folder / "link").symlink_to(outside)
    assert taken_by(folder) - empty < 1 << 16
    (folder / "sub" / "file").write_bytes(os.urandom(1 << 20))
    once = taken_by(folder)
    assert 1 << 20 <= once - empty < 1 << 21
    os.link(folder / "sub" / "file", folder / "again")
    assert taken_by(folder) - once < 1 << 16


def test_a_folder_that_is_gone_takes_nothing(tmp_path):
    assert taken_by(tmp_path / "gone") == 0
