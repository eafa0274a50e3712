"""Asking a model through a library that stands in for litellm: tries, errors in a sentence, tokens and cost."""

import threading
from types import SimpleNamespace

import pytest

from agentmux.inside.native import model
from agentmux.inside.native.model import ContextFull, Model, ModelError, Stopped, Usage

NAME = "test/model"


class Refusal(Exception):
    """An error of the library."""

    def __init__(self, status, message="no", retry_after=None):
        super().__init__(message)
        self.status_code = status
        self.message = message
        self.response = SimpleNamespace(headers={"retry-after": retry_after} if retry_after else {})


class ContextWindowExceededError(Refusal):
    pass


class Library:
    """Answers each request with the next of its outcomes: an error, or pieces of a reply."""

    def __init__(self, *outcomes, price=0.25, window=10_000):
        self.outcomes = [*outcomes]
        self.asked = []
        self.price = price
        self.window = window

    def completion(self, **asked):
        self.asked.append(asked)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return iter(outcome)

    def stream_chunk_builder(self, pieces, messages):
        call = SimpleNamespace(id="c", function=SimpleNamespace(name="shell", arguments="{}"))
        message = SimpleNamespace(content="".join(pieces), tool_calls=[call])
        usage = SimpleNamespace(
            prompt_tokens=9000, completion_tokens=7, prompt_tokens_details=SimpleNamespace(cached_tokens=100)
        )
        return SimpleNamespace(choices=[SimpleNamespace(message=message)] if pieces else [], usage=usage)

    def completion_cost(self, completion_response, model):
        if self.price is None:
            raise ValueError("no price")
        return self.price

    def get_model_info(self, name):
        return {"max_input_tokens": self.window}


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    monkeypatch.setattr(model, "WAITS", (0.0, 0.0))


def ask(library, name=NAME, stop=None):
    told: list[str] = []
    reply = Model(name, lambda: library).ask([], [], stop or threading.Event(), told.append)
    return reply, [text for text in told if "Next try" in text]


def test_a_reply_has_its_message_tokens_and_cost():
    reply, _ = ask(Library(["Hel", "lo"]))
    assert reply.message == {
        "role": "assistant",
        "content": "Hello",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "shell", "arguments": "{}"}}],
    }
    assert reply.usage == Usage(9000, 100, 7, 0.25)
    assert reply.full


def test_a_model_without_a_price_has_no_cost():
    reply, _ = ask(Library(["a"], price=None, window=None))
    assert reply.usage.cost is None
    assert not reply.full
    assert (reply.usage + Usage(cost=1.0)).cost is None


@pytest.mark.parametrize("passing", [Refusal(429, "slow down"), Refusal(500), Refusal(503), TimeoutError("silent")])
def test_what_may_pass_is_tried_again(passing):
    library = Library(passing, [], ["a"])
    reply, told = ask(library)
    assert reply.message["content"] == "a"
    assert len(library.asked) == 3
    assert "Next try in 0 s." in told[0]


def test_it_is_tried_again_only_so_often():
    with pytest.raises(ModelError, match=r"Too many requests \(429\): slow down"):
        ask(Library(*[Refusal(429, "slow down")] * 3))


def test_a_wait_that_the_server_asks_for_is_kept_unless_it_is_too_long():
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        ask(Library(Refusal(429, retry_after="60")), stop=stop)
    library = Library(Refusal(429, retry_after="3600"))
    with pytest.raises(ModelError):
        ask(library)
    assert len(library.asked) == 1


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (Refusal(401, "bad key"), ModelError, r"refuses the key \(401\): bad key Set it where the session is started"),
        (Refusal(404, "unknown"), ModelError, r"There is no model test/model \(404\): unknown AGENTMUX_MODEL names"),
        (Refusal(400, "LLM Provider NOT provided. Pass"), ModelError, r"'test/model' names no provider"),
        (ContextWindowExceededError(400), ContextFull, "too long for test/model"),
        (Refusal(400, "x" * 999), ModelError, r"test/model does not answer \(400\): x{300}$"),
        (ValueError("odd"), ModelError, "test/model does not answer: odd"),
    ],
)
def test_what_does_not_pass_is_told_at_once_in_a_sentence(error, kind, sentence):
    library = Library(error)
    with pytest.raises(kind, match=sentence):
        ask(library)
    assert len(library.asked) == 1


def test_a_reply_that_nobody_waits_for_is_given_up():
    stop = threading.Event()

    def pieces():
        yield "a"
        stop.set()
        yield "b"
        raise AssertionError("read on")

    with pytest.raises(Stopped):
        ask(Library(pieces()), stop=stop)


@pytest.mark.parametrize(("name", "caches"), [("anthropic/claude", True), ("openai/gpt", False)])
def test_what_is_cached_only_on_demand_is_demanded(name, caches):
    library = Library(["a"])
    ask(library, name)
    assert ("cache_control_injection_points" in library.asked[0]) == caches
