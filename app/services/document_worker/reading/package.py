"""Which pages of a file belong together: each form its own, the other pages by their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.domain.extraction import FormExtraction, Part
from app.domain.form import FieldKind, FormField, Source
from app.domain.processor import FormDefinition
from app.services.document_worker.reading import generic
from app.services.document_worker.reading.form import slots_of, unique
from app.services.document_worker.reading.likeness import folded, likeness
from app.services.document_worker.reading.page import PageReading

_LEAST_ASKS = 5
"""Places for an answer that make a page with the title of a request a form, and not what is said about one."""
_MOST_FIELDS = 400
_MOST_WHOLE = 6
_LEAST_PLACES = 3


def forms_of(pages: Sequence[PageReading], document_id: str) -> list[FormExtraction]:
    """Every form of a file, in the order of the file. The kind of pages that turn out to be forms is set.

    Known forms first of all; then pages that call themselves a request for authorization and ask for
    answers, as forms nobody has defined. A file with neither is read as one such form, cover sheets left out.
    """
    forms = _known(pages, document_id)
    forms += _requests(pages, document_id, [p for p in pages if p.side is not None])
    if not forms:
        forms = _whole(pages, document_id)
    return sorted(forms, key=lambda f: f.pages[0])


def parts_of(pages: Sequence[PageReading], forms: Sequence[FormExtraction]) -> tuple[Part, ...]:
    """Every page in exactly one part: each form its own, other pages by their kind."""
    parts = [Part("form", f.pages) for f in forms]
    for kind in ("fax_cover", "clinical", "blank"):
        numbers = tuple(p.number for p in pages if p.kind == kind)
        if numbers:
            parts.append(Part(kind, numbers))
    return tuple(sorted(parts, key=lambda p: p.pages[0]))


# -- known forms


@dataclass(slots=True)
class _Copy:
    """One copy of a known form: its own pages, each by its number in the definition."""

    definition: FormDefinition
    pages: dict[int, PageReading] = field(default_factory=dict)


def _known(pages: Sequence[PageReading], document_id: str) -> list[FormExtraction]:
    """Pages of known forms put together: a page of a form that is there already begins the next copy."""
    copies: list[_Copy] = []
    for page in pages:
        if page.side is None:
            continue
        of = page.side.definition
        mine = [c for c in copies if c.definition is of]
        if not mine or page.side.page in mine[-1].pages:
            mine.append(_Copy(of))
            copies.append(mine[-1])
        mine[-1].pages[page.side.page] = page
    return [_extraction(copy, document_id) for copy in copies]


def _extraction(copy: _Copy, document_id: str) -> FormExtraction:
    every = sorted(copy.pages.values(), key=lambda p: p.number)
    fields = [f for _, page in sorted(copy.pages.items()) for f in page.fields]
    if copy.definition.pages > 1:
        fields = _in_order(fields, copy, document_id)
    return FormExtraction(
        copy.definition.form_type, copy.definition.version, tuple(p.number for p in every), tuple(fields),
        tuple((p.number, p.turns) for p in every if p.turns),
    )  # fmt: skip


def _in_order(fields: Sequence[FormField], copy: _Copy, document_id: str) -> list[FormField]:
    """The fields of all pages in the order of the form; those of a missing page are absent and have no page."""
    slots = slots_of(copy.definition)
    places = {slot.path: place for place, slot in enumerate(slots)}
    missing = {n for n in range(1, copy.definition.pages + 1) if n not in copy.pages}
    of_missing = {f.name for f in copy.definition.fields if f.page in missing}
    found: dict[str, FormField] = {}
    taken: set[str] = set()
    for each in fields:
        path = each.path if each.path in places else unique(each.path, taken | set(places))
        taken.add(path)
        found[path] = replace(each, path=path)
    for slot in slots:
        if slot.path in of_missing:
            value: str | bool = False if slot.kind is FieldKind.TICK_BOX else ""
            found[slot.path] = FormField(
                slot.path, slot.label, slot.section, slot.kind, value, 1.0, 1.0, Source.ABSENT, document_id,
                required=slot.required, group=slot.group,
            )  # fmt: skip
    ranked = sorted(found.values(), key=lambda f: places.get(f.path, len(places) + f.order))
    return [replace(f, order=order) for order, f in enumerate(ranked)]


# -- forms nobody has defined


def _requests(
    pages: Sequence[PageReading], document_id: str, known: Sequence[PageReading]
) -> list[FormExtraction]:
    """Pages that call themselves a request and ask for answers; pages that go on with one join it."""
    chosen: list[list[PageReading]] = []
    for page in pages:
        if page.side is not None or page.broken or page.kind == "blank":
            continue
        last = chosen[-1][-1] if chosen else None
        if last is not None and last.number == page.number - 1 and _goes_on(last, page):
            chosen[-1].append(page)
        elif page.title and page.asks >= _LEAST_ASKS and page.kind != "fax_cover" and not _about(page, known):
            chosen.append([page])
    return [_generic(group, document_id) for group in chosen]


def _about(page: PageReading, known: Sequence[PageReading]) -> bool:
    """Whether a page beside a known form says something about it (its instructions): no form of its own."""
    return any(
        likeness(folded(title), folded(page.title)) > 0.8
        for other in known
        if other.side and abs(other.number - page.number) == 1
        for title in other.side.definition.titles
    )


def _goes_on(last: PageReading, page: PageReading) -> bool:
    """Whether a page is the next one of the form before it."""
    if last.counted and page.counted and last.counted[1] == page.counted[1]:
        return page.counted[0] == last.counted[0] + 1
    if page.counted and page.counted[0] == 1:
        return False
    return bool(page.title) and folded(page.title) == folded(last.title) and page.counted is not None


def _whole(pages: Sequence[PageReading], document_id: str) -> list[FormExtraction]:
    """A file without any form is read as one of unknown kind: the pages that look like one, or else those
    that ask for answers, or else all; cover sheets left out.
    """
    written = [p for p in pages if p.kind != "blank" and not p.broken and p.words]
    chosen = [p for p in written if p.kind != "fax_cover"] or written
    chosen = [p for p in chosen if _form_like(p)] or [p for p in chosen if p.asks] or chosen
    if len(chosen) > _MOST_WHOLE and not _form_like(chosen[0]):
        chosen = chosen[:1]  # a long file of notes: colons in them are no labels
    return [_generic(chosen, document_id)] if chosen else []


def _form_like(page: PageReading) -> bool:
    """Whether a page has places for answers that prose has not: boxes, tables, labels with nothing behind them."""
    places = sum(
        1
        for f in page.generic
        if f.kind is FieldKind.TICK_BOX or f.cell or f.source in (Source.ABSENT, Source.FILLABLE)
    )
    return places >= _LEAST_PLACES


def _generic(group: Sequence[PageReading], document_id: str) -> FormExtraction:
    fields: list[FormField] = []
    taken: set[str] = set()
    for page in group:
        page.kind = "form"
        for each in page.generic[: _MOST_FIELDS - len(fields)]:
            path = unique(each.path, taken)
            fields.append(replace(each, path=path, document_id=document_id, order=len(fields)))
    return FormExtraction(
        generic.FORM_TYPE, generic.VERSION, tuple(p.number for p in group), tuple(fields),
        tuple((p.number, p.turns) for p in group if p.turns),
    )  # fmt: skip
