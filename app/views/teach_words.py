"""What the room of form types says: findings, trials and what publishing will do, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication

from app.domain.confidence import SURE
from app.domain.finding import FINDING_TEXTS, Finding
from app.domain.processor import FormDefinition
from app.domain.processor_version import FormDraft, ProcessorVersion
from app.views.messages import plural
from app.views.models.teach_model import Catalogue
from app.views.models.trial import FAILED, READ, READING, Trial
from app.views.teach_desk import ZONES
from app.views.widgets.chip import Chip, number
from app.views.widgets.teach.example_bar import ExampleTab


def _tr(text: str) -> str:
    return QCoreApplication.translate("Teaching", text)


def finding_words(finding: Finding) -> str:
    """The sentence of a finding, translated."""
    template = FINDING_TEXTS.get(finding.rule, finding.rule)
    return QCoreApplication.translate("Finding", template).format(**dict(finding.params))


def flaws_of(findings: Iterable[Finding]) -> dict[str, str]:
    """What has to be mended, by the field, table, question or section it is about; "" for the form."""
    flaws: dict[str, str] = {}
    for finding in findings:
        if finding.blocks:
            for ref in finding.where or ("",):
                flaws.setdefault(ref, finding_words(finding))
    return flaws


def findings_chip(findings: Sequence[Finding]) -> Chip:
    """How far a draft is from being published."""
    blocking = sum(1 for f in findings if f.blocks)
    if blocking:
        return Chip("circle-alert", _tr("{count} missing").format(count=blocking), "wrong")
    if findings:
        return Chip("eye", _tr("{count} to look at").format(count=len(findings)), "look")
    return Chip("check", _tr("Complete"), "sure")


def version_chip(version: ProcessorVersion) -> Chip:
    """Whether a version is in force."""
    if version.in_force:
        return Chip("circle-check", _tr("In force"), "sure")
    return Chip("archive", _tr("Retired"))


def zones_tab(definition: FormDefinition) -> ExampleTab:
    """The tab of the page with the zones."""
    tip = _tr("The page of {title} with its zones").format(title=definition.title)
    return ExampleTab(ZONES, _tr("Zones"), "scan-text", tip=tip)


def trial_tab(trial: Trial, definition: FormDefinition) -> ExampleTab:
    """The tab of an example that is tried: how it went, by sign and words."""
    name = trial.example.name
    key = trial.example.sha256
    if trial.state == READING:
        return ExampleTab(key, name, "loader", "muted", "", _tr("Being read"), True)
    if trial.state == FAILED:
        return ExampleTab(key, name, "circle-x", "wrong", _tr("unreadable"), trial.reason, True)
    if trial.state != READ:
        return ExampleTab(key, name, "file-text", "muted", "", _tr("Not read yet"), True)
    if trial.form is None:
        tip = _tr("No page is recognized as this form")
        return ExampleTab(key, name, "circle-alert", "wrong", _tr("not found"), tip, True)
    left = trial.to_look_at()
    fields = trial.fields
    mean = sum(f.confidence for f in fields) / max(1, len(fields))
    tip = _tr("{name}: {fields} answers, mean confidence {mean}, {left} to look at").format(
        name=name, fields=len(fields), mean=number(mean), left=left
    )
    symbol, role = ("check", "sure") if not left else ("eye", "look")
    if trial.stale(definition):
        tip = _tr("{tip}; read before the last change").format(tip=tip)
        symbol, role = "clock", "muted"
    return ExampleTab(key, name, symbol, role, str(left) if left else "", tip, True)


def outcome_words(draft: FormDraft, catalogue: Catalogue, trials: Iterable[Trial]) -> list[str]:
    """What publishing a draft will do, sentence by sentence."""
    form_type = draft.definition.form_type
    before = [v for v in catalogue.versions if v.form_type == form_type]
    in_force = next((v for v in before if v.in_force), None)
    said = []
    if in_force is not None:
        said.append(
            _tr(
                "It takes the place of version {version}, which is retired and can be put in force again."
            ).format(version=in_force.version)
        )
    else:
        said.append(_tr("Arriving forms of this type are read with it from now on."))
    used = sum(count for (known, _), count in (catalogue.usage or {}).items() if known == form_type)
    if used:
        said.append(
            plural(
                used,
                _tr("{count} case keeps the version it was read with."),
                _tr("{count} cases keep the version they were read with."),
            )
        )
    said.append(_tr("Cases that wait can then be read again; what people entered stays."))
    said.append(_tried_words(draft, tuple(trials)))
    return said


def _tried_words(draft: FormDraft, trials: tuple[Trial, ...]) -> str:
    read = [t for t in trials if t.state == READ and not t.stale(draft.definition)]
    if not read:
        return _tr("It was not tried on a copy as it stands.")
    found = [t for t in read if t.form is not None]
    if len(found) < len(read):
        return _tr("It was tried on {count} copies; {missing} were not recognized.").format(
            count=len(read), missing=len(read) - len(found)
        )
    values = [f for t in found for f in t.fields]
    sure = sum(1 for f in values if f.confidence >= SURE)
    share = round(100 * sure / max(1, len(values)))
    template = (
        _tr("It was tried on {count} copy: {share} % of the answers were read surely.")
        if len(read) == 1
        else _tr("It was tried on {count} copies: {share} % of the answers were read surely.")
    )
    return template.format(count=len(read), share=share)
