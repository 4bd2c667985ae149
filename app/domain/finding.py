"""What speaks against publishing a definition, or is worth knowing before it is: sentences that say where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.mapping import PATIENT_LAST_NAME, PATIENT_NAME, known_path
from app.domain.naming import is_name
from app.domain.processor import FormDefinition, TableDefinition

ANCHORS_NEEDED = 8
"""Printed texts a page needs to be recognized by: six have to be found again, and not every one will be."""
ANCHORS_GOOD = 20
TELLING = 3
"""Letters and digits a printed text needs to be looked for at all."""
OVERLAP_BLOCKS = 0.5
OVERLAP_TOLD = 0.15
"""Shares of the smaller of two zones."""
RULES = {"date_order": 2, "same_person": 2}
"""The rules between fields that there are, and how many fields each needs at least."""
EMBEDDED = ("", FieldKind.ICD10, FieldKind.PROCEDURE_CODE)
_ALIKE = 0.6
_UNTOLD = re.compile(r"field(_\d+)?|(.+_)?field_\d+")

FINDING_TEXTS: dict[str, str] = {
    "no_fields": "The form asks for nothing: it has no zones.",
    "bad_name": "“{name}” cannot be a name: use small letters, digits and _, beginning with a letter.",
    "name_doubled": "The name “{name}” is used {count} times.",
    "zones_overlap": "The zones “{first}” and “{second}” on page {page} lie over each other: {share} % of the smaller"
    " one. An answer there would be read into both.",
    "zones_touch": "The zones “{first}” and “{second}” on page {page} overlap by {share} % of the smaller one.",
    "few_anchors": "Page {page} has {count} printed texts to be recognized by; {needed} are needed, {good} or more are"
    " better. Mark texts that stand on every copy of the form.",
    "some_anchors": "Page {page} has {count} printed texts to be recognized by: enough on a clean scan; a poor fax is"
    " found more surely with {good} or more.",
    "anchors_bunched": "The printed texts of page {page} stand close together: zones far from them will be placed"
    " less exactly. Mark some near the other edges.",
    "no_title": "No printed text names the form. Mark the heading or the form number as its title.",
    "no_page": "“{name}” stands on page {page}, but the form has {pages}.",
    "bad_table": "The table “{name}” is not whole: it needs columns and rows on the page that do not overlap.",
    "unknown_rule": "There is no rule “{rule}”. Known are: {known}.",
    "rule_short": "The rule “{rule}” compares at least {needed} fields.",
    "rule_no_date": "The rule “date_order” compares dates; “{name}” is none.",
    "bad_embeds": "“{name}” can embed an ICD-10 code or a procedure code, not “{embeds}”.",
    "not_a_box": "“{name}” is not a tick box and cannot make a request expedited.",
    "two_questions": "The tick box “{name}” answers {count} questions; it can answer one.",
    "one_answer": "The question “{name}” has a single tick box, so that nothing can contradict it.",
    "no_patient_name": "No field fills the patient's name in the request ({path}): a case without it cannot be found"
    " or reviewed.",
    "unknown_request": "“{name}” fills “{path}”, which the request does not have.",
    "request_twice": "“{first}” and “{second}” both fill “{path}”: the last one that is written wins.",
    "no_service": "Nothing fills the service's code or description: the request says for whom, not for what.",
    "no_expedited": "No tick box makes a request expedited: every request of this form counts as standard.",
    "fillable_twice": "“{first}” and “{second}” both take over the fillable field “{fillable}”.",
    "unnamed": "{count} fields have no name of their own yet, the first is “{name}”.",
    "like_other": "{shared} of {count} printed texts also stand on “{title}” ({form_type}): pages may be taken for it.",
}
"""The English sentence of every finding; views translate the template and fill in the parameters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `rule` names its sentence in `FINDING_TEXTS`, `params` fill it in.

    `where` names what it is about: fields, questions, tables (`table` or `table.column`); empty for the form
    as a whole. What `blocks` has to be mended before the definition can be published.
    """

    rule: str
    blocks: bool
    where: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()


def finding_text(finding: Finding) -> str:
    """The English sentence of a finding."""
    return FINDING_TEXTS.get(finding.rule, finding.rule).format(**dict(finding.params))


def examine(
    definition: FormDefinition, others: Mapping[str, FormDefinition] | None = None
) -> tuple[Finding, ...]:
    """Everything found in a definition, what blocks first. `others` are the definitions in force by form type."""
    found = [
        *_names(definition),
        *_places(definition),
        *_overlaps(definition),
        *_anchors(definition),
        *_rules(definition),
        *_questions(definition),
        *_request(definition),
        *_likeness(definition, others or {}),
    ]
    return tuple(sorted(found, key=lambda f: not f.blocks))


def _found(rule: str, /, *where: str, blocks: bool = False, **params: object) -> Finding:
    return Finding(rule, blocks, where, tuple((name, str(value)) for name, value in params.items()))


def _names(definition: FormDefinition) -> Iterator[Finding]:
    if not definition.fields and not definition.tables:
        yield _found("no_fields", blocks=True)
    named = [
        *(f.name for f in definition.fields),
        *(c.name for c in definition.choices),
        *(t.name for t in definition.tables),
    ]
    spaces = [named, [s.name for s in definition.sections]]
    spaces += [[c.name for c in t.columns] for t in definition.tables]
    for space in spaces:
        for name, count in Counter(space).items():
            if not is_name(name):
                yield _found("bad_name", name, blocks=True, name=name)
            if count > 1:
                yield _found("name_doubled", name, blocks=True, name=name, count=count)
    untold = [f.name for f in definition.fields if _UNTOLD.fullmatch(f.name)]
    if untold:
        yield _found("unnamed", *untold, count=len(untold), name=untold[0])
    by_widget: dict[str, str] = {}
    for field in definition.fields:
        for widget in field.fillable:
            if widget in by_widget and by_widget[widget] != field.name:
                yield _found(
                    "fillable_twice", by_widget[widget], field.name,
                    first=by_widget[widget], second=field.name, fillable=widget,
                )  # fmt: skip
            by_widget[widget] = field.name


def _places(definition: FormDefinition) -> Iterator[Finding]:
    placed = [(f.name, f.page) for f in definition.fields] + [(t.name, t.page) for t in definition.tables]
    for name, page in placed:
        if not 1 <= page <= definition.pages:
            yield _found("no_page", name, blocks=True, name=name, page=page, pages=definition.pages)
    for table in definition.tables:
        if not _whole(table):
            yield _found("bad_table", table.name, blocks=True, name=table.name)


def _whole(table: TableDefinition) -> bool:
    edges = [(c.x0, c.x1) for c in table.columns]
    return bool(edges and table.rows) and all(
        0.0 <= low < high <= 1.0 for low, high in [*edges, *table.rows]
    ) and _apart(edges) and _apart(table.rows)  # fmt: skip


def _apart(spans: Sequence[tuple[float, float]]) -> bool:
    """Whether spans do not overlap by more than a hair's breadth."""
    ordered = sorted(spans)
    return all(one[1] <= other[0] + 0.002 for one, other in pairwise(ordered))


def _overlaps(definition: FormDefinition) -> Iterator[Finding]:
    zones = [(f.name, f.page, f.zone) for f in definition.fields]
    zones += [
        (t.name, t.page, Box(min(c.x0 for c in t.columns), t.rows[0][0], max(c.x1 for c in t.columns), t.rows[-1][1]))
        for t in definition.tables
        if _whole(t)
    ]  # fmt: skip
    for (first, page, one), (second, other_page, other) in combinations(zones, 2):
        if page != other_page:
            continue
        share = one.overlap(other) / max(min(one.area, other.area), 1e-9)
        if share > OVERLAP_TOLD:
            blocks = share > OVERLAP_BLOCKS
            yield _found(
                "zones_overlap" if blocks else "zones_touch", first, second, blocks=blocks,
                first=first, second=second, page=page, share=round(100 * share),
            )  # fmt: skip


def _anchors(definition: FormDefinition) -> Iterator[Finding]:
    if not any(_telling(title) for title in definition.titles):
        yield _found("no_title")
    for page in range(1, definition.pages + 1):
        anchors = [a for a in definition.anchors if a.page == page and _telling(a.text)]
        asked = [f.zone for f in definition.fields if f.page == page]
        asked += [
            Box(min(c.x0 for c in t.columns), t.rows[0][0], max(c.x1 for c in t.columns), t.rows[-1][1])
            for t in definition.tables
            if t.page == page and t.columns and t.rows
        ]
        if not asked:
            continue
        if len(anchors) < ANCHORS_NEEDED:
            yield _found(
                "few_anchors", blocks=True, page=page, count=len(anchors), needed=ANCHORS_NEEDED, good=ANCHORS_GOOD
            )  # fmt: skip
            continue
        if len(anchors) < ANCHORS_GOOD:
            yield _found("some_anchors", page=page, count=len(anchors), good=ANCHORS_GOOD)
        told, wanted = Box.around(a.box for a in anchors), Box.around(asked)
        if told.height < 0.5 * wanted.height or told.width < 0.4 * wanted.width:
            yield _found("anchors_bunched", page=page)


def _telling(text: str) -> bool:
    return sum(c.isalnum() for c in text) >= TELLING


def _rules(definition: FormDefinition) -> Iterator[Finding]:
    kinds: dict[str, FieldKind] = {f.name: f.kind for f in definition.fields}
    kinds |= {f"{t.name}.{c.name}": c.kind for t in definition.tables for c in t.columns}
    for rule in definition.rules:
        if rule.rule not in RULES:
            yield _found("unknown_rule", *rule.fields, blocks=True, rule=rule.rule, known=", ".join(RULES))
            continue
        if len(rule.fields) < RULES[rule.rule]:
            yield _found("rule_short", *rule.fields, blocks=True, rule=rule.rule, needed=RULES[rule.rule])
        for name in rule.fields if rule.rule == "date_order" else ():
            if kinds.get(name, FieldKind.DATE) is not FieldKind.DATE:
                yield _found("rule_no_date", name, blocks=True, name=name)
    embeds = [(f.name, f.embeds) for f in definition.fields]
    embeds += [(f"{t.name}.{c.name}", c.embeds) for t in definition.tables for c in t.columns]
    for name, embedded in embeds:
        if embedded not in EMBEDDED:
            yield _found("bad_embeds", name, blocks=True, name=name, embeds=embedded)


def _questions(definition: FormDefinition) -> Iterator[Finding]:
    answers = Counter(option for choice in definition.choices for option in choice.options)
    for name, count in answers.items():
        if count > 1:
            yield _found("two_questions", name, blocks=True, name=name, count=count)
    for choice in definition.choices:
        if len(choice.options) == 1 and choice.exclusive:
            yield _found("one_answer", choice.name, name=choice.name)
    for name in definition.expedited:
        field = definition.field(name)
        if field is not None and field.kind is not FieldKind.TICK_BOX:
            yield _found("not_a_box", name, blocks=True, name=name)
    if not definition.expedited:
        yield _found("no_expedited")


def _request(definition: FormDefinition) -> Iterator[Finding]:
    filled: dict[str, str] = {}
    mapped = [(f.name, f.request, f.kind) for f in definition.fields if f.request]
    mapped += [
        (f"{t.name}.{c.name}", c.request, c.kind) for t in definition.tables for c in t.columns if c.request
    ]
    for name, path, kind in mapped:
        if not known_path(path):
            yield _found("unknown_request", name, name=name, path=path)
        if path in filled and kind is not FieldKind.TICK_BOX:
            yield _found("request_twice", filled[path], name, first=filled[path], second=name, path=path)
        filled.setdefault(path, name)
    if PATIENT_NAME not in filled and PATIENT_LAST_NAME not in filled:
        yield _found("no_patient_name", blocks=True, path=PATIENT_NAME)
    if not any(".service." in path for path in filled):
        yield _found("no_service")


def _likeness(definition: FormDefinition, others: Mapping[str, FormDefinition]) -> Iterator[Finding]:
    mine = {_folded(a.text) for a in definition.anchors if _telling(a.text)}
    for other in others.values():
        shared = mine & {_folded(a.text) for a in other.anchors}
        if mine and len(shared) > _ALIKE * len(mine):
            yield _found(
                "like_other", count=len(mine), shared=len(shared), title=other.title, form_type=other.form_type
            )  # fmt: skip


def _folded(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
