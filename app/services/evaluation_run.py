"""Running an evaluation: forms with keys are read, as they are or damaged on purpose, and scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.domain.case import Json
from app.domain.errors import Rejected, Unreadable
from app.domain.extraction import Document
from app.domain.form import Value
from app.services import media
from app.services.evaluation import (
    CLEAN,
    DAMAGES,
    Bin,
    Figures,
    FormFigures,
    FormRead,
    Key,
    Report,
    Scored,
    form_of,
    load_keys,
    score,
)
from app.services.ports import FormProcessor, Watch

Damage = Callable[[Document, str, int], Document]
"""Damages a document in a named way, from a seed (`FormTeacher.damaged`)."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class KeyedForm:
    """A form of which is known what is printed on it; its bytes are fetched when it is read."""

    name: str
    key: Key
    content: Callable[[], bytes]


def forms_of(folder: Path) -> tuple[KeyedForm, ...]:
    """The forms of a folder that have a key beside them. Raises `Rejected` as `load_keys` does."""
    return tuple(KeyedForm(path.stem, key, path.read_bytes) for path, key in load_keys(folder).items())


def kinds_asked(named: Sequence[str]) -> tuple[str, ...]:
    """The kinds of damage a person asked for: none named is clean alone, `all` is clean and every kind.

    Raises `Rejected` for a kind that is not known.
    """
    found: list[str] = []
    for name in named or (CLEAN,):
        if name not in (ALL, CLEAN, *DAMAGES):
            kinds = ", ".join((CLEAN, *DAMAGES, ALL))
            raise Rejected(f"No damage is called “{name}”.", f"Choose of: {kinds}.", code="no_such_damage")
        found += (CLEAN, *DAMAGES) if name == ALL else (name,)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class FormScored:
    """A form that was read with the score of its values."""

    read: FormRead
    values: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """Reads forms with a processor; `damage` is needed for kinds other than clean."""

    processor: FormProcessor
    damage: Damage | None = None

    def read(
        self,
        forms: Sequence[KeyedForm],
        kinds: Sequence[str] = (CLEAN,),
        seed: int = 1,
        watch: Watch | None = None,
    ) -> Iterator[FormScored]:
        """Every form in every kind of damage, kind after kind. A form that cannot be read counts with all its
        values; raises `Cancelled` when the watch says so.
        """
        for kind in kinds:
            for form in forms:
                yield self.read_one(form, kind, seed, watch)

    def read_one(self, form: KeyedForm, kind: str, seed: int, watch: Watch | None = None) -> FormScored:
        """One form in one kind of damage."""
        damage = _both(form.key.damage, kind)
        try:
            content = form.content()
            document = Document(form.name, media.sniff(content), content)
            if kind != CLEAN:
                if self.damage is None:
                    raise Rejected("This processor cannot damage forms.", code="no_damage")
                document = self.damage(document, kind, seed)
            extraction = self.processor.process(document, watch)
        except Unreadable as error:
            read = FormRead(form.name, damage, "", form.key.form_type, reason=error.reason)
            return FormScored(read, tuple(score(form.name, damage, form.key, ())))
        found = form_of(extraction, form.key)
        seconds = extraction.seconds / max(1, extraction.page_count)
        read = FormRead(
            form.name, damage, found.form_type if found else "", form.key.form_type, round(seconds, 3)
        )
        return FormScored(read, tuple(score(form.name, damage, form.key, found.fields if found else ())))


def _both(first: str, then: str) -> str:
    if CLEAN in (first, then):
        return then if first == CLEAN else first
    return f"{first}, {then}"


def report_json(report: Report, held_out: Report | None = None) -> Json:
    """A report as JSON: at the top the figures over all values, by the names the exam gives them."""
    return {
        **_figures_json(report.forms, report.overall),
        **({"held_out": held_out_json(held_out)} if held_out is not None else {}),
        "by_damage": {d: _figures_json(*of) for d, of in report.by_damage.items()},
        "by_field": _by_type(report),
        "confusions": [{"printed": a, "read": b, "count": n} for a, b, n in report.confusions],
        "reliability": [_bin_json(b) for b in report.reliability],
        "reliability_text": [_bin_json(b) for b in report.reliability_text],
        "wrong": [
            {
                "form": s.form, "damage": s.damage, "name": s.path, "printed": s.expected, "read": _shown(s.read),
                "confidence": s.confidence,
            }
            for s in report.wrong
        ],
    }  # fmt: skip


def held_out_json(report: Report) -> Json:
    """What a fit changes, on forms left out: overall and by kind of damage."""
    names = ("values", "accuracy", "flagged", "silent", "caught", "ece", "ece_text")

    def some(of: Figures) -> Json:
        return {name: getattr(of, name) for name in names}

    return {
        **some(report.overall),
        "by_damage": {damage: some(of) for damage, (_, of) in report.by_damage.items()},
    }


def _figures_json(forms: FormFigures, of: Figures) -> Json:
    return {
        "forms": forms.forms,
        "missing": list(forms.unreadable),
        "form_type_right": forms.form_type_right,
        **asdict(of),
        "seconds_per_page": forms.seconds_per_page,
    }


def _by_type(report: Report) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for (form_type, field), of in report.by_field.items():
        found.setdefault(form_type, {})[field] = asdict(of)
    return found


def _bin_json(of: Bin) -> Json:
    return {"shown": round(of.shown, 4), "right": round(of.right, 4), "count": of.count}


def _shown(value: Value | None) -> Value:
    return "" if value is None else value
