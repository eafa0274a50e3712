"""From a command line to a running agent."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from console import BOLD, DIM, Console, Event

from .agent import Agent
from .conversation import Conversation
from .model import Model

HOME = ".native"
"""The agent's folder in its home."""


def litellm() -> Any:
    """The library; the first call imports it, which takes seconds."""
    import litellm

    litellm.suppress_debug_info = True  # else it prints on the terminal where it does not know a model
    return litellm


def main(argv: Sequence[str]) -> None:
    """Be the agent until the human ends it."""
    parser = argparse.ArgumentParser(prog="native")
    parser.add_argument("task", nargs="?", default="", help="what to do first")
    parser.add_argument("--system", type=Path, help="a file with the system prompt")
    parser.add_argument("--resume", action="store_true", help="go on with the last conversation")
    given = parser.parse_args(argv)
    system = given.system.read_text(encoding="utf-8") if given.system else ""
    conversation = Conversation(Path.home() / HOME / "conversation.jsonl", resumed=given.resume)
    model = Model(os.environ["AGENTMUX_MODEL"], litellm)
    threading.Thread(target=litellm, daemon=True).start()
    events: SimpleQueue[Event] = SimpleQueue()
    with Console(events) as console:
        console.write(f"native · {model.name}", BOLD)
        known = len(conversation.messages)
        console.write(f"goes on with a conversation of {known} messages" if known else "ctrl-c interrupts", DIM)
        Agent(os.environ["AGENTMUX_AGENT"], console, events, model, system, conversation).work(given.task)
