"""Verified forms kept for training and for measuring: the file as it arrived, with what people say is on it.

Off until somebody turns it on for the workspace. One form in five, chosen by what is in its file, goes to
`eval_forms` and never to `training_forms`: what is measured with was not learned from.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.case import IntakeStatus, Json, fields_from
from app.domain.errors import NoSuchCase, StorageFailed
from app.domain.form import FieldState, Value
from app.domain.queue import QueueQuery, QueueSort
from app.domain.role import Check, Right, anybody
from app.services.change_log import Stored, utc_now
from app.services.lanes import Lanes
from app.services.ports import BlobStore
from app.services.store.disk import UNFINISHED, make_folder, write_durably
from app.services.store.failure import told_in_words
from app.services.store.key import derived
from app.services.store.store import Store

if TYPE_CHECKING:  # not on the way to the first window
    from app.services.evaluation_run import KeyedForm

T = TypeVar("T")
TRAINING, EVALUATION = "training_forms", "eval_forms"
ONE_IN = 5
"""Of so many forms one is kept for measuring."""

_SETTING = "collecting"
_MAGIC = b"CSF1"
_NONCE = 12
_UNSURE = (FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VerifiedForm:
    """A verified case's form: its file, and the key that says what is printed on it."""

    case_id: str
    revision: str
    receipt: str
    key: Json
    content: bytes


class FormFolder:
    """Keeps verified forms, one file a case, AES-256-GCM encrypted; the name of a file tells nothing. Thread-safe.

    The folder appears with its first form. Raises `StorageFailed` when the disk refuses, or a file was altered.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._cipher = AESGCM(derived(key, f"{folder.name} content"))
        self._names = derived(key, f"{folder.name} name")

    def __len__(self) -> int:
        return len(self._files())

    def put(self, form: VerifiedForm) -> None:
        """Keep a form durably, in the place of an earlier one of the same case."""
        path = self._path(form.case_id)
        head = json.dumps(
            {"case_id": form.case_id, "revision": form.revision, "receipt": form.receipt, "key": form.key},
            ensure_ascii=False,
        ).encode()
        nonce = os.urandom(_NONCE)
        plain = len(head).to_bytes(4, "big") + head + form.content
        sealed = _MAGIC + nonce + self._cipher.encrypt(nonce, plain, _MAGIC + path.name.encode())
        with told_in_words(self._folder):
            make_folder(self._folder)
            write_durably(path, sealed)

    def drop(self, case_id: str) -> bool:
        """Forget the form of a case; whether there was one."""
        with told_in_words(self._folder):
            try:
                self._path(case_id).unlink()
            except FileNotFoundError:
                return False
            return True

    def get(self, case_id: str) -> VerifiedForm | None:
        """The form of a case, or None."""
        path = self._path(case_id)
        return self._opened(path) if path.exists() else None

    def forms(self) -> Iterator[VerifiedForm]:
        """Every form, in no order that means anything; their files are opened one after the other."""
        for path in self._files():
            yield self._opened(path)

    def _files(self) -> list[Path]:
        with told_in_words(self._folder):
            if not self._folder.is_dir():
                return []
            return sorted(p for p in self._folder.iterdir() if not p.name.startswith(UNFINISHED))

    def _path(self, case_id: str) -> Path:
        return self._folder / hmac.digest(self._names, case_id.encode(), hashlib.sha256).hex()

    def _opened(self, path: Path) -> VerifiedForm:
        with told_in_words(self._folder):
            sealed = path.read_bytes()
        start = len(_MAGIC) + _NONCE
        try:
            nonce, body = sealed[len(_MAGIC) : start], sealed[start:]
            plain = self._cipher.decrypt(nonce, body, sealed[: len(_MAGIC)] + path.name.encode())
            size = int.from_bytes(plain[:4], "big")
            head = json.loads(plain[4 : 4 + size])
            return VerifiedForm(
                head["case_id"], head["revision"], head["receipt"], head["key"], plain[4 + size :]
            )
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            raise StorageFailed(
                f"A form in {self._folder.name} was altered or damaged.",
                f"Remove {path.name} from that folder, or restore it from a backup.",
                code="form_damaged",
            ) from error


def key_of(document: Mapping[str, Any]) -> Json:
    """What is printed on the form of a case, as people left it: a key as `key_from` takes it.

    What is illegible or not applicable is not asked for again (`unsure`). `seen` names what somebody looked at;
    the rest was countersigned as it was read.
    """
    from app.services.evaluation import by_place

    form = next((d for d in document["documents"].values() if d.get("kind", "form") == "form"), None)
    fields: dict[str, Value] = {}
    tables: dict[str, dict[int, dict[str, Value]]] = {}
    unsure, seen = [], []
    for path, field in by_place(fields_from(document)).items():
        if field.state is not FieldState.UNSEEN:
            seen.append(path)
        cell = field.cell
        if cell is None:
            row: dict[str, Value] = fields
        else:
            place = int(path[len(cell[0]) + 1 : path.index("]")])
            row = tables.setdefault(cell[0], {}).setdefault(place, {})
        if field.state in _UNSURE:
            unsure.append(path)
        else:
            row[field.path if cell is None else cell[2]] = field.current
    return {
        "form_type": document.get("form_type", ""),
        "processor_version": document.get("processor_version", ""),
        "fields": fields,
        "tables": {table: [rows[place] for place in sorted(rows)] for table, rows in tables.items()},
        "unsure": unsure,
        "seen": seen,
        "pages": list(form["pages"]) if form else [],
    }


def kept_for_measuring(sha256: str) -> bool:
    """Whether a form with this content belongs to `eval_forms`."""
    return int(sha256[:8], 16) % ONE_IN == 0


@dataclass(frozen=True, slots=True)
class Collecting:
    """Keeps the forms of verified cases while it is on, and lets go of those opened again.

    `enabled`, `enable` and `follow` run in the store's lane; the work itself is done after, in the lane
    `filing`. What a kill left out is caught up with by `catch_up`.
    """

    store: Store
    blobs: BlobStore
    training: FormFolder
    evaluation: FormFolder
    lanes: Lanes
    now: Callable[[], datetime] = utc_now
    check: Check = anybody

    def enabled(self) -> bool:
        return bool((self.store.recall(_SETTING) or {}).get("on"))

    def enable(self, on: bool, by: str = "") -> None:
        """Turn collecting on or off for the workspace; what was collected stays. Noted in the audit trail."""
        self.check(by, Right.ADMINISTER)
        if on != self.enabled():
            self.store.remember(_SETTING, {"on": on})
            self.store.note(f"collecting_{'on' if on else 'off'}", by, self.now(), None, {})

    def follow(self, stored: Stored) -> None:
        """Take notice of a change to a case: one that is verified now is kept, one that was is let go of."""
        for write in stored.change.writes:
            if write.path != "intake_status" or write.base == write.value:
                continue
            if write.value == IntakeStatus.VERIFIED and self.enabled():
                self._later(self._keep, stored.document)
            elif write.base == IntakeStatus.VERIFIED:
                self._later(self._let_go, stored.case.case_id)

    def catch_up(self) -> int:
        """Bring the folders in line with the cases: those verified while it is on, none that is not verified any
        more. How many forms were kept or let go of. Not to be called in the store's lane.
        """
        moved = 0
        for folder in (self.training, self.evaluation):
            for form in folder.forms():
                document = self._in_store(self._document, form.case_id)
                if document is None or document["intake_status"] != IntakeStatus.VERIFIED:
                    moved += folder.drop(form.case_id)
        if not self._in_store(self.enabled):
            return moved
        for case_id in self._in_store(self._verified):
            document = self._in_store(self._document, case_id)
            if document is not None and document["intake_status"] == IntakeStatus.VERIFIED:
                moved += self.lanes.submit("filing", self._keep, document).result()
        return moved

    def forms(self, folder: FormFolder) -> tuple[KeyedForm, ...]:
        """The forms of one of the two folders, as an evaluation takes them, by receipt."""
        from app.services.evaluation import key_from
        from app.services.evaluation_run import KeyedForm

        found = []
        for form in folder.forms():
            found.append(KeyedForm(form.receipt, key_from(form.key), _content(folder, form.case_id)))
        return tuple(sorted(found, key=lambda f: f.name))

    def _verified(self) -> tuple[str, ...]:
        return self.store.queue(QueueQuery(statuses=(IntakeStatus.VERIFIED,), sort=QueueSort.RECEIPT))

    def _document(self, case_id: str) -> Json | None:
        try:
            return self.store.case_document(case_id)
        except NoSuchCase:
            return None

    def _in_store(self, function: Callable[..., T], *arguments: object) -> T:
        return self.lanes.submit("store", function, *arguments).result()

    def _later(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            self.lanes.submit("filing", _told, function, *arguments)
        except RuntimeError:  # the program is closing: there is no later
            _told(function, *arguments)

    def _keep(self, document: Json) -> bool:
        """Keep the form of a verified case; whether that changed anything."""
        form = next((d for d in document["documents"].values() if d.get("kind", "form") == "form"), None)
        if form is None or not (document.get("fields") or document.get("tables")):
            return False
        folder = self.evaluation if kept_for_measuring(form["sha256"]) else self.training
        case_id, revision = document["case_id"], document["_meta"]["rev"]
        with contextlib.suppress(StorageFailed):  # an altered one is written anew
            known = folder.get(case_id)
            if known is not None and known.revision == revision:
                return False
        content = self.blobs.get(form["sha256"])
        folder.put(VerifiedForm(case_id, revision, document["receipt"], key_of(document), content))
        return True

    def _let_go(self, case_id: str) -> bool:
        return any([self.training.drop(case_id), self.evaluation.drop(case_id)])


def _content(folder: FormFolder, case_id: str) -> Callable[[], bytes]:
    def content() -> bytes:
        form = folder.get(case_id)
        return form.content if form is not None else b""

    return content


def _told(function: Callable[..., object], *arguments: object) -> None:
    """Do the work; that the disk refused it is written to the log, and made good by the next `catch_up`."""
    try:
        function(*arguments)
    except StorageFailed as error:
        _LOG.warning("a verified form could not be kept or let go of: %s", error.code)
