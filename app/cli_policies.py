"""The command `policies`: what requests are judged by, listed, shown, checked, added and retired."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.domain.case import Json
from app.domain.criterion_words import group_words, test_words
from app.domain.policy import Criterion, Group, Leaf, Policy, policy_from, unused_concepts
from app.domain.processor_version import WAITS
from app.services.policy_file import file_problems, parsed_yaml, read_text, source_text_of
from app.services.policy_library import BUILT_IN, NoSuchPolicy, PolicyVersion
from app.services.report import printable, table
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json


def add_policies(commands: Any) -> None:
    """Add `policies list|show|check|add|retire|restore` to the commands."""
    summary = "List, show, check, add and retire the policies requests are judged by."
    top = commands.add_parser("policies", help=summary, description=summary)
    _common(top)
    parts = top.add_subparsers(dest="part", metavar="WHAT", required=True)

    def part(name: str, words: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = parts.add_parser(
            name, help=words[:1].lower() + words[1:].rstrip("."), description=words
        )
        _common(made)
        made.add_argument("--json", action="store_true", help="print JSON for programs")
        return made

    made = part("list", "List the policies in force, or every version there is.")
    made.add_argument("--all", action="store_true", help="every version, retired ones too")
    made = part("show", "Show a policy: its criteria, what is looked for, and the clauses they come from.")
    made.add_argument("policy", metavar="ID")
    made.add_argument("--version", default="", metavar="V", help="another version than the one in force")
    made.add_argument("--text", action="store_true", help="the source text as well")
    made = part("check", "Say everything that is wrong with a policy file; nothing is kept.")
    made.add_argument("file", type=Path, metavar="FILE")
    _text_option(made)
    made = part("add", "Publish a policy file: from now on requests are judged by it.")
    made.add_argument("file", type=Path, metavar="FILE")
    _text_option(made)
    made = part("retire", "Take a policy out of force: what falls under it needs a person.")
    made.add_argument("policy", metavar="ID")
    made = part("restore", "Bring a version back into force.")
    made.add_argument("policy", metavar="ID")
    made.add_argument("--version", required=True, metavar="V")


def run_policies(options: argparse.Namespace) -> int:
    """Run one part of `policies`; returns the exit code."""
    try:
        return _PARTS[options.part](options)
    except NoSuchPolicy as error:
        raise Usage(str(error)) from error


def _common(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)


def _text_option(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--text",
        type=Path,
        metavar="FILE",
        help="the source text, where the policy file names none beside it",
    )


def _list(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        workstation.in_store(workstation.policies.refresh)
        found = [v for v in workstation.policies.versions() if options.all or v.in_force]
    if options.json:
        print_json([_version_json(version) for version in found])
        return OK
    if not found:
        print("There are no policies in force. Add one with: countersign policies add FILE")
        return OK
    rows = [
        [
            v.policy_id,
            v.version,
            v.effective or "-",
            v.title,
            _state_words(v),
            v.by or "the program",
            _origin_words(v),
        ]
        for v in found
    ]
    print(table(["Policy", "Version", "Effective", "Title", "State", "Published by", "Origin"], rows))
    return OK


def _show(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        workstation.in_store(workstation.policies.refresh)
        policy = workstation.policies.policy(options.policy, options.version)
    if options.json:
        shown = dict(policy.raw or {})
        print_json({**shown, "version": policy.version, **({"text": policy.text} if options.text else {})})
    else:
        print(policy_text(policy))
        if options.text:
            print(f"\nSource text\n{policy.text}")
    return OK


def _check(options: argparse.Namespace) -> int:
    text, source_text = _files(options)
    problems = file_problems(text, source_text)
    unused = () if problems else unused_concepts(policy_from(parsed_yaml(text)[0], source_text))
    if options.json:
        print_json(
            {
                "file": str(options.file),
                "problems": [{"line": p.line, "text": str(p)} for p in problems],
                "unused_concepts": list(unused),
            }
        )
        return REFUSED if problems else OK
    for problem in problems:
        print(f"{printable(options.file.name)}: {printable(str(problem))}")
    if problems:
        return REFUSED
    policy = policy_from(parsed_yaml(text)[0], source_text)
    print(
        f"{printable(policy.title)}, version {printable(policy.version)}: "
        f"{len(policy.leaves())} criteria, all well formed."
    )
    for name in unused:
        print(f"No criterion uses the concept “{printable(name)}”.")
    return OK


def _add(options: argparse.Namespace) -> int:
    text, source_text = _files(options)
    with opened(options) as workstation:
        policy = workstation.in_store(workstation.policies.publish, text, source_text, workstation.person)
    if options.json:
        print_json({"policy": policy.policy_id, "version": policy.version, "title": policy.title})
    else:
        print(f"{printable(policy.title)} is in force as version {printable(policy.version)}.")
    return OK


def _retire(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        found = workstation.in_store(workstation.policies.retire, options.policy, workstation.person)
    return _settled(options, found, "is retired: what falls under it needs a person.")


def _restore(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        found = workstation.in_store(
            workstation.policies.restore, options.policy, options.version, workstation.person
        )
    return _settled(options, found, "is in force again.")


def _settled(options: argparse.Namespace, version: PolicyVersion, what: str) -> int:
    if options.json:
        print_json(_version_json(version))
    else:
        print(f"Version {printable(version.version)} of {printable(version.title)} {what}")
    return OK


def _files(options: argparse.Namespace) -> tuple[str, str]:
    """The policy file and its source text. A file that is not there is a slip of the command line."""
    for path in (options.file, options.text):
        if path is not None and not path.is_file():
            raise Usage(f"“{path}” does not exist. Check the path.")
    text = read_text(options.file)
    return text, read_text(options.text) if options.text else source_text_of(options.file, text)


def _version_json(version: PolicyVersion) -> Json:
    return {
        "policy": version.policy_id,
        "version": version.version,
        "title": version.title,
        "effective": version.effective or None,
        "origin": version.origin,
        "in_force": version.in_force,
        "by": version.by or None,
        "at": version.at or None,
        **({"sharing": version.sharing} if version.sharing else {}),
    }


def _state_words(version: PolicyVersion) -> str:
    return "in force" if version.in_force else "retired"


def _origin_words(version: PolicyVersion) -> str:
    if version.origin == BUILT_IN:
        return "built in"
    if version.sharing == WAITS:
        return "here, will be shared"
    return "shared" if version.sharing else "here"


def policy_text(policy: Policy) -> str:
    """A policy for a terminal: its criteria as an indented tree, each with its clause and its test in words."""
    effective = f", effective {policy.effective.isoformat()}" if policy.effective else ""
    lines = [
        f"{printable(policy.title)}",
        f"{policy.policy_id}, version {printable(policy.version)}{effective}",
        printable(policy.source),
        "",
        f"Applies to codes: {printable(', '.join(policy.applies.codes)) or '-'}",
        f"Applies to words: {printable(', '.join(policy.applies.terms)) or '-'}",
        "",
        "Criteria",
        *_tree(policy, policy.root, 1),
    ]
    if policy.unless:
        lines += ["", "Not covered, whatever else is met"]
        for leaf in policy.unless:
            lines += _tree(policy, leaf, 1)
    if policy.notes:
        lines += ["", "Notes", f"  {printable(policy.notes)}"]
    return "\n".join(lines)


def _tree(policy: Policy, criterion: Criterion, depth: int) -> list[str]:
    pad, under = "  " * depth, "  " * (depth + 1)
    name = f"[{printable(criterion.criterion_id)}] {printable(criterion.text)}"
    if isinstance(criterion, Leaf):
        return [
            f"{pad}- {name}",
            f"{under}clause: “{printable(' '.join(criterion.clause.split()))}”",
            f"{under}looks for {printable(test_words(criterion.test, policy.concepts))}",
            *([f"{under}asks for {printable(criterion.ask)}"] if criterion.ask else []),
        ]
    return [f"{pad}{name}: {group_words(criterion)}", *_group_clauses(criterion, under)] + [
        line for part in criterion.parts for line in _tree(policy, part, depth + 1)
    ]


def _group_clauses(group: Group, pad: str) -> list[str]:
    said = (("clause", group.clause), ("otherwise", group.otherwise))
    return [f"{pad}{name}: “{printable(' '.join(text.split()))}”" for name, text in said if text]


_PARTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "check": _check,
    "add": _add,
    "retire": _retire,
    "restore": _restore,
}
