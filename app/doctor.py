"""What the program needs on this computer, tried out one thing after the other, each said in words."""

from __future__ import annotations

import importlib.metadata
import io
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from app import display
from app.domain.errors import Actionable
from app.domain.extraction import Document
from app.domain.role import Person, Right
from app.resource import resource
from app.workstation import KeyQuestion, Settings, Workstation, build, unlock

ENOUGH_DISK = 2 * 1024**3
PRINTED = "Countersign reads this line 2026"
PAYER = (
    "name",
    "address",
    "phone",
    "appeal_days",
    "appeal_answer_days",
    "fast_appeal_hours",
    "appeal_address",
)
"""What no letter of a payer goes without."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: whether it works, and a sentence about it."""

    what: str
    ok: bool
    words: str


def examine(place: Settings, ask: Callable[[KeyQuestion], str | None]) -> tuple[Finding, ...]:
    """Try everything the program needs. Never raises for what it finds."""
    findings = [_python(), _display(), _disk(place), *_workspace(place, ask)]
    return tuple(findings)


def _python() -> Finding:
    names = ("PySide6-Essentials", "PyMuPDF", "rapidocr", "sqlcipher3")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(name)  # a frozen program carries the library without its description
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", fits, f"{platform.python_version()} with {', '.join(versions)}")


def _display() -> Finding:
    problem = display.problem()
    if problem:
        return Finding("Display", True, f"{problem} Everything but the window works.")
    return Finding("Display", True, os.environ.get("QT_QPA_PLATFORM") or "a window can be opened")


def _disk(place: Settings) -> Finding:
    folder = place.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GB free where the workspace is"
    return Finding("Disk", free > ENOUGH_DISK, words if free > ENOUGH_DISK else f"only {words}; make room")


def _workspace(place: Settings, ask: Callable[[KeyQuestion], str | None]) -> list[Finding]:
    if not place.folder.exists():
        # nothing to look at yet: try everything in a folder that is thrown away
        with tempfile.TemporaryDirectory() as folder:
            tried = Settings(place.folder.__class__(folder), place.person)
            words = f"{place.folder} will be made at the first start"
            return [Finding("Workspace", True, words), *_services(tried, os.urandom(32))]
    try:
        key = unlock(place.folder, ask)
    except Actionable as error:
        return [Finding("Workspace", False, str(error))]
    return _services(place, key)


def _services(place: Settings, key: bytes) -> list[Finding]:
    try:
        workstation = build(place, key)
    except Actionable as error:
        return [Finding("Store", False, str(error))]
    findings = []
    try:
        report = workstation.in_store(workstation.store.audit_verify)
        words = f"the store opens; {report.entries:,} entries in the audit trail"
        findings.append(Finding("Store", True, words))
        if not report.holds:
            findings.append(Finding("Audit trail", False, f"broken at entry {report.broken_at}"))
        titles = ", ".join(sorted(workstation.titles().values()))
        findings.append(Finding("Form types", bool(titles), titles or "none found"))
        findings.append(_reading(workstation))
        findings += _review(workstation)
        from app.doctor_cloud import examine_cloud

        findings += examine_cloud(workstation)
    finally:
        workstation.close()
    return findings


def _review(workstation: Workstation) -> list[Finding]:
    """What a review needs: policies, people, the payer's wording, whoever may be asked. No model is asked here."""
    findings = []
    try:
        policies = workstation.policies.policies()
        leaves = sum(len(policy.leaves()) for policy in policies)
        words = f"{len(policies)} in force, with {leaves} criteria to be met"
        findings.append(Finding("Policies", bool(policies), words))
    except Actionable as error:
        findings.append(Finding("Policies", False, str(error)))
    people = [p for p in _people(workstation) if p.active]
    able = sum(person.may(Right.DECIDE_AGAINST) for person in people)
    words = f"{len(people)} users, {able} of them may decide against a request"
    if not people and workstation.cloud is None:
        words = "no users: nobody has to sign in, and nobody can decide against a request"
    findings.append(Finding("People", True, words))
    payer = workstation.review.letters.payer()
    lacking = sum(not payer.get(name) for name in PAYER)
    words = "your wording is there"
    if lacking:
        words = (
            f"{lacking} lines of your own wording are missing; letters are drafts: see docs/admin/letters.md"
        )
    findings.append(Finding("Letters", True, words))
    from app.services.model_library import about  # loaded with the models

    asked = workstation.in_store(workstation.models.refresh)
    places = ["criteria engine: this computer", *(f"{s.name}: {about(s).where}" for s in asked)]
    findings.append(Finding("Models", True, "; ".join(places)))
    return findings


def _people(workstation: Workstation) -> tuple[Person, ...]:
    try:
        return workstation.with_people(workstation.access.people)
    except Actionable:  # a service that is away is told of with the connection
        return ()


def _reading(workstation: Workstation) -> Finding:
    """Have a page read that says what must come out."""
    try:
        document = Document("doctor", "image/png", _page(PRINTED))
        extraction = workstation.lanes.submit(
            "reading", workstation.backends.processor.process, document
        ).result()
    except Actionable as error:
        return Finding("Reading", False, str(error))
    read = " ".join(word.text for text in extraction.texts for word in text.words)
    fits = PRINTED.replace(" ", "").casefold() in read.replace(" ", "").casefold()
    words = f"a page was read in {extraction.seconds:.1f} s"
    return Finding("Reading", fits, words if fits else f"{words}, but not rightly")


def _page(words: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont  # only the doctor draws here

    page = Image.new("L", (850, 1100), 255)
    font = ImageFont.truetype(str(resource("fonts", "InterVariable.ttf")), 32)
    ImageDraw.Draw(page).text((80, 120), words, fill=0, font=font)
    made = io.BytesIO()
    page.save(made, "PNG")
    return made.getvalue()
