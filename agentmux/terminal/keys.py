"""What a terminal sends, as tokens: keystrokes for a pane, the leader, pastes, and what is meant for the app. Pure.

Keystrokes keep the bytes that the terminal sent, because what reaches a pane must be what a terminal attached to tmux
would deliver. Only the unmodified cursor and editing keys are named: tmux then applies application-cursor mode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentmux.errors import ConfigError

ESC = "\x1b"
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"

_CURSOR = {"A": "Up", "B": "Down", "C": "Right", "D": "Left", "H": "Home", "F": "End"}
_EDITING = {"1": "Home", "4": "End", "2": "IC", "3": "DC", "5": "PPage", "6": "NPage"}
NAMES = {f"{ESC}{kind}{letter}": name for kind in "[O" for letter, name in _CURSOR.items()}
NAMES |= {f"{ESC}[{number}~": name for number, name in _EDITING.items()}
"""What terminals send for the keys whose bytes depend on the pane's modes, and tmux's names for them."""

# What the app's parser knows: the mouse (SGR, urxvt, X10), focus, sizes, modes, the cursor's position. A position in
# row 1 may look like F3 with a modifier (1;2R to 1;16R); those are keys.
_FOR_APP = re.compile(
    r"\x1b\[(?:<[-\d;]+[mM]|\d+;[-\d]+;[-\d]+M|M[^\x1b]{3}|[IO]|48(?:;[\d:]+)+t|\?[\d;]*\$y|(?!1;(?:[2-9]|1[0-6])R)\d+;\d+R)",
    re.DOTALL,
)
# Replies to questions that nobody asked here: the app's parser would read them as keys.
_FOR_NOBODY = re.compile(
    r"\x1b\[(?:\?[\d;]*[cuny]|[>=][\d;]*c|[4689](?:;\d+)+t|[03]n)"
    r"|\x1b(?:\]\d+;|P[01>!]|_G)[^\x07\x1b]*(?:\x07|\x1b\\)"
)
_KEY = re.compile(r"\x1b\[[0-9;:<=>?]*[ -/]*[@-~]|\x1bO[ -~]|\x1b[^\x1b]|.", re.DOTALL)
# A beginning that more input may complete.
_PARTIAL = re.compile(
    r"\x1b(?:\[[0-9;:<=>?]*[ -/]*|\[M.{0,2}|O)?\Z"
    r"|\x1b(?:\](?:\d+(?:;[^\x07\x1b]*\x1b?)?)?|P(?:[01>!][^\x07\x1b]*\x1b?)?|_(?:G[^\x07\x1b]*\x1b?)?)\Z",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class KeyToken:
    """One keystroke for the pane, as the terminal sent it (bytes that are not UTF-8 as surrogates)."""

    text: str


@dataclass(frozen=True, slots=True)
class PasteToken:
    """Text that was pasted, without the brackets."""

    text: str


@dataclass(frozen=True, slots=True)
class LeaderToken:
    """The leader key, alone."""


@dataclass(frozen=True, slots=True)
class AppToken:
    """What the app's own parser must see: a mouse event, a change of focus, a reply of the terminal."""

    text: str


Token = KeyToken | PasteToken | LeaderToken | AppToken


class Tokenizer:
    r"""Cuts the terminal's input into tokens, however its reads split it.

    Args:
        leader: the leader's character.

    >>> tokens = Tokenizer("\x1d")
    >>> [*tokens.feed("a\x1b[")], tokens.pending, [*tokens.feed("A")]
    ([KeyToken(text='a')], True, [KeyToken(text='\x1b[A')])
    >>> [*tokens.feed("\x1b\x1d\x1d")]
    [KeyToken(text='\x1b\x1d'), LeaderToken()]
    """

    def __init__(self, leader: str) -> None:
        self.leader = leader
        self._rest = ""

    @property
    def pending(self) -> bool:
        """Whether a sequence has begun that more input may complete; after a silence, call `flush`."""
        return bool(self._rest)

    @property
    def pasting(self) -> bool:
        """Whether a paste has begun and not ended."""
        return self._rest.startswith(PASTE_START)

    def feed(self, data: str) -> Iterator[Token]:
        """The tokens that are complete now. `take` gives what is left when the reader stops early."""
        self._rest += data
        return self._cut(final=False)

    def flush(self) -> Iterator[Token]:
        """The tokens of what is pending, taken as it is: nothing more comes."""
        return self._cut(final=True)

    def take(self) -> str:
        """What was fed and is in no token yet; it is forgotten here."""
        rest, self._rest = self._rest, ""
        return rest

    def _cut(self, *, final: bool) -> Iterator[Token]:
        while self._rest:
            token, length = self._next(final)
            if not length:
                return
            self._rest = self._rest[length:]
            if token:
                yield token

    def _next(self, final: bool) -> tuple[Token | None, int]:
        rest = self._rest
        if rest.startswith(PASTE_START):
            end = rest.find(PASTE_END)
            if end >= 0:
                return PasteToken(rest[len(PASTE_START) : end]), end + len(PASTE_END)
            return (PasteToken(rest[len(PASTE_START) :]), len(rest)) if final else (None, 0)
        if rest[0] == self.leader:
            return LeaderToken(), 1
        if match := _FOR_APP.match(rest):
            return AppToken(match[0]), match.end()
        if match := _FOR_NOBODY.match(rest):
            return None, match.end()
        if not final and _PARTIAL.match(rest):
            return None, 0
        match = _KEY.match(rest)
        assert match
        return KeyToken(match[0]), match.end()


def leader_character(name: str) -> str:
    r"""The character that the terminal sends for a leader key such as `ctrl+]`.

    Raises:
        ConfigError: not ctrl and one of a-z, `]`, `\`, `^`, `_` or space.

    >>> leader_character("ctrl+]")
    '\x1d'
    """
    modifier, _, key = name.partition("+")
    if modifier != "ctrl" or key not in {*"abcdefghijklmnopqrstuvwxyz]\\^_", "space"}:
        raise ConfigError(
            f"The leader '{name}' cannot be used.", "Take ctrl and a letter, ']', '\\', '^', '_' or space: 'ctrl+]'."
        )
    return "\0" if key == "space" else chr(ord(key.upper()) & 31)


def tmux_name(name: str) -> str:
    """Tmux's name of a leader key.

    >>> tmux_name("ctrl+]")
    'C-]'
    """
    leader_character(name)
    key = name.partition("+")[2]
    return "C-Space" if key == "space" else f"C-{key}"


def send_keys(tokens: Iterable[KeyToken]) -> list[list[str]]:
    r"""The arguments of the `send-keys` commands that type these keystrokes: names, or `-H` and bytes.

    >>> send_keys([KeyToken("h"), KeyToken("i"), KeyToken("\x1b[A"), KeyToken("\x1b[1;5A")])
    [['-H', '68', '69'], ['Up'], ['-H', '1b', '5b', '31', '3b', '35', '41']]
    """
    commands: list[list[str]] = []
    for token in tokens:
        if name := NAMES.get(token.text):
            commands.append([name])
            continue
        if not commands or commands[-1][0] != "-H":
            commands.append(["-H"])
        commands[-1] += [f"{byte:02x}" for byte in token.text.encode("utf-8", "surrogateescape")]
    return commands
