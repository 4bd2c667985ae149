"""What the tests of policies have in common: a note in a few sentences, a request, and the criteria engine over both.

A `Sheet` is a case on paper: named sentences of a clinical note, and one line of a request. A `Flip` is that case
with one thing changed, and what has to become of one leaf and of the outcome. Every policy has a module
`flips_<policy id>.py` with `BASES` (cases that meet everything, by name) and `FLIPS`; `test_policies.py` runs them all
and says which leaves have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from app.domain.box import Box
from app.domain.case import Json
from app.domain.extraction import PageText, Word
from app.domain.material import Mark, Material, Status
from app.domain.passage import SourceText, quoted
from app.domain.policy import Policy
from app.domain.prompt import Prompt
from app.domain.recommendation import Proposed, Recommendation
from app.domain.request import request_from
from app.resource import resource
from app.services.local.criteria.engine import CriteriaEngine
from app.services.policy_file import read_policy
from app.services.ports import Ask

ASKED_ON = date(2026, 11, 2)
VISIT = "Date of visit: 10/20/2026"
"""The note is written two weeks before the request."""

MET, NOT_MET, INSUFFICIENT = Status.MET, Status.NOT_MET, Status.INSUFFICIENT
APPROVE, PEND, REFER = Proposed.APPROVE, Proposed.PEND, Proposed.REFER


@dataclass(frozen=True)
class Sheet:
    """One case on paper. `says` holds the sentences of the note by name, each a paragraph of its own."""

    policy_id: str
    says: Mapping[str, str]
    code: str = ""
    description: str = ""
    diagnosis_code: str = ""
    diagnosis: str = ""
    birth_date: str = "1958-04-12"
    marks: tuple[tuple[str, Status], ...] = ()

    def saying(self, **sentences: str) -> Sheet:
        """The case with some sentences said otherwise; "" leaves one out."""
        said = {**self.says, **sentences}
        return replace(self, says={name: text for name, text in said.items() if text})

    def asking(self, **parts: object) -> Sheet:
        """The case with another line or patient."""
        return replace(self, **parts)  # type: ignore[arg-type]

    def marked(self, **statuses: Status) -> Sheet:
        """The case with criteria marked by a person."""
        return replace(self, marks=(*self.marks, *statuses.items()))


@dataclass(frozen=True)
class Flip:
    """A case changed in one thing: `leaf` becomes `status`, and the outcome is `outcome`."""

    leaf: str
    how: str
    sheet: Sheet
    status: Status
    outcome: Proposed
    base: str = ""
    known_bug: str = ""
    """What the engine gets wrong here, in words: the test is expected to fail until it is mended."""

    @property
    def name(self) -> str:
        return f"{self.sheet.policy_id}-{self.leaf}-{self.how}".replace(" ", "_")


@dataclass
class Flips:
    """Collects the flips of a policy, so that each is one line to write."""

    bases: Mapping[str, Sheet]
    found: list[Flip] = field(default_factory=list)

    def add(
        self, leaf: str, how: str, change: Sheet | Callable[[Sheet], Sheet], status: Status, outcome: Proposed,
        *, base: str = "", known_bug: str = "",
    ) -> None:  # fmt: skip
        name = base or next(iter(self.bases))
        sheet = change if isinstance(change, Sheet) else change(self.bases[name])
        self.found.append(Flip(leaf, how, sheet, status, outcome, name, known_bug))

    def gone(self, leaf: str, sentence: str, *, base: str = "", outcome: Proposed = PEND) -> None:
        """Without the sentence nobody knows."""
        self.add(leaf, "nobody says", lambda s: s.saying(**{sentence: ""}), INSUFFICIENT, outcome, base=base)

    def said(
        self, leaf: str, sentence: str, words: str, status: Status, outcome: Proposed, *,
        base: str = "", how: str = "", known_bug: str = "",
    ) -> None:  # fmt: skip
        """The sentence says something else."""
        self.add(
            leaf, how or words, lambda s: s.saying(**{sentence: words}), status, outcome,
            base=base, known_bug=known_bug,
        )  # fmt: skip

    def against(self, leaf: str, sentence: str, words: str, outcome: Proposed = REFER, *, base: str = "",
                known_bug: str = "") -> None:  # fmt: skip
        """The sentence says the contrary."""
        self.said(leaf, sentence, words, NOT_MET, outcome, base=base, known_bug=known_bug)

    def short_of(self, leaf: str, sentence: str, words: str, outcome: Proposed = PEND, *, base: str = "",
                 known_bug: str = "") -> None:  # fmt: skip
        """Nearly, but not evidence: planned, of a relative, too old, in another unit."""
        self.said(leaf, sentence, words, INSUFFICIENT, outcome, base=base, known_bug=known_bug)

    def also(self, leaf: str, sentence: str, words: str, *, base: str = "", known_bug: str = "") -> None:
        """Said another way it counts as well."""
        self.said(leaf, sentence, words, MET, APPROVE, base=base, known_bug=known_bug)


@cache
def shipped(policy_id: str) -> Policy:
    return read_policy(resource("policies") / f"{policy_id}.yaml")


def shipped_ids() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in resource("policies").glob("*.yaml")))


def pages_of(text: str) -> tuple[PageText, ...]:
    """The words of a text where a printer would put them: a line a line, an empty line between paragraphs."""
    pages = []
    for number, page in enumerate(text.split("\f"), 1):
        words = []
        for place, line in enumerate(page.split("\n")):
            across = 0.05
            for word in line.split(" "):
                if word:
                    wide = 0.006 * len(word)
                    top = 0.02 + 0.012 * place
                    words.append(Word(word, Box(across, top, across + wide, top + 0.009)))
                    across += wide + 0.006
        pages.append(PageText(number, tuple(words)))
    return tuple(pages)


def note_of(sheet: Sheet) -> SourceText:
    text = "\n\n".join(["Progress note", VISIT, *sheet.says.values()])
    return SourceText("note", "Clinic note", "clinical", pages_of(text))


def material_of(sheet: Sheet) -> Material:
    request: Json = {
        "patient": {"patient_name": "Pat Sample", "birth_date": sheet.birth_date},
        "lines": {
            "r1": {
                "order": 0,
                "service": {"type": "", "code": sheet.code, "description": sheet.description},
                "diagnosis": {"code": sheet.diagnosis_code, "description": sheet.diagnosis},
            }
        },
    }
    at = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
    marks = tuple(
        Mark(leaf, "r1", sheet.policy_id, status, (), "as seen in the record", "kim", at)
        for leaf, status in sheet.marks
    )
    return Material(
        "c1",
        str(hash((sheet.policy_id, *sheet.says.values()))),
        ASKED_ON,
        request_from({"request": request}),
        documents=(note_of(sheet),),
        marks=marks,
    )


@cache
def engine() -> CriteriaEngine:
    return CriteriaEngine()


_JUDGED: dict[object, Recommendation] = {}


def judged(sheet: Sheet) -> Recommendation:
    """What the criteria engine proposes for a case; every quote it shows stands where it says. Judged once."""
    key = (*(getattr(sheet, part.name) for part in fields(sheet) if part.name != "says"), *sheet.says.items())
    if key not in _JUDGED:
        _JUDGED[key] = _judged(sheet)
    return _JUDGED[key]


def _judged(sheet: Sheet) -> Recommendation:
    material = material_of(sheet)
    found = engine().recommend(Ask(Prompt("", (), ""), material, "r1", shipped(sheet.policy_id)))
    recommendation = found.recommendation
    for criterion in recommendation.criteria:
        for evidence in criterion.evidence:
            source = material.document(evidence.document) if evidence.document else None
            if source is None:
                assert evidence.field, (criterion.criterion_id, "evidence without a place")
                continue
            span = evidence.span
            assert span is not None, (criterion.criterion_id, "evidence without a span")
            assert evidence.quote, (criterion.criterion_id, "an empty quote")
            assert quoted(source, span) == evidence.quote, (criterion.criterion_id, evidence.quote)
            assert evidence.box is not None, (criterion.criterion_id, "a quote without a box")
    return recommendation


def status_in(found: Recommendation, leaf: str) -> Status:
    """The status of a leaf; an exclusion that is not met has no row, which is as good as insufficient."""
    row = found.result(leaf)
    return row.status if row is not None else INSUFFICIENT


def told(found: Recommendation) -> str:
    """A recommendation in lines, for the message of a test that failed."""
    rows = [
        f"{'  ' * c.depth}{c.criterion_id}: {c.status} {c.why} {[e.quote for e in c.evidence]}"
        for c in found.criteria
        if c.kind == "leaf"
    ]
    return "\n".join([f"{found.outcome}, blocking {found.blocking}: {found.rationale}", *rows])


ROOT = Path(__file__).resolve().parents[3]
