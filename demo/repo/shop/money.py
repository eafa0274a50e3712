"""Amounts of money: whole cents inside, text outside."""


def show(cents: int) -> str:
    """An amount for people.

    >>> show(1250)
    '12.50'
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def parse(text: str) -> int:
    """The cents in a text like '12.50' or '12'; raises ValueError."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > 2:
        raise ValueError(f"{text!r} has parts of a cent")
    return int(whole) * 100 + int(fraction.ljust(2, "0"))
