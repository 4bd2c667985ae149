"""A policy as the text of a file, for editing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.domain.policy import Policy

_TITLE = re.compile(r"^title:[ \t]*(?P<title>\S[^\n]*)$", re.MULTILINE)


def as_text(policy: Policy) -> str:
    """The file of a policy as YAML, in the order it was written in. Loads PyYAML."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes a list of plain words in one line, or as many as it needs."""

    def listed(dumper: Dumper, value: list[Any]) -> yaml.Node:
        plain = all(isinstance(entry, str | int | float) for entry in value)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=plain)

    Dumper.add_representer(list, listed)
    return str(
        yaml.dump(
            _by_parts(policy.raw or {}), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100,
            default_flow_style=False,
        )
    )  # fmt: skip


def _by_parts(value: Any) -> Any:
    """Plain maps and lists, whatever kind they were kept as."""
    if isinstance(value, Mapping):
        return {str(key): _by_parts(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_by_parts(entry) for entry in value]
    return value


def title_of(text: str) -> str:
    """What a file calls its policy, "" when it does not; the file need not be well formed yet."""
    found = _TITLE.search(text)
    return found["title"].strip("\"'") if found and found["title"] not in (">-", "|") else ""


def blank_text() -> str:
    """What a new policy begins with: every part there is, to be filled in."""
    return (
        "policy: new_policy\n"
        "title: A new policy\n"
        'version: "1"\n'
        "effective:\n"
        "source: where the text comes from\n"
        "applies:\n"
        "  codes: []\n"
        "  terms: []\n"
        "concepts:\n"
        "  the_condition:\n"
        "    terms: []\n"
        "criteria:\n"
        "  id: covered\n"
        "  text: What has to be met\n"
        "  all:\n"
        "    - id: condition\n"
        "      text: One thing that has to be so\n"
        "      clause: the words of the source text it comes from\n"
        "      finding: {any_of: [the_condition]}\n"
        "      ask: what is asked for when nothing is said of it\n"
    )
