"""What a connected workspace needs of its project, tried out one service after the other, each said in words."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from app.doctor import Finding
from app.domain.connection import BUCKETS
from app.domain.errors import Actionable, Offline, SignInRequired
from app.domain.guideline import SearchQuery
from app.domain.queue import QueueQuery
from app.domain.role import Right
from app.domain.sync import Lease, Scope

if TYPE_CHECKING:
    from app.composition.cloud import Cloud
    from app.services.model_library import ModelLibrary
    from app.services.ports import GuidelineSearch
    from app.workstation import Workstation

EVERYBODYS = ("pa_forms_bkt", "clinical_docs")
"""Buckets that every desk writes to; the others are an administrator's."""
SKEW = timedelta(minutes=2)
"""How wrong this computer's clock may be: tokens and signatures are judged by it within minutes."""
PROBE = "countersign-doctor"


def examine_cloud(workstation: Workstation) -> tuple[Finding, ...]:
    """Try every service of the connection. Never raises for what it finds; nothing of a case is sent."""
    cloud = workstation.cloud
    if cloud is None:
        return (Finding("Connection", True, "not connected: everything is kept on this computer"),)
    connection = cloud.connection
    words = f"{connection.project} in {connection.location}, database {connection.database}"
    findings = [Finding("Connection", True, words), _signed_in(cloud)]
    if not cloud.identity.email:
        return tuple(findings)
    findings += [*_waiting(workstation), *_given_twice(workstation)]
    service = _service(cloud, datetime.now(UTC))
    findings += service
    if service[0].ok or service[0].words != _AWAY:
        findings += _services(workstation, cloud)
    return tuple(findings)


_AWAY = "the network is away, nothing else was tried; work goes on and is sent later"


def _signed_in(cloud: Cloud) -> Finding:
    email = cloud.identity.email
    if not email:
        return Finding("Sign-in", False, "nobody is signed in: countersign sign-in")
    place = {"keyring": "this computer's keyring", "store": "the encrypted store: there is no keyring here"}
    held = cloud.custody
    until = cloud.access.roles_hold_until
    words = email if held not in place else f"{email}, kept in {place[held]}"
    if until is None:
        return Finding("Sign-in", False, f"{words}; the service has not said yet what they may do")
    return Finding(
        "Sign-in", True, f"{words}; roles hold without a network until {until.astimezone():%Y-%m-%d %H:%M}"
    )


def _waiting(workstation: Workstation) -> list[Finding]:
    held = workstation.in_store(workstation.store.moving.held)
    if not held.changes and not held.conflicts:
        return [Finding("To send", True, "nothing waits")]
    words = f"{held.changes} changes of {held.cases} cases wait, {held.conflicts} conflicts are open"
    return [Finding("To send", not held.conflicts, words)]


def _given_twice(workstation: Workstation) -> list[Finding]:
    """Receipt numbers that two requests bear: a workspace that was copied, or restored from a backup, gives them out
    again until it has been at the shared queue.
    """
    store = workstation.store
    rows = workstation.in_store(lambda: store.rows(store.queue(QueueQuery(statuses=()))))
    twice = sorted(number for number, cases in Counter(row.receipt for row in rows).items() if cases > 1)
    if not twice:
        return []
    words = (
        f"two requests each bear {', '.join(twice[:5])}{' and others' if len(twice) > 5 else ''}: a workspace was"
        " copied, or restored from a backup. Nothing is lost; tell the two apart by the patient before you answer"
    )
    return [Finding("Receipts", False, words)]


def _service(cloud: Cloud, began: datetime) -> list[Finding]:
    """The ingestion service: whether it knows the person, and what time it is there."""
    try:
        said = cloud.endpoint.me()
    except Offline:
        return [Finding("Service", False, _AWAY)]
    except Actionable as error:
        return [Finding("Service", False, str(error))]
    roles = ", ".join(str(role) for role in said.roles)
    findings = [Finding("Service", bool(roles), roles or "you have no role: ask an administrator for one")]
    off = said.time - (began + (datetime.now(UTC) - began) / 2)
    if abs(off) > SKEW:
        seconds = int(abs(off).total_seconds())
        which = "behind" if off > timedelta() else "ahead of"
        words = f"this computer is {seconds} seconds {which} the service: set it, or let the network set it"
        return [*findings, Finding("Clock", False, words)]
    return [*findings, Finding("Clock", True, "as the service's")]


def _services(workstation: Workstation, cloud: Cloud) -> Iterator[Finding]:
    person = cloud.access.me
    yield _firestore(workstation, cloud)
    for name in BUCKETS:
        if name in EVERYBODYS or person.may(Right.ADMINISTER):
            yield _bucket(cloud, name)
    for form_type in sorted(cloud.connection.processors):
        yield _tried(f"Processor of {form_type}", partial(cloud.try_processor, form_type, _blank()))
    search = cloud.search
    if search is not None:
        yield _tried("Guideline search", partial(_searched, search))
    models = workstation.models
    for name, setting in models.known.items():
        if setting.kind == "gemini":
            yield _tried(f"Model {name}", partial(_answered, models, name))


def _searched(search: GuidelineSearch) -> str:
    search.search(SearchQuery("policy", limit=1))
    return "searches"


def _answered(models: ModelLibrary, name: str) -> str:
    models.try_out(name)
    return "answers"


def _blank() -> bytes:
    """A PDF of one empty page."""
    from PIL import Image  # only the doctor draws here

    made = io.BytesIO()
    Image.new("L", (425, 550), 255).save(made, "PDF")
    return made.getvalue()


def _firestore(workstation: Workstation, cloud: Cloud) -> Finding:
    """Read what changed last; write a probe where leases are, and take it away again."""
    queue, person, desk = cloud.firestore, cloud.access.me, workstation.store.desk
    try:
        queue.changed(Scope(person.name, cloud.connection.shards), None, 1)
    except Actionable as error:
        return Finding("Firestore", False, f"you may not read: {error}")
    name = f"{PROBE}-{desk}"
    until = datetime.now(UTC) + timedelta(minutes=1)
    try:
        queue.take_lease(Lease(name, person.name, person.title, desk, until), over=True)
        queue.drop_lease(name, person.name, desk)
    except (Offline, SignInRequired) as error:
        return Finding("Firestore", False, str(error))
    except Actionable as error:
        return Finding("Firestore", False, f"you may read but not write: {error.next_step or error.reason}")
    return Finding("Firestore", True, "read, written and taken away again")


def _bucket(cloud: Cloud, name: str) -> Finding:
    what = f"Bucket {name}"
    try:
        missing = cloud.buckets.missing(name)
    except Actionable as error:
        return Finding(what, False, str(error))
    if missing:
        lacking = f"{', '.join(missing)} missing on {cloud.connection.bucket(name)}"
        words = f"{lacking}: ask for the roles storage.objectViewer and storage.objectCreator"
        return Finding(what, False, words)
    return Finding(what, True, cloud.connection.bucket(name))


def _tried(what: str, try_it: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, try_it())
    except Actionable as error:
        return Finding(what, False, str(error))
