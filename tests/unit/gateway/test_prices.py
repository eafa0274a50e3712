"""Money is an estimate from a table; what is not in it has no price."""

import datetime

import pytest

from agentmux import yamlfile
from agentmux.errors import ConfigError
from agentmux.gateway import prices
from agentmux.gateway.prices import Price, Prices, PriceTable
from agentmux.gateway.usage import Tokens

MILLION = 1_000_000


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("AGENTMUX_CONFIG", str(tmp_path))
    return tmp_path / "prices.yaml"


def test_each_kind_of_token_has_its_price(config):
    table = prices.load()
    all_kinds = Tokens(
        "claude-opus-5-5", taken=5 * MILLION, cached=MILLION, given=MILLION, written=2 * MILLION, held=MILLION
    )
    assert table.cost(all_kinds) == pytest.approx(2 * 4 + 0.2 + 5 + 8 + 20)
    assert table.cost(Tokens("gemini-4-argon", 1000, 0, 0)) == pytest.approx(0.002)


def test_a_long_request_costs_more_as_a_whole(config):
    table = prices.load()
    assert table.cost(Tokens("gpt-6.1-sol", 272_000, 0, 1000)) == pytest.approx(0.272 * 2 + 0.01)
    assert table.cost(Tokens("gpt-6.1-sol", 272_001, 1, 1000)) == pytest.approx(0.272 * 4 + 0.015, abs=1e-5)


def test_where_a_cache_has_no_price_of_its_own_the_input_has():
    table = Prices({"m": Price(input=2, output=1)})
    assert table.cost(Tokens("m", MILLION, 500_000, 0, written=500_000, held=250_000)) == pytest.approx(2)


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("claude-haiku-4-5-20251001", 200_000),
        ("claude-haiku-4-5@20251001", 200_000),
        ("Claude-Sonnet-5-5[1m]", 1_000_000),
        ("gpt-5.4-2026-03-05", 1_050_000),
        ("anthropic/claude-opus-4-5", 200_000),
        ("models/gemini-2.5-pro", 1_048_576),
        ("claude-opus-5-6", None),
        ("gpt-5.4-pro", None),
        ("scripted-1", None),
        ("", None),
    ],
)
def test_a_model_is_known_by_its_name_and_never_by_a_likeness(config, model, window):
    table = prices.load()
    assert table.window(model) == window
    assert (table.cost(Tokens(model, 10, 0, 10)) is None) == (window is None)


def test_the_users_prices_replace_and_add(config):
    config.write_text(
        "models:\n"
        "  claude-opus-5-5: {input: 1, output: 1}\n"
        "  local/*: {input: 0, output: 0, window: 32000}\n"
        "  local/big*: {input: 0, output: 0, window: 64000}\n"
    )
    table = prices.load()
    assert table.cost(Tokens("claude-opus-5-5", MILLION, 0, MILLION)) == 2
    assert (table.window("local/qwen"), table.window("local/bigger")) == (32_000, 64_000)
    assert table.cost(Tokens("local/qwen", MILLION, 0, MILLION)) == 0
    assert table.window("gpt-6.1-sol") == 922_000


def test_a_mistake_in_the_users_prices_is_a_sentence(config):
    config.write_text("models:\n  m: {input: 1, ouput: 2}\n")
    with pytest.raises(ConfigError, match=r"prices.yaml:2: unknown key 'models.m.ouput'. Did you mean 'output'"):
        prices.load()


def test_the_shipped_table_says_when_and_whence():
    table = yamlfile.load(prices.SHIPPED, PriceTable)
    assert table.date
    assert table.date >= datetime.date(2026, 11, 21)
    assert table.source
    for name, price in table.models.items():
        assert price.window, name
        assert (price.cached or 0) < price.input < price.output, name
        assert price.long is None or price.long.input > price.input, name
