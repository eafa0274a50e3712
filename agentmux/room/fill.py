"""How full an agent's context is, told from the sizes of its requests.

A CLI also asks its model beside the conversation: for a title, a summary, a subagent's work. Such a request is
smaller. So a request counts as the conversation's if it is at least half as large as the last one that did. A smaller
one counts only if it is the second in a row for the same model and no smaller than the first: then the conversation
was compacted or began anew, and grows again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Fill:
    """The conversation's last request: its model, its tokens, and how many it may have (None: nobody knows).

    `aside` are the tokens of a smaller request to the same model that came after it; 0 for none.
    """

    model: str = ""
    tokens: int = 0
    window: int | None = None
    aside: int = 0

    @property
    def share(self) -> float | None:
        """How much of the context is taken, from 0 to 1; None where nobody knows."""
        return min(1.0, self.tokens / self.window) if self.window and self.tokens else None

    def after(self, model: str, tokens: int, window: int | None) -> Fill:
        """The fill after another request."""
        anew = model == self.model and 0 < self.aside <= tokens
        if 2 * tokens >= self.tokens or anew:
            return Fill(model, tokens, window)
        return replace(self, aside=tokens) if model == self.model else self
