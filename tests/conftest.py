"""What all tests share."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _programs_can_be_interrupted():
    """Programs that tests start end by their terminal, even if the run itself does not (`nohup`, or a shell's `&`)."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:  # with a function there, programs begin with the default
            signal.signal(number, lambda *_: None)
