"""A policy as the text of a file, for editing."""

from __future__ import annotations

import re

from app.domain.policy import Policy

_TITLE = re.compile(r"^title:[ \t]*(?P<title>\S[^\n]*)$", re.MULTILINE)


def as_text(policy: Policy) -> str:
    """The file of a policy as YAML, in the order it was written in. Loads PyYAML."""
    import yaml

    text: str = yaml.safe_dump(
        dict(policy.raw or {}), sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return text


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
