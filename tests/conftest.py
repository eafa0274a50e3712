"""What all tests share."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _programs_can_be_hung_up():
    """Programs that tests start end when their terminal goes away, even if the run itself does not (`nohup`)."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # with a function there, programs begin with the default
        signal.signal(signal.SIGHUP, lambda *_: None)
