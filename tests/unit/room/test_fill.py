"""How full the context is, in spite of what a CLI asks beside the conversation."""

from agentmux.room.fill import Fill

WINDOW = 200_000


def after(*requests):
    """The tokens that count as the conversation's after these requests (model, tokens)."""
    fill = Fill()
    for model, tokens in requests:
        fill = fill.after(model, tokens, WINDOW if model == "big" else 10_000)
    return fill.model, fill.tokens, fill.share


def test_the_last_request_of_the_conversation_counts():
    assert after(("small", 900), ("big", 20_000), ("big", 50_000)) == ("big", 50_000, 0.25)


def test_requests_beside_the_conversation_do_not_count():
    requests = [("big", 50_000), ("small", 900), ("big", 51_000), ("small", 950), ("small", 990), ("big", 2_000)]
    assert after(*requests) == ("big", 51_000, 0.255)
    assert after(*requests, ("big", 60_000), ("big", 2_500), ("big", 2_000)) == ("big", 60_000, 0.3)


def test_a_compacted_conversation_counts_from_its_second_request():
    assert after(("big", 180_000), ("big", 20_000)) == ("big", 180_000, 0.9)
    assert after(("big", 180_000), ("big", 20_000), ("small", 900), ("big", 21_000)) == ("big", 21_000, 0.105)


def test_another_model_takes_the_conversation_over():
    assert after(("small", 8_000), ("big", 8_500))[0] == "big"


def test_a_model_without_a_window_has_no_share():
    assert Fill().share is None
    assert Fill().after("m", 10, None).share is None
    assert Fill().after("m", 300, 200).share == 1.0
