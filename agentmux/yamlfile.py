"""YAML files into models, and every mistake into `file:line: key: what is wrong and what to write`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from agentmux.errors import ConfigError, nearest

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]
FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Eight times as fast, where PyYAML was built with it."""


def load(path: Path, model: type[Model]) -> Model:
    """Read a YAML file as a model.

    Raises:
        ConfigError: the file cannot be read, is no YAML, or does not fit; the message names file, line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        raise ConfigError(f"{path}: cannot be read: {err.strerror}.") from err
    except UnicodeDecodeError as err:
        raise ConfigError(f"{path}: cannot be read: it is not UTF-8.") from err
    try:
        root, data = _read(text)
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 1
        raise ConfigError(f"{path}:{line}: this is no YAML: {err.problem}.") from err
    except yaml.YAMLError as err:
        raise ConfigError(f"{path}: this is no YAML: {err}.") from err
    if twice := _key_that_is_there_twice(root):
        line, key = twice
        raise ConfigError(f"{path}:{line}: the key '{key}' is there twice.", "Keep one of them.")
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as err:
        raise _explain(path, root, model, err) from err


def dump(model: BaseModel) -> str:
    """A model as YAML text that `load` reads back."""
    return yaml.safe_dump(model.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    """What YAML text says, and where; raises YAMLError."""
    with suppress(yaml.YAMLError):  # the other one says better what is wrong
        return FAST(text).get_single_node(), FAST(text).get_single_data()
    return yaml.SafeLoader(text).get_single_node(), yaml.SafeLoader(text).get_single_data()


def _explain(path: Path, root: yaml.Node | None, model: type[BaseModel], err: ValidationError) -> ConfigError:
    errors = err.errors()
    # A misspelled key is also a missing one; the misspelling is what helps.
    first = next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])
    where: Location = tuple(part for part in first["loc"] if part != "[key]")
    line = _line(root, where)
    key = ".".join(str(part) for part in where)
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, where[:-1])
        near = nearest(str(where[-1]), known)
        hint = f"Did you mean '{near}'?" if near else f"Known keys: {', '.join(known)}."
        return ConfigError(f"{path}:{line}: unknown key '{key}'.", hint)
    if first["type"] == "missing":
        return ConfigError(f"{path}:{line}: the key '{key}' is missing.")
    if first["type"] in ("model_type", "dict_type"):
        return ConfigError(
            f"{path}:{line}: {key + ': ' if key else ''}this must be keys with values, like `title: Two agents`."
        )
    what = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"{path}:{line}: {key + ': ' if key else ''}{what[:1].lower() + what[1:]}.")


def _key_that_is_there_twice(node: yaml.Node | None) -> tuple[int, str] | None:
    """The line (from 1) and the name of a key whose value YAML would silently drop."""
    if isinstance(node, yaml.SequenceNode):
        return next((found for item in node.value if (found := _key_that_is_there_twice(item))), None)
    if not isinstance(node, yaml.MappingNode):
        return None
    seen = set()
    for key, value in node.value:
        if key.value in seen:
            return key.start_mark.line + 1, key.value
        if isinstance(key, yaml.ScalarNode):
            seen.add(key.value)
        if found := _key_that_is_there_twice(value):
            return found
    return None


def _line(node: yaml.Node | None, where: Location) -> int:
    """The line (from 1) on which the key at `where` stands, or its nearest existing parent."""
    line = node.start_mark.line + 1 if node else 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _known_keys(model: type[BaseModel], where: Location) -> list[str]:
    """The keys that are allowed at a place inside the model."""
    current: type[BaseModel] = model
    for part in where:
        field = None if isinstance(part, int) else current.model_fields.get(part)
        if field is None:  # a place in a list, or a key that the user chose
            continue
        models = _models(field.annotation)
        if not models:
            return []
        current = models[0]
    return [field.alias or name for name, field in current.model_fields.items()]


def _models(annotation: object) -> list[type[BaseModel]]:
    """The models that a type is made of: itself, or those in a list, a union or an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
