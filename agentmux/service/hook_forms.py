"""What hooks of other CLIs are told, in the words of `hooks.py`: Gemini CLI's.

Its format: https://geminicli.com/docs/hooks/reference. Its answers have the form of `hooks.py` already. OpenCode's
plugin, in its profile, speaks those words by itself.
"""

from __future__ import annotations

from typing import Any

EVENTS = {
    "BeforeAgent": "UserPromptSubmit",
    "BeforeTool": "PreToolUse",
    "AfterTool": "PostToolUse",
    "AfterAgent": "Stop",
}
TOOLS = {
    "ask_user": "AskUserQuestion",
    "exit_plan_mode": "ExitPlanMode",
    "read_file": "Read",
    "replace": "Edit",
    "run_shell_command": "Bash",
    "write_file": "Write",
}
NOTIFICATIONS = {"ToolPermission": "permission_prompt"}
WORDS = {"hook_event_name": EVENTS, "tool_name": TOOLS, "notification_type": NOTIFICATIONS}
NO_MORE = {"stop_hook_active": True}
"""A turn that the human cancels ends with AfterAgent, too, and mail in the answer is lost then: it is typed instead."""


def in_our_words(told: Any) -> Any:
    """The same, with the names that `hooks.py` knows; what is in no form of a hook stays as it is.

    >>> in_our_words({"hook_event_name": "AfterTool", "tool_name": "replace", "tool_input": {"file_path": "a.py"}})
    {'hook_event_name': 'PostToolUse', 'tool_name': 'Edit', 'tool_input': {'file_path': 'a.py'}}
    """
    if not isinstance(told, dict):
        return told
    ours = {key: words.get(told[key], told[key]) for key, words in WORDS.items() if isinstance(told.get(key), str)}
    return told | ours | (NO_MORE if told.get("hook_event_name") == "AfterAgent" else {})
