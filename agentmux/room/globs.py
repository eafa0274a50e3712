"""Claim patterns: what they cover, and whether two of them have a path in common, decided exactly.

A pattern means what it would mean in the `.gitignore` of the repository's root, with two differences:

- Paths are relative to the root, with `/` between segments. `*` is any run of characters in a segment, `?` one
  character, `[a-z]` one of a class, `[!a-z]` or `[^a-z]` none of it; no `/` ever. A `[` itself is written `[[]`.
- `**` as a whole segment: `**/a` is `a` at any depth, `a/**` all below `a`, `a/**/b` any segments between.
- A pattern with a slash before its end starts at the root. Without one it holds at any depth if it has a wildcard
  (`*.py`; `./*.py` is: at the root), and, unlike in git, at the root if it has none (`README.md`, `docs/`). Git's way
  `src/` and `docs/` would collide in `src/docs/`, which nobody meant.
- A pattern covers what it names and, if that is a folder, everything below; with a `/` at its end only the latter.
  Unlike in git, a name with an extension (`app.py`, `test_*.py`: a dot, then up to six small letters or digits) is a
  file's, so that `*.py` and `*.md` do not collide below a folder `a.py`. For such a folder, write the `/`.
- `.` is everything.
- `file#symbol` and `file:10-40` (or `file:10`) cover a part of the file only. Different symbols do not overlap, unless
  one contains the other (`Room`, `Room.submit`); nor do disjoint lines. A whole file overlaps every part of it; of a
  symbol and lines nobody can tell here, so they overlap.
- Refused: absolute paths, `..`, backslashes, a leading `!`, control characters, nothing at all, and what is too long.

Two patterns overlap if some path is covered by both. That is a search through pairs of positions: over the segments of
both and, where two segments meet, over their characters; a star is a position that may stay where it is. It costs at
most the product of both lengths, and since whoever asks must not hold up the room, what counts for that is limited.
Whether a pattern covers a path is simpler (`_fits`): a path has no stars.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import takewhile
from typing import Any, TypeVar

from agentmux.room import characters
from agentmux.room.characters import CharSet

PATTERN_LIMIT = 256
"""Characters in one pattern."""
DEPTH_LIMIT = 32
"""Names between slashes in one pattern."""
WILD_LIMIT = 40
"""Characters in those names of one pattern that have wildcards (a class counts as one, and `**` not at all)."""

Glob = tuple[CharSet | None, ...]
"""One segment; None is `*`."""
Segments = tuple[Glob | None, ...]
"""A whole pattern; None is any number of segments."""
Names = tuple[Glob | str | None, ...]
"""The same, with the names that have no wildcards as they are."""

ANY_NAME: Glob = (characters.ANY, None)
NO_NAMES = frozenset(("", ".", ".."))
NAMES: tuple[Glob, Glob] = (
    (None, characters.without(characters.one(".")), None),
    (characters.ANY, characters.ANY, characters.ANY, None),
)
"""Every other name is one of these."""
LINES = re.compile(r"(.*[^/:]):(\d+)(?:-(\d+))?")
WILDCARD = re.compile(r"[*?[]")
FILE_NAME = re.compile(r".+\.[a-z][a-z0-9]{0,5}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function, class or the like in a file."""

    name: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file, counted from 1, both ends inside."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern; `text` is its normal form."""

    text: str
    segments: Segments
    names: Names
    anchor: Symbol | Lines | None = None

    @property
    def root(self) -> str:
        """All that it covers is this file, or lies in this folder; empty for the root.

        >>> parse("src/api/*.py").root, parse("docs/a.md").root, parse("*.py").root
        ('src/api', 'docs/a.md', '')
        """
        return "/".join(takewhile(lambda name: isinstance(name, str), self.names))  # type: ignore[arg-type]


@lru_cache(4096)
def parse(text: str) -> Pattern:
    """A pattern from its text.

    >>> parse("./src//api").text
    'src/api'

    Raises:
        ValueError: it cannot be a pattern; the message is a sentence that says why.
    """
    body = text.strip()
    if problem := _problem(body):
        raise ValueError(f"The path {text[:80]!r} {problem}.")
    try:
        body, anchor = _split_anchor(body)
        return _assemble(body, anchor)
    except ValueError as error:
        raise ValueError(f"The path {text!r} {error}.") from None


def matches(pattern: Pattern, path: str) -> bool:
    """Whether the pattern covers the file of this path (of which it may name a part only)."""
    names = path.split("/")
    return NO_NAMES.isdisjoint(names) and _fits(pattern.names, names, _is_name)


def overlap(a: Pattern, b: Pattern) -> bool:
    """Whether some path, or part of a file, is covered by both."""
    return witness(a, b) is not None


def witness(a: Pattern, b: Pattern) -> str | None:
    """A path that both cover; None if there is none."""
    return _common_path(a.segments, b.segments) if _anchors_overlap(a.anchor, b.anchor) else None


def covers(a: Pattern, b: Pattern) -> bool:
    """Whether `a` surely covers everything that `b` covers (False may also mean: too hard to see)."""
    if not (a.anchor is None or a.anchor == b.anchor):
        return False

    @cache
    def rest(i: int, j: int) -> bool:
        left, right = a.segments[i:], b.segments[j:]
        if not left or not right:
            return not right and not any(left)
        if left[0] is None:
            return rest(i + 1, j) or rest(i, j + 1)
        return right[0] is not None and _glob_covers(left[0], right[0]) and rest(i + 1, j + 1)

    return rest(0, 0)


def weight(pattern: Pattern) -> int:
    """How much work the pattern is: two cost at most the product of their weights to compare, some 10 µs each.

    >>> weight(parse("app.py")), weight(parse("src/api")), weight(parse("src/**/test_*.py"))
    (1, 2, 11)
    """
    wild = (segment for segment in pattern.segments if segment is not None and not _is_literal(segment))
    return 1 + sum(segment is None for segment in pattern.segments) + sum(map(len, wild))


def _problem(body: str) -> str:
    rules = [
        (not body, "is empty"),
        (len(body) > PATTERN_LIMIT, f"has more than {PATTERN_LIMIT} characters"),
        (any(ord(c) < 32 or 127 <= ord(c) < 160 for c in body), "has a control character"),
        ("\\" in body, "has a backslash; write '/' between folders"),
        (body.startswith("/"), "is absolute; write it relative to the repository's root"),
        (body.startswith("!"), "begins with '!'; a claim cannot exclude"),
    ]
    return next((problem for applies, problem in rules if applies), "")


def _split_anchor(body: str) -> tuple[str, Symbol | Lines | None]:
    if "#" in body.rpartition("/")[2]:
        path, _, symbol = body.rpartition("#")
        if not symbol or not path or path.endswith("/"):
            raise ValueError("needs a file before '#' and a symbol after it")
        return path, Symbol(symbol)
    if match := LINES.fullmatch(body):
        lines = Lines(int(match[2]), int(match[3] or match[2]))
        if not 1 <= lines.first <= lines.last:
            raise ValueError("needs lines from 1 up, the smaller first")
        return match[1], lines
    return body, None


def _assemble(body: str, anchor: Symbol | Lines | None) -> Pattern:
    names = [name for name in body.split("/") if name not in ("", ".")]
    if not names:
        names, body = ["**"], "**"
    if ".." in names:
        raise ValueError("has '..'; write it relative to the repository's root")
    if len(names) > DEPTH_LIMIT:
        raise ValueError(f"is more than {DEPTH_LIMIT} names deep; claim a folder above")
    if sum(len(_glob(name)) for name in names if name != "**" and WILDCARD.search(name)) > WILD_LIMIT:
        raise ValueError(
            f"has more than {WILD_LIMIT} characters in names with wildcards; write them shorter, like 'test_*.py'"
        )
    folder = body.endswith("/")
    wild = WILDCARD.search(names[-1]) is not None
    rooted = len(names) > 1 or body.startswith("./") or not wild
    text = ("./" if rooted and wild and len(names) == 1 else "") + "/".join(names) + ("/" if folder else "")
    segments: list[Glob | None] = [] if rooted else [None]
    segments += [None if name == "**" else _glob(name) for name in names[:-1]]
    segments += [None, ANY_NAME] if names[-1] == "**" else [_glob(names[-1])]
    if folder:
        segments += [ANY_NAME, None]
    elif anchor is None and not FILE_NAME.fullmatch(names[-1]):
        segments.append(None)
    plain = (_spelled(glob) if glob and _is_literal(glob) else glob for glob in segments)
    return Pattern(text + _anchor_text(anchor), tuple(segments), tuple(plain), anchor)


def _anchor_text(anchor: Symbol | Lines | None) -> str:
    match anchor:
        case None:
            return ""
        case Symbol(name):
            return f"#{name}"
        case Lines(first, last):
            return f":{first}-{last}"


def _glob(name: str) -> Glob:
    places: list[CharSet | None] = []
    at = 0
    while at < len(name):
        char = name[at]
        if char == "*":
            if not places or places[-1] is not None:
                places.append(None)
        elif char == "?":
            places.append(characters.ANY)
        elif char == "[":
            # A `]` right after the opening (or the negation) belongs to the class.
            begin = at + 1
            end = name.find("]", begin + (2 if name[begin : begin + 1] in ("!", "^") else 1))
            if end < 0:
                raise ValueError("has a '[' without its ']'; a '[' itself is written '[[]'")
            places.append(characters.parse_class(name[begin:end]))
            at = end
        else:
            places.append(characters.one(char))
        at += 1
    return tuple(places)


def _is_literal(glob: Glob) -> bool:
    return all(place is not None and len(place) == 1 and place[0][0] == place[0][1] for place in glob)


def _glob_covers(a: Glob, b: Glob) -> bool:
    return a in (b, (None,), ANY_NAME) or (_is_literal(b) and _name((a, b)) is not None)


def _anchors_overlap(a: Symbol | Lines | None, b: Symbol | Lines | None) -> bool:
    if isinstance(a, Symbol) and isinstance(b, Symbol):
        return a == b or _contains(a.name, b.name) or _contains(b.name, a.name)
    if isinstance(a, Lines) and isinstance(b, Lines):
        return a.first <= b.last and b.first <= a.last
    return True


def _contains(outer: str, inner: str) -> bool:
    return inner.startswith((f"{outer}.", f"{outer}::"))


@lru_cache(4096)
def _common_path(a: Segments, b: Segments) -> str | None:
    names = _run((a, b), _name)
    return None if names is None else "/".join(names)


@lru_cache(16384)
def _name(globs: tuple[Glob, ...]) -> str | None:
    """A name that all globs accept."""
    if literal := next(filter(_is_literal, globs), None):
        spelled = _spelled(literal)
        return spelled if spelled not in NO_NAMES and all(_accepts(glob, spelled) for glob in globs) else None
    name = _word(globs)
    if name in NO_NAMES:
        return next(filter(None, (_word((*globs, kind)) for kind in NAMES)), None)
    return name


def _word(globs: tuple[Glob, ...]) -> str | None:
    chars = _run(globs, _char)
    return None if chars is None else "".join(chars)


def _fits(places: Sequence[Any], letters: Sequence[T], accepts: Callable[[Any, T], bool]) -> bool:
    """Whether there is a way through all places with these letters; None in a place stands for any number of them.

    Where it does not go on after a star, the star takes one letter more. Stars before the last one need not: what
    follows them was found as early as can be. So it costs at most the product of both lengths.
    """
    at = place = 0
    star, taken = -1, 0
    while at < len(letters):
        if place < len(places) and (wanted := places[place]) is None:
            star, taken = place, at
            place += 1
        elif place < len(places) and wanted is not None and accepts(wanted, letters[at]):
            place, at = place + 1, at + 1
        elif star >= 0:
            taken += 1
            place, at = star + 1, taken
        else:
            return False
    return all(rest is None for rest in places[place:])


def _is_name(wanted: Glob | str, name: str) -> bool:
    return wanted == name if isinstance(wanted, str) else _accepts(wanted, name)


def _accepts(glob: Glob, name: str) -> bool:
    """Whether the glob fits the name."""
    return _fits(glob, name, _is_in)


def _is_in(ranges: CharSet, char: str) -> bool:
    point = ord(char)
    return any(first <= point <= last for first, last in ranges)


def _spelled(glob: Glob) -> str:
    return "".join(chr(place[0][0]) for place in glob if place)


@lru_cache(4096)
def _char(sets: tuple[CharSet, ...]) -> str | None:
    return characters.pick(characters.meet(sets))


def _run(sequences: tuple[Sequence[T | None], ...], common: Callable[[tuple[T, ...]], str | None]) -> list[str] | None:
    """A word that leads through all sequences at once; None if there is none.

    Args:
        sequences: each a list of items; None in it stands for any number of letters.
        common: a letter that fits all these items, or None.
    """
    start, goal = (0,) * len(sequences), tuple(map(len, sequences))
    came: dict[tuple[int, ...], tuple[tuple[int, ...], str | None] | None] = {start: None}
    queue = deque([start])
    while queue and goal not in came:
        state = queue.popleft()
        steps: list[tuple[tuple[int, ...], str | None]] = [
            ((*state[:k], at + 1, *state[k + 1 :]), None)
            for k, at in enumerate(state)
            if at < goal[k] and sequences[k][at] is None
        ]
        if all(at < end for at, end in zip(state, goal, strict=True)):
            items = [sequence[at] for sequence, at in zip(sequences, state, strict=True)]
            fixed = tuple(item for item in items if item is not None)
            if fixed and (letter := common(fixed)) is not None:
                moved = tuple(at + (item is not None) for at, item in zip(state, items, strict=True))
                steps.append((moved, letter))
        for step, letter in steps:
            if step not in came:
                came[step] = (state, letter)
                queue.append(step)
    if goal not in came:
        return None
    word: list[str] = []
    back = came[goal]
    while back is not None:
        state, letter = back
        if letter is not None:
            word.append(letter)
        back = came[state]
    return word[::-1]
