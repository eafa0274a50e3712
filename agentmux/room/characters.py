"""Sets of characters as ranges of code points: what one place in a path's name may hold."""

from __future__ import annotations

from collections.abc import Iterable

CharSet = tuple[tuple[int, int], ...]
"""Sorted, disjoint ranges of code points, both ends inside."""

ANY: CharSet = ((1, ord("/") - 1), (ord("/") + 1, 0x10FFFF))
"""Everything that a file's name may hold: all but NUL and the slash."""

READABLE = [ord(c) for c in "abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJKLMNOPQRSTUVWXYZ."]


def one(char: str) -> CharSet:
    """The set with only this character."""
    return ((ord(char), ord(char)),)


def meet(sets: Iterable[CharSet]) -> CharSet:
    """What is in all of the sets."""
    common = ANY
    for ranges in sets:
        common = tuple(
            (max(low, first), min(high, last))
            for low, high in common
            for first, last in ranges
            if max(low, first) <= min(high, last)
        )
    return common


def without(ranges: CharSet) -> CharSet:
    """Everything that a name may hold, except these."""
    rest: list[tuple[int, int]] = []
    start = 1
    for first, last in ranges:
        if start < first:
            rest.append((start, first - 1))
        start = max(start, last + 1)
    if start <= ANY[-1][1]:
        rest.append((start, ANY[-1][1]))
    return meet([tuple(rest)])


def pick(ranges: CharSet) -> str | None:
    """Some character of the set, a readable one if there is one; None from the empty set."""
    inside = (point for point in READABLE if any(first <= point <= last for first, last in ranges))
    point = next(inside, ranges[0][0] if ranges else None)
    return None if point is None else chr(point)


def parse_class(text: str) -> CharSet:
    """The set that is written between `[` and `]`: `abc`, `a-z0-9`, `!a` or `^a`.

    Raises:
        ValueError: a range runs backwards, or a named class as in `[:alpha:]` is used.
    """
    if "[:" in text:
        raise ValueError("uses a named class such as [:alpha:]; write the characters instead")
    negated = text[:1] in ("!", "^")
    rest = text[1:] if negated else text
    ranges: list[tuple[int, int]] = []
    while rest:
        if len(rest) > 2 and rest[1] == "-":
            if rest[0] > rest[2]:
                raise ValueError(f"has the range '{rest[:3]}', which runs backwards")
            ranges.append((ord(rest[0]), ord(rest[2])))
            rest = rest[3:]
        else:
            ranges.append((ord(rest[0]), ord(rest[0])))
            rest = rest[1:]
    return without(tuple(sorted(ranges))) if negated else meet([_disjoint(sorted(ranges))])


def _disjoint(ranges: list[tuple[int, int]]) -> CharSet:
    merged: list[tuple[int, int]] = []
    for first, last in ranges:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)
