"""Profiles: how agents' CLIs are run."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from agentmux.config.words import EnvName, FilePath, HomePath, KeyHeader, Place, PlaceholderName, ScreenRule, Strict


class Install(Strict):
    """What a profile's CLI needs in its image; versions are pinned."""

    apt: list[str] = []
    npm: list[str] = []
    uv: list[str] = []
    """Python tools, each in an environment of its own; after a space, packages that it needs there as well."""


class ScreenRules(Strict):
    """How to read an agent's state from the bottom lines of its pane (regular expressions, searched per line).

    `{agent}` in a rule stands for the agent's name.
    """

    version: int = 1
    idle: ScreenRule | None = None
    """Matches the cursor's line when the agent waits at an empty prompt. Messages are typed only then."""
    needs_you: list[ScreenRule] = []
    """Each matches a line that is on the screen only while the agent waits for the human."""
    working: list[ScreenRule] = []
    """Each matches a line that is on the screen only while the agent works."""
    lines: int = Field(12, ge=1, le=100)
    """How many lines from the bottom of the text are read."""


class CliFile(Strict):
    """A file that the CLI finds when it starts for the first time."""

    path: FilePath
    """`~/...` in the agent's home, where the agent may change it, or `/etc/TOOL/...`, where it may not."""
    text: str
    """Its text; `{rules}`, `{room_url}`, `{model_url}`, `{model}`, `{agent}` and `{session}` are filled in wherever
    they stand."""


class ModelAccess(Strict):
    """How the CLI reaches its model: at `{model_url}`, the room's gateway. The real key stays on the host."""

    name: str = Field("", pattern=r"^([\w-]+/\S+)?$")
    """What `{model}` stands for, PROVIDER/MODEL, where your AGENTMUX_MODEL names no other model; empty for a CLI that
    has a choice of its own."""
    upstream: str = Field(pattern=r"^https?://")
    """Where the gateway passes requests on to: the URL that `{model_url}` stands for."""
    upstream_env: EnvName
    """Your environment variable that names another upstream."""
    keys: dict[EnvName, KeyHeader] = Field(min_length=1)
    """Your environment variables that hold a key, each with the header that carries it; the first one set is used."""
    others: list[ModelAccess] = []
    """The same for other providers. Taken is the provider of AGENTMUX_MODEL, else the first that you have a key for."""


Permissions = Literal["bypass", "ask"]
"""Whether agents use their tools without asking, since the sandbox holds them, or ask the human before."""
RecordForm = Literal["claude", "codex", "gemini"]


class LoginFile(Strict):
    """A JSON file in which the CLI keeps a login, on your machine and in the agent's home alike."""

    path: HomePath
    """`~/...`: where it is, and where its copy goes."""
    moved_by: EnvName | None = None
    """Your environment variable that names another folder for it on your machine."""
    keychain: str = Field("", pattern=r"^[^-]?.*$")
    """The item of the keychain that has its text on macOS, where the file is not there."""
    keep: list[str] = []
    """The only keys that are copied; without it all are."""
    blank: list[str] = []
    """Texts that stay empty in the copy, like `tokens.refresh`: a token that works once, so that an agent that used it
    would end your own login."""
    expires: str = ""
    """What says until when it can be used: seconds or milliseconds since 1970, or a JSON web token."""


class Records(Strict):
    """Where the CLI itself keeps, in its home, what its model's replies cost."""

    form: RecordForm
    """How: as one of these CLIs does."""
    folder: HomePath
    """`~/...`: the files of JSON lines in this folder, and in those below it."""


class Login(Strict):
    """A login of yours, mostly a subscription, that agents may use instead of a key once you agree.

    Such an agent reaches its provider by itself: nothing is behind `{model_url}`, and its tokens are counted only where
    its CLI keeps records of them.
    """

    env: list[EnvName] = []
    """Your variables that may hold a token; one that is set is taken instead of files."""
    files: list[LoginFile] = []
    """Where the CLI keeps it; taken if the first is there."""
    renew: str
    """What you run to log in, and to renew a login that has expired."""
    hosts: list[Place] = []
    """Places that the CLI needs to reach with it."""
    without: list[EnvName] = []
    """Of the profile's `env`, what leads to `{model_url}`; left out with a login."""
    records: Records | None = None
    """Where its tokens are read, since they do not pass the gateway; without it nobody knows them."""
    values: dict[Literal["key", "login"], dict[PlaceholderName, str]] = {}
    """What differs otherwise: for `key` and for `login`, what each name in braces stands for."""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if not (self.env or self.files):
            raise ValueError("a login has `env`, `files` or both")
        if self.values and self.values.get("key", {}).keys() != self.values.get("login", {}).keys():
            raise ValueError("values need `key` and `login`, each with the same names")
        return self


class Profile(Strict):
    """How to run one kind of agent CLI."""

    title: str
    """The CLI's name for people."""
    command: list[str] = Field(min_length=1)
    """The program and its arguments. An argument `{task}` or `--option={task}` becomes the task's text, or is left out
    where there is none, and `{rules}` the room's rules; `{model}`, `{task_file}`, `{inside}` (where the `room` command
    and the scripted agent are), `{agent}` and `{session}` are filled in wherever they stand."""
    resume: list[str] = []
    """The command that goes on with the last conversation, for an agent that is started again after it had one;
    without it, `command` starts a new one."""
    install: Install = Install()
    env: dict[EnvName, str] = {}
    """Environment of the program, filled in like the files; no secrets here."""
    files: list[CliFile] = []
    """Its configuration. A file under /etc needs a sandbox other than `process`."""
    model: ModelAccess | None = None
    """How it reaches its model without a network and without a key of its own. `process` cannot do that."""
    login: Login | None = None
    """What it can use instead of a key."""
    hooks: bool = False
    """Whether its state comes from its hooks, which run `room hook`; the screen then only tells where one may type."""
    wake: Literal["reason", "context"] = "reason"
    """How its `Stop` hook takes mail: as the reason why it may not stop yet, or as context like that of other hooks."""
    secrets: list[EnvName] = []
    """Names of environment variables of yours that the agent may see."""
    screen: ScreenRules = ScreenRules()
    interrupt: str = "C-c"
    """The key (tmux's name for it) that stops what the agent is doing, or several between spaces."""
    typing: bool = False
    """Whether messages may be typed at its prompt. Never for a shell: it would run them."""
    type_task: bool = False
    """Whether the task is typed at its prompt, too, for a CLI that takes none from its command line. Needs `typing`."""
    patches: bool = False
    """Whether it gets the reference patches of its features, in the folder `patches` beside `{task_file}`."""
    hosts: list[Place] = []
    """Places that the CLI needs to reach, like a layout's `allow`."""
    permissions: dict[Permissions, dict[PlaceholderName, str]] = {}
    """What differs by the layout's `permissions`: for `bypass` and for `ask`, what each name in braces stands for in
    the command, the environment and the files. Without it the CLI cannot be told to ask."""

    @model_validator(mode="after")
    def _permissions_name_the_same(self) -> Self:
        if self.permissions and self.permissions.get("bypass", {}).keys() != self.permissions.get("ask", {}).keys():
            raise ValueError("permissions need `bypass` and `ask`, each with the same names")
        return self

    @model_validator(mode="after")
    def _task_can_be_typed(self) -> Profile:
        if self.type_task and not self.typing:
            raise ValueError("type_task needs typing: true")
        return self

    @property
    def needs_isolation(self) -> bool:
        """Whether it cannot run as a plain process."""
        return self.model is not None or any(file.path.startswith("/etc/") for file in self.files)
