"""The judge's model, through litellm: the one place outside of sandboxes that imports it."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agentmux.errors import JudgeSilent, MissingProgram
from agentmux.judge.prompt import Prompt

SECONDS = 300.0
"""Until a model that does not answer is given up."""
PAUSES = (1.0, 5.0)
"""Seconds before each further try, where the provider has a hiccup. litellm's own tries need another package, or are
made for some providers only."""
TOO_MANY, BROKEN = 429, 500
"""HTTP statuses that may pass: this one, and all from that one on."""
NAMES = re.compile(r"^litellm\.\w+: (\w+: )?(\w+ - )?")
"""What litellm puts before what a provider said."""
TAINTED = ("1.82.7", "1.82.8")
"""Releases of litellm that were tampered with."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, the tokens of it, and what it cost in USD, if anybody knows."""

    text: str
    tokens_in: int
    tokens_out: int
    cost: float | None


def ask(model: str, prompt: Prompt) -> Reply:
    """The model's answer.

    Args:
        model: by litellm's name, PROVIDER/MODEL; its key and address are in the environment, as litellm has them.
        prompt: what it is asked.

    Raises:
        MissingProgram: litellm is not installed.
        JudgeSilent: the model cannot be reached, or does not answer.
    """
    litellm = _library()
    messages = [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.question}]
    asked = {"model": model, "messages": messages, "temperature": 0, "timeout": SECONDS}
    try:
        answer = _tried(lambda: litellm.completion(**asked, max_retries=0, drop_params=True))
        text = answer.choices[0].message.content or ""
    except Exception as err:  # litellm passes on what its many libraries raise
        reason = NAMES.sub("", (str(err).splitlines() or [type(err).__name__])[0])
        raise JudgeSilent(
            f"The judge {model} does not answer: {reason[:300]}",
            "Its name is PROVIDER/MODEL, its key in the provider's variable (OPENAI_API_KEY, ANTHROPIC_API_KEY, ...).",
        ) from err
    usage = getattr(answer, "usage", None)
    taken, given = (int(getattr(usage, name, 0) or 0) for name in ("prompt_tokens", "completion_tokens"))
    return Reply(text, taken, given, _cost(litellm, answer, model))


def _tried(ask: Callable[[], Any]) -> Any:
    """What `ask` returns, after a pause and once more where that may help."""
    for pause in PAUSES:
        try:
            return ask()
        except Exception as err:
            status = getattr(err, "status_code", None)
            if not isinstance(status, int) or (status != TOO_MANY and status < BROKEN):
                raise
        time.sleep(pause)
    return ask()


def _cost(litellm: Any, answer: Any, model: str) -> float | None:
    try:
        return float(litellm.completion_cost(completion_response=answer, model=model))
    except Exception:  # noqa: BLE001  raised of all kinds for a model that is not in litellm's table
        return None


def _library() -> Any:
    """litellm, which takes seconds to import; it would fetch its prices from the network and print what it thinks."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        from importlib.metadata import version

        import litellm
    except ImportError as err:
        raise MissingProgram("A judge needs litellm.", "Install it: pip install 'agentmux[judge]'.") from err
    if version("litellm") in TAINTED:
        raise MissingProgram(
            f"litellm {version('litellm')} was tampered with and is not used.",
            "Install another: pip install -U litellm.",
        )
    litellm.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm
