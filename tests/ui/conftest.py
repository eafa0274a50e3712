"""What tests of the app share: a short folder, a fixed time zone, and an app on a made-up session."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.sample import RecordingSender, make_session, sample_app, story


@pytest.fixture(autouse=True)
def _place(monkeypatch):
    """Clock times on the screen are the same everywhere, and the colours too."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A session's folder with a short path, because it holds sockets."""
    top = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    yield top / "shop-7f3a"
    shutil.rmtree(top)


@pytest.fixture
def sender() -> RecordingSender:
    """Stands in for the room."""
    return RecordingSender()


@pytest.fixture
def app(folder, sender):
    """The app on the whole story of two agents."""
    return sample_app(make_session(folder), sender)


@pytest.fixture
def trio(folder, sender):
    """The app on the story of three agents."""
    return sample_app(make_session(folder, story(("ada", "bob", "cyd"))), sender)
