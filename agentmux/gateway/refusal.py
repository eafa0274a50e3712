"""The gateway's own no, in the form in which the model's provider would say it.

The status is 400: CLIs try again after 402, 403, 429 or 5xx, or send the human to a login; after 400 they tell the
sentence and end the turn.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

STATUS = 400


def refused(path: str, sentence: str) -> JSONResponse:
    """The answer to a request for this path; which API it is of shows there."""
    return JSONResponse(_body(path, sentence), STATUS)


def _body(path: str, sentence: str) -> dict[str, Any]:
    if path.endswith("/messages"):  # Anthropic
        return {"type": "error", "error": {"type": "invalid_request_error", "message": sentence}}
    if ":" in path.rpartition("/")[2]:  # Gemini: .../models/MODEL:generateContent
        return {"error": {"code": STATUS, "message": sentence, "status": "FAILED_PRECONDITION"}}
    return {"error": {"message": sentence, "type": "invalid_request_error", "param": None, "code": "budget_exhausted"}}
