"""What can go wrong, as one tree; every error is a sentence for the user and a hint that says what to do.

```
AgentmuxError              a failure: exit code 1
├── UsageError             the user asked for something that cannot be: exit code 2
│   ├── ConfigError        a YAML file is wrong: file, line, key
│   ├── UnknownName        no layout, profile, agent or session of that name; the nearest are named
│   └── RepositoryError    not a git repository, an empty one, a branch in the way
├── MissingProgram         tmux, git or another program is not installed, or too old
├── SandboxError           the engine does not answer, or refused
│   └── LoggedError        a command failed: the last lines, and where the whole log is
│       ├── ImageBuildError    while an image was built
│       └── SetupError         while an agent's workspace was set up
├── TerminalError          tmux refused
├── GitError               git refused
│   └── MergeConflict      the agents' work does not fit together: files and hunks
├── JudgeError             a judge's model answers something else than it was asked
│   └── JudgeSilent            it does not answer at all
└── SessionError           a session is gone, already running, or its room cannot be reached
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class AgentmuxError(Exception):
    """A failure that is told to the user as one sentence.

    Args:
        message: what is wrong, and where.
        hint: what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(AgentmuxError):
    """The user asked for something that cannot be."""

    exit_code = 2


class ConfigError(UsageError):
    """A YAML file is wrong; the message starts with `file:line:`."""


class UnknownName(UsageError):
    """Nothing of this kind has this name.

    >>> print(UnknownName("layout", "dou", ["duo", "trio"]))
    There is no layout 'dou'. Did you mean 'duo'? Known: duo, trio.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = nearest(name, names)
        guess = f"Did you mean '{near}'? " if near else ""
        super().__init__(f"There is no {kind} '{name}'.", f"{guess}Known: {', '.join(names) or 'none'}.")


class RepositoryError(UsageError):
    """The folder cannot serve as a session's repository."""


class MissingProgram(AgentmuxError):
    """A program that agentmux needs is not installed, or too old."""


class SandboxError(AgentmuxError):
    """The container engine does not answer, or refused."""


class LoggedError(SandboxError):
    """A command failed that prints much.

    Args:
        tail: the last lines that it printed.
        log: the file with everything that it printed.
        hint: what to do, beside looking there.
    """

    def __init__(self, message: str, tail: Sequence[str], log: str, hint: str = "") -> None:
        super().__init__(message, f"{hint} Everything it printed is in {log}.".lstrip())
        self.tail = tuple(tail)
        self.log = log


class ImageBuildError(LoggedError):
    """An image could not be built."""


class SetupError(LoggedError):
    """A command of `setup` failed in an agent's workspace."""


class TerminalError(AgentmuxError):
    """Tmux refused a command."""


class GitError(AgentmuxError):
    """Git refused a command."""


class MergeConflict(GitError):
    """The agents' work does not fit together; `files` maps each path to its conflicting hunks (text with markers)."""

    def __init__(self, message: str, files: dict[str, list[str]], hint: str = "") -> None:
        super().__init__(message, hint)
        self.files = files


class JudgeError(AgentmuxError):
    """A judge's model answers something else than it was asked."""


class JudgeSilent(JudgeError):
    """A judge's model does not answer at all; whoever asks it again waits in vain."""


class SessionError(AgentmuxError):
    """A session is gone, already running, or its room cannot be reached."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be.

    >>> nearest("comand", ["command", "title"])
    'command'
    """
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.5)), None)
