"""How things are said on the screen."""

from __future__ import annotations

from .model import Usage

HEAD, TAIL = 3, 7
"""Lines of an output that are shown of its beginning and of its end."""
LINE = 200
"""Characters of a line that are shown."""


def shortened(output: str) -> list[str]:
    r"""The lines of an output that are shown.

    >>> shortened("a")
    ['a']
    >>> shortened("".join(f"{n}\n" for n in range(20)))
    ['0', '1', '2', '… 10 more lines', '13', '14', '15', '16', '17', '18', '19']
    """
    lines = [line if len(line) <= LINE else line[:LINE] + "…" for line in output.strip("\n").splitlines()]
    left_out = len(lines) - HEAD - TAIL
    if left_out > 1:
        return [*lines[:HEAD], f"… {left_out} more lines", *lines[-TAIL:]]
    return lines


def spent(usage: Usage) -> str:
    """Tokens and cost.

    >>> spent(Usage(12_345, 12_000, 80, 0.0123))
    '12.3k tokens in (12.0k cached), 80 out, $0.012'
    """
    cached = f" ({_count(usage.cached)} cached)" if usage.cached else ""
    cost = "" if usage.cost is None else f", ${usage.cost:.{2 if usage.cost >= 1 else 3}f}"
    return f"{_count(usage.tokens_in)} tokens in{cached}, {_count(usage.tokens_out)} out{cost}"


def _count(number: int) -> str:
    return str(number) if number < 1000 else f"{number / 1000:.1f}k" if number < 1e6 else f"{number / 1e6:.2f}M"
