"""The keymap is the one place for keys: actions exist, no key twice, and the document is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentmux.ui.keymap import KEYS, keys_markdown, keys_of
from agentmux.ui.screens.room import RoomScreen

DOCUMENT = Path(__file__).parents[2] / "docs" / "keys.md"


def test_the_document_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8") == keys_markdown() + "\n", "python -m agentmux.ui.keymap > docs/keys.md"


@pytest.mark.parametrize("key", [key for key in keys_of("screen") if key.key], ids=lambda key: key.id)
def test_every_key_has_an_action(key):
    assert hasattr(RoomScreen, f"action_{key.action.partition('(')[0]}")


def test_no_key_and_no_id_stands_twice():
    bound = [name for key in keys_of("screen") for name in key.key.split(",") if name]
    assert len(bound) == len(set(bound))
    assert len({key.id for key in KEYS}) == len(KEYS)
