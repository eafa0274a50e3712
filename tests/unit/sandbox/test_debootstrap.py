import os
import shutil

import pytest

from agentmux.errors import MissingProgram
from agentmux.sandbox.debootstrap import MIRROR, host_mirror, make_base

DEB822 = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n"
ONE_LINE = "# deb http://old.example/debian x main\ndeb [arch=amd64] https://line.example/debian bookworm main\n"


@pytest.fixture
def etc(tmp_path):
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    (tmp_path / "os-release").write_text('PRETTY_NAME="Debian"\nID=debian\n')
    return tmp_path


def test_the_machines_mirror_is_used(etc):
    (etc / "apt" / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert host_mirror(etc) == "http://mirror.example/debian"
    (etc / "apt" / "sources.list").write_text(ONE_LINE)
    assert host_mirror(etc) == "https://line.example/debian"


def test_debians_own_mirror_elsewhere(etc):
    assert host_mirror(etc) == MIRROR
    (etc / "apt" / "sources.list").write_text(ONE_LINE)
    (etc / "os-release").write_text("ID=ubuntu\nID_LIKE=debian\n")
    assert host_mirror(etc) == MIRROR
    assert host_mirror(etc / "nowhere") == MIRROR


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with pytest.raises(MissingProgram, match="only be made by root") as caught:
        make_base("x:y", print)
    assert "sudo agentmux image base" in caught.value.hint
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingProgram, match="debootstrap is not installed") as caught:
        make_base("x:y", print)
    assert "apt install debootstrap" in caught.value.hint
