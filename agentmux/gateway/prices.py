"""What a reply of a model costs, from a table of list prices: an estimate, and None for a model that nobody priced.

The table is `prices.yaml` beside this file; an entry in the user's own `prices.yaml` (config folder) replaces the
shipped one of the same name.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field

from agentmux import yamlfile
from agentmux.config import Strict
from agentmux.gateway.usage import Tokens
from agentmux.paths import config_home

SHIPPED = Path(__file__).with_name("prices.yaml")
MILLION = 1_000_000
DATED = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2})$")
VARIANT = re.compile(r"\[[^]]*\]$")


class Rates(Strict):
    """USD per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(None, ge=0)
    """Read from a cache; the price of `input` where none is given."""
    written: float | None = Field(None, ge=0)
    """Put into a cache; the price of `input` where none is given."""
    held: float | None = Field(None, ge=0)
    """Put into a cache for an hour; the price of `written` where none is given."""

    def cost(self, tokens: Tokens) -> float:
        """USD."""
        written = self.input if self.written is None else self.written
        return (
            (tokens.taken - tokens.cached - tokens.written) * self.input
            + tokens.cached * (self.input if self.cached is None else self.cached)
            + (tokens.written - tokens.held) * written
            + tokens.held * (written if self.held is None else self.held)
            + tokens.given * self.output
        ) / MILLION


class LongRates(Rates):
    """Other prices for long requests."""

    above: int = Field(gt=0)
    """Tokens: they hold for the whole of a request with more than these."""


class Price(Rates):
    """One model's prices, and how much it can be given."""

    window: int | None = Field(None, gt=0)
    """The most tokens that a request may have."""
    long: LongRates | None = None


class PriceTable(Strict):
    """A file of prices."""

    date: datetime.date | None = None
    """The day on which they were looked up."""
    source: str = ""
    models: dict[str, Price] = Field(default_factory=dict)


class Prices:
    """Looks up what models cost.

    Args:
        models: prices by the model's name, without a date; `*` in a name stands for anything.
    """

    def __init__(self, models: Mapping[str, Price]) -> None:
        self._exact = {name.lower(): price for name, price in models.items()}
        self._patterns = sorted((name for name in self._exact if "*" in name), key=len, reverse=True)

    def of(self, model: str) -> Price | None:
        """The price of a model as a provider names it; None where the table has none.

        The whole name counts more than one without date and provider, and that more than the longest fitting pattern.
        """
        whole = VARIANT.sub("", model.lower())
        short = DATED.sub("", whole.rpartition("/")[2])
        if found := self._exact.get(whole) or self._exact.get(short):
            return found
        fitting = (name for name in self._patterns if fnmatchcase(whole, name) or fnmatchcase(short, name))
        return next((self._exact[name] for name in fitting), None)

    def cost(self, tokens: Tokens) -> float | None:
        """An estimate in USD; None for a model without a price."""
        price = self.of(tokens.model)
        if price is None:
            return None
        return (price.long if price.long and tokens.taken > price.long.above else price).cost(tokens)

    def window(self, model: str) -> int | None:
        """The most tokens that a request to the model may have; None where nobody says."""
        price = self.of(model)
        return price.window if price else None


def load() -> Prices:
    """The shipped prices with the user's own over them; raises ConfigError."""
    models = yamlfile.load(SHIPPED, PriceTable).models
    own = config_home() / "prices.yaml"
    return Prices(models | yamlfile.load(own, PriceTable).models if own.exists() else models)
