"""How alike texts are: by the words that they share."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

WORD = re.compile(r"\w+")
WINDOW = 200
"""With how many earlier, different texts each one is compared: a day of chatter is scored in seconds."""


def similarities(texts: Sequence[str]) -> list[float]:
    """For each text how much it is like the earlier one that it is most like, from 0 to 1.

    That is the number of different words in both / in either, without regard to case, order and punctuation. Earlier
    ones are those with the same words, and the last `WINDOW` that differ.

    >>> similarities(["Done with a.py", "done: a.py, with!", "done with b.py", "hello"])
    [0.0, 1.0, 0.6, 0.0]
    """
    seen: set[frozenset[str]] = set()
    recent: deque[frozenset[str]] = deque(maxlen=WINDOW)
    found = []
    for text in texts:
        words = frozenset(WORD.findall(text.lower())) or frozenset([text.strip()])
        if words in seen:
            found.append(1.0)
            continue
        found.append(max((alike(words, other) for other in recent), default=0.0))
        seen.add(words)
        recent.append(words)
    return found


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The number of words in both / in either."""
    both = len(one & other)
    return both / (len(one) + len(other) - both)
