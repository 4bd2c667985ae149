"""The policies of a workspace: versions that never change, one in force, the program's own and those made here."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3

from app.domain.criterion import expanded
from app.domain.errors import Rejected
from app.domain.policy import Policy, policy_from
from app.domain.request import Line
from app.domain.role import NotAllowed, Person, Right, Role, require
from app.services.change_log import utc_now
from app.services.policy_file import file_problems, parsed_yaml, policy_of_text, read_policies, read_policy
from app.services.policy_library import NoSuchPolicy, PolicyLibrary
from app.services.store.store import Store

KEY = bytes(range(32))
TEXT = "The lamp is covered for patients with winter gloom.\nThe gloom must have lasted two winters."
LAMP: dict[str, Any] = {
    "policy": "lamp_1",
    "title": "Lamps",
    "version": "3",
    "effective": "2020-02-01",
    "source": "A house rule",
    "applies": {"codes": ["E9991", "E995*"], "terms": ["daylight lamp", "lamp"], "but_not": ["infrared lamp"]},
    "concepts": {"gloom": ["winter gloom", "gloominess"]},
    "criteria": {
        "id": "gloomy", "text": "The patient has winter gloom",
        "clause": "covered for patients with winter gloom", "finding": {"any_of": ["gloom"]},
    },
}  # fmt: skip
SUNLAMP: dict[str, Any] = {
    **LAMP, "policy": "sunlamp_2", "title": "Sun lamps",
    "applies": {"terms": ["ultraviolet lamp", "sun lamp with stand"]},
}  # fmt: skip


def lamp(**more: Any) -> Policy:
    return policy_from({**copy.deepcopy(LAMP), **more}, TEXT)


class Desk:
    """A workspace with a store, opened as often as a test likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store.open(folder, KEY)
        self.loaded = 0

    def library(self, *built_in: Policy, person: Person | None = None) -> PolicyLibrary:
        def load() -> tuple[Policy, ...]:
            self.loaded += 1
            return built_in

        def check(_: str, right: Right, /) -> None:
            if person is not None:
                require(person, right)

        return PolicyLibrary(self.store, load, utc_now, check)

    def actions(self) -> list[str]:
        return [e.action for e in self.store.audit_entries() if e.action.startswith("policy")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "workspace")
    yield made
    made.store.close()


def asked(code: str = "", description: str = "") -> Line:
    return Line("r1", 0, "DEVICE", code, description, "", "", "", "", "")


def titles(found: tuple[Policy, ...]) -> list[str]:
    return [policy.title for policy in found]


def test_what_came_with_the_program_is_in_force_and_parsed_only_when_asked_for(desk: Desk) -> None:
    library = desk.library(lamp())
    assert desk.loaded == 0
    assert titles(library.policies()) == ["Lamps"]
    assert library.policy("lamp_1").version == "3"
    assert desk.loaded == 1


def test_a_published_version_takes_the_place_of_the_programs_and_both_stay_readable(desk: Desk) -> None:
    library = desk.library(lamp())
    made = library.publish({**LAMP, "title": "Lamps, ours"}, TEXT, "ada")
    assert made.version == "3.1"  # the program's own next one will be 4
    assert titles(library.policies()) == ["Lamps, ours"]
    assert library.policy("lamp_1", "3").title == "Lamps"
    assert [(v.version, v.origin, v.in_force, v.by) for v in library.versions("lamp_1")] == [
        ("3.1", "here", True, "ada"),
        ("3", "built_in", False, ""),
    ]
    assert desk.actions() == ["policy_published"]


def test_a_version_the_program_no_longer_brings_can_still_be_read(desk: Desk) -> None:
    desk.library(lamp()).refresh()
    newer = desk.library(lamp(version="4", title="Lamps anew"))
    newer.refresh()
    assert newer.policy("lamp_1").title == "Lamps anew"
    assert newer.policy("lamp_1", "3").title == "Lamps"
    assert newer.policy("lamp_1", "3").text == TEXT


def test_a_newer_program_does_not_push_aside_what_an_administrator_published(desk: Desk) -> None:
    desk.library(lamp()).publish({**LAMP, "title": "Ours"}, TEXT, "ada")
    newer = desk.library(lamp(version="4", title="Lamps anew"))
    assert titles(newer.policies()) == ["Ours"]
    newer.refresh()
    assert titles(newer.policies()) == ["Ours"]
    assert newer.restore("lamp_1", "4", "ada").in_force
    assert titles(newer.policies()) == ["Lamps anew"]


def test_criteria_mended_under_the_same_number_get_a_version_of_their_own(desk: Desk) -> None:
    desk.library(lamp()).refresh()
    mended = desk.library(lamp(title="Lamps mended"))
    assert mended.policy("lamp_1").version == "3+2"
    mended.refresh()
    assert mended.policy("lamp_1").version == "3+2"
    assert mended.policy("lamp_1", "3").title == "Lamps"
    assert mended.policy("lamp_1").title == "Lamps mended"


def test_a_retired_policy_decides_nothing_and_stays_retired_when_the_program_starts_again(desk: Desk) -> None:
    library = desk.library(lamp())
    assert not library.retire("lamp_1", "ada").in_force
    again = desk.library(lamp())
    again.refresh()
    assert again.policies() == ()
    assert again.for_line(asked("E9991")) == ()
    assert again.policy("lamp_1").title == "Lamps"  # the last there was
    with pytest.raises(Rejected, match="not in force"):
        again.retire("lamp_1", "ada")
    assert again.restore("lamp_1", "3", "ada").in_force
    assert desk.actions() == ["policy_retired", "policy_restored"]


def test_another_program_sees_what_was_published_at_its_next_refresh(desk: Desk) -> None:
    one, other = desk.library(lamp()), desk.library(lamp())
    one.publish({**LAMP, "title": "Ours"}, TEXT, "ada")
    other.refresh()
    assert titles(other.policies()) == ["Ours"]


def test_nothing_new_is_not_published(desk: Desk) -> None:
    library = desk.library(lamp())
    with pytest.raises(Rejected, match="Nothing differs from version 3"):
        library.publish(LAMP, TEXT, "ada")
    assert [v.version for v in library.versions("lamp_1")] == ["3"]


@pytest.mark.parametrize("role", [Role.CASE_MANAGER, Role.UR_SPECIALIST, Role.PHYSICIAN])
def test_only_an_administrator_changes_policies(desk: Desk, role: Role) -> None:
    library = desk.library(lamp(), person=Person("kim", "Kim", (role,)))
    for attempt in (
        lambda: library.publish({**LAMP, "title": "Ours"}, TEXT, "kim"),
        lambda: library.retire("lamp_1", "kim"),
        lambda: library.restore("lamp_1", "3", "kim"),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert titles(library.policies()) == ["Lamps"]
    assert desk.actions() == []


def test_a_published_version_can_be_neither_changed_nor_removed(desk: Desk) -> None:
    desk.library(lamp()).publish({**LAMP, "title": "Ours"}, TEXT, "ada")
    database = desk.store._database
    for statement in ("UPDATE policy_versions SET body = x'00'", "DELETE FROM policy_versions"):
        with pytest.raises((sqlcipher3.Error, Exception), match="a published policy"):
            database.run(statement)


def test_what_is_not_there_is_said_with_a_next_step(desk: Desk) -> None:
    library = desk.library(lamp())
    for attempt in (
        lambda: library.policy("lamp_9"),
        lambda: library.policy("lamp_1", "9"),
        lambda: library.versions("lamp_9"),
    ):
        with pytest.raises(NoSuchPolicy, match="policies list"):
            attempt()


@pytest.mark.parametrize(
    ("code", "description", "wanted"),
    [
        ("E9991", "", ["Lamps"]),
        ("E9952", "", ["Lamps"]),  # a prefix
        ("A1234, E9991", "", ["Lamps"]),  # one of several codes
        ("E9991", "ultraviolet lamp", ["Lamps"]),  # the code settles it
        ("", "Daylight lamps, two pieces", ["Lamps"]),  # plural
        ("Z79.85", "ULTRAVIOLET  LAMP for home", ["Sun lamps", "Lamps"]),  # the more specific first
        ("", "infrared lamp", []),  # something else by a longer name
        ("", "infrared lamp and daylight lamp", ["Lamps"]),
        ("", "clamp, vascular", []),  # no whole word
        ("E99", "", []),
        ("K0001", "Standard wheelchair", []),
        ("", "", []),
    ],
)
def test_the_policy_of_a_line_is_found_by_code_then_by_words_and_never_guessed(
    desk: Desk, code: str, description: str, wanted: list[str]
) -> None:
    library = desk.library(lamp(), policy_from(copy.deepcopy(SUNLAMP), TEXT))
    assert titles(library.for_line(asked(code, description))) == wanted


# Files

FILE = """\
policy: lamp_1
title: Lamps
version: "3"
effective: 2020-02-01
source: A house rule
text: text/lamp.txt
applies:
  terms: [lamp]
concepts:
  gloom: [winter gloom]
criteria:
  id: gloomy
  text: The patient has winter gloom
  clause: covered for patients with winter gloom
  finding: {any_of: [gloom]}
"""


def test_a_file_is_read_with_the_source_text_beside_it(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "lamp.txt").write_text(TEXT, "utf-8")
    (tmp_path / "lamp.yaml").write_text(FILE, "utf-8")
    policy = read_policy(tmp_path / "lamp.yaml")
    assert (policy.version, str(policy.effective), policy.text) == ("3", "2020-02-01", TEXT)
    assert read_policies(tmp_path) == (policy,)


def test_a_source_text_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(TEXT, "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lamp.yaml").write_text(FILE.replace("text/lamp.txt", "../secret.txt"), "utf-8")
    with pytest.raises(Rejected, match="does not lie beside"):
        read_policy(tmp_path / "in" / "lamp.yaml")


def test_every_problem_of_a_file_is_told_at_once_with_its_line() -> None:
    broken = (
        FILE.replace("clause: covered for", "clause: always covered for")
        .replace("[gloom]}", "[glom], within: soon}")
        .replace("effective: 2020-02-01", "effective: last year")
        .replace("  terms: [lamp]", "  words: [lamp]")
    )
    assert [str(p) for p in file_problems(broken, TEXT)] == [
        "Line 4: “last year” is no date such as 2026-01-31.",
        "Line 7: “applies” names neither codes nor terms: the policy would never be used.",
        "Line 8: Applies has “words”, which is not known.",
        "Line 11: “gloomy” names the concept “glom”, which is not there.",
        "Line 14: The clause of “gloomy” is not in the source text.",
        "Line 15: The test of “gloomy” has “soon”, which is no period such as “6 months”.",
    ]
    with pytest.raises(Rejected, match=r"Line 4: .* There are 5 more"):
        policy_of_text(broken, TEXT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1, 2]\nb: *x\n", "Line 2: Aliases"),
        ("[" * 200 + "]" * 200, "nested too deeply"),
        ("a: [1, 2\nb: 3\n", "Line 2: This is no YAML"),
        ("a: !!python/object/apply:os.system [echo]\n", "Line 1: This is no YAML"),
        ("- one\n- two\n", "Line 1: A policy file is a map"),
        ("a: 2026-13-45\n", "holds a value that is none"),
        ("policy: one\npolicy: two\n", "Line 2: The key “policy” stands here twice"),
        ("a: " + "x" * 1_000_001, "more than 1,000,000 characters"),
    ],
)
def test_a_file_that_is_dangerous_or_no_yaml_is_refused_in_words(text: str, said: str) -> None:
    assert any(said in str(problem) for problem in parsed_yaml(text)[2])
    assert any(said in str(problem) for problem in file_problems(text, TEXT))


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("/(a+)+b/", "repetition inside a repetition"),
        ("/gloom/i", "does not end with a slash"),
        ("/a(/", "broken expression"),
        ("/x*/", "matches nothing at all"),
        ("", "empty term"),
        ("long " * 200, "more than 600 characters"),
    ],
)
def test_a_term_that_would_hang_or_match_everything_is_refused(term: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        lamp(concepts={"gloom": [term]})


def test_a_version_that_is_a_number_with_a_dot_needs_quotes() -> None:
    with pytest.raises(Rejected, match="needs quotes"):
        lamp(version=1.1)


def test_a_bare_yes_among_terms_is_told_apart_from_a_word() -> None:
    assert "put “True” in quotes" in str(file_problems(FILE.replace("[winter gloom]", "[yes]"), TEXT)[0])


def test_an_ellipsis_in_an_expression_spans_words_of_a_clause_but_no_denial() -> None:
    pattern = re.compile(expanded(r"\bstudy\b…\bordered\b"), re.IGNORECASE)
    assert pattern.search("The study of March was ordered by her.")
    for text in ("The study was not ordered.", "The study. It was ordered.", f"study {'very ' * 20}ordered"):
        assert not pattern.search(text)


def test_the_example_of_the_manual_says_what_the_manual_says() -> None:
    manual = (Path(__file__).resolve().parents[3] / "docs" / "admin" / "policies.md").read_text("utf-8")
    example, text = (manual.split(f"```{kind}\n", 1)[1].split("```", 1)[0] for kind in ("yaml", "text"))
    told = [f"knee_brace.yaml: {problem}" for problem in file_problems(example, text)]
    assert len(told) == 1
    assert told[0] in manual
    assert (
        file_problems(example.replace("concepts:  ", "concepts:\n  sport_brace: [sport brace]\n  #", 1), text)
        == ()
    )
