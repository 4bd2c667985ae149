"""Policies as files: YAML with the source text beside it, read with care and with the line of whatever is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from app.domain.case import Json
from app.domain.criterion_reading import Path as DataPath
from app.domain.errors import Rejected
from app.domain.policy import Policy, policy_and_problems

LARGEST = 1_000_000
"""Characters of a policy file, and of a source text. The longest that ships has a twentieth."""
_DEEPEST = 40
"""Levels of a tree. The deepest policy that ships has a quarter."""

# The same safe loader; libyaml's is ten times as fast where it is there.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something wrong with a policy file: the line it stands on (from 1; 0 for the whole file), in words."""

    line: int
    text: str

    def __str__(self) -> str:
        sentence = self.text[:1].upper() + self.text[1:].rstrip(".") + "."
        return f"Line {self.line}: {sentence}" if self.line else sentence


_Parsed = tuple[Json, Mapping[DataPath, int], tuple[FileProblem, ...]]


def parsed_yaml(text: str) -> _Parsed:
    """What a YAML text holds, the line of every key, and what is wrong with it as YAML.

    Only plain data is made of it. Aliases are refused: a file of a few lines may stand for gigabytes with them.
    """
    if len(text) > LARGEST:
        return {}, {}, (FileProblem(0, f"the file has more than {LARGEST:,} characters"),)
    try:
        problem = _dangerous(text)
        if problem is not None:
            return {}, {}, (problem,)
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            data = _plain(loader.construct_document(node)) if node is not None else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        return {}, {}, (_yaml_problem(error),)
    except (ValueError, OverflowError, RecursionError) as error:  # a date such as 2026-13-45
        return {}, {}, (FileProblem(0, f"the file holds a value that is none: {error}"),)
    if not isinstance(data, dict):
        return {}, {}, (FileProblem(1, "a policy file is a map of keys and values"),)
    lines: dict[DataPath, int] = {}
    doubled = []
    for path, line, again in _lines(node, ()):
        lines[path] = line
        if again:
            doubled.append(FileProblem(line, f"the key “{path[-1]}” stands here twice"))
    return data, lines, tuple(doubled)


def file_problems(text: str, source_text: str) -> tuple[FileProblem, ...]:
    """Everything that is wrong with a policy file and its source text, in the order of the lines."""
    return _judged(parsed_yaml(text), source_text)[1]


def policy_of_text(text: str, source_text: str, name: str = "the policy") -> Policy:
    """The policy of a YAML text. Raises `Rejected` with the first line that is wrong and how many more there are."""
    return _policy_of(parsed_yaml(text), source_text, name)


def _policy_of(parsed: _Parsed, source_text: str, name: str) -> Policy:
    policy, problems = _judged(parsed, source_text)
    if problems or policy is None:
        rest = len(problems) - 1
        more = f" There {'are' if rest > 1 else 'is'} {rest} more." if rest else ""
        raise Rejected(
            f"{name[:1].upper()}{name[1:]} is not well formed. {problems[0]}{more}",
            "Mend the file and check it again.",
            code="policy_file",
            line=problems[0].line,
            count=len(problems),
        )
    return policy


def _judged(parsed: _Parsed, source_text: str) -> tuple[Policy | None, tuple[FileProblem, ...]]:
    data, lines, problems = parsed
    if not data:
        return None, problems
    policy, found = policy_and_problems(data, source_text)
    every = {*problems, *(FileProblem(_line(lines, p.path), p.text) for p in found)}
    return policy, tuple(sorted(every, key=lambda p: (p.line, p.text)))


def source_text_of(path: Path, text: str) -> str:
    """The source text a policy file names (`text:`, relative to the file); "" where it names none.

    It has to lie beside or below the file. Raises `Rejected` when it cannot be read.
    """
    return _source_text(path, parsed_yaml(text)[0])


def _source_text(path: Path, data: Json) -> str:
    name = str(data.get("text", ""))
    if not name:
        return ""
    place = (path.parent / name).resolve()
    if not place.is_relative_to(path.parent.resolve()):
        raise Rejected(
            f"The source text “{name}” does not lie beside the policy file.",
            "Put it there, and name it without “..”.",
            code="policy_text",
        )
    return read_text(place)


def read_text(path: Path) -> str:
    """A file's text, UTF-8. Raises `Rejected` when it cannot be read, is no text, or is too large."""
    try:
        if path.stat().st_size > 4 * LARGEST:
            raise Rejected(f"“{path.name}” is too large for a policy.", code="policy_file")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise Rejected(
            f"“{path.name}” cannot be read: {error.strerror}.", "Check the path.", code="policy_file"
        ) from error
    except UnicodeDecodeError as error:
        raise Rejected(
            f"“{path.name}” is not text in UTF-8.", "Save it as UTF-8.", code="policy_file"
        ) from error


def read_policy(path: Path) -> Policy:
    """The policy of a file, with the source text it names. Raises `Rejected` with the file, the line and the reason."""
    parsed = parsed_yaml(read_text(path))
    return _policy_of(parsed, _source_text(path, parsed[0]), path.name)


def read_policies(folder: Path) -> tuple[Policy, ...]:
    """Every policy of a folder, by file name. Raises `Rejected` as `read_policy`, and for an id that stands twice."""
    found = tuple(read_policy(path) for path in sorted(folder.glob("*.yaml")))
    ids = [policy.policy_id for policy in found]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise Rejected(f"“{doubled[0]}” is defined by two files of {folder.name}.", code="policy_file")
    return found


def _dangerous(text: str) -> FileProblem | None:
    """An alias, or nesting without end: found in the events, before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            return FileProblem(_event_line(event), "aliases (*name) are not allowed in a policy")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                return FileProblem(_event_line(event), "the file is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _event_line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _lines(node: Any, path: DataPath) -> Iterator[tuple[DataPath, int, bool]]:
    """Every place in the data with its line, and whether its key stood there before."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            yield (*path, name), key.start_mark.line + 1, name in seen
            seen.add(name)
            yield from _lines(value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield (*path, place), value.start_mark.line + 1, False
            yield from _lines(value, (*path, place))


def _line(lines: Mapping[DataPath, int], path: DataPath) -> int:
    """The line of the deepest part of a path that stands in the file."""
    for end in range(len(path), 0, -1):
        found = lines.get(path[:end])
        if found is not None:
            return found
    return 0


def _plain(value: Any) -> Any:
    """Data as JSON has it: keys and dates as text, so that the store gives back what was put in."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is none")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError(f"a {type(value).__name__}")


def _yaml_problem(error: yaml.YAMLError) -> FileProblem:
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or "the file is no YAML")
    return FileProblem(mark.line + 1 if mark else 0, f"this is no YAML: {what}")
