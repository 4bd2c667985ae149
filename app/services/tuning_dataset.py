"""Examples for tuning and measuring models, kept as people decide: off until an administrator turns it on.

Of what was asked and let stand or corrected, one example in five goes to `eval_dataset` and never to `tuning_dataset`:
what is measured with was not learned from. Identifiers are taken out before anything is kept (`app.domain.tuning`);
what is kept is encrypted, and leaves the workspace only by command.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from app.domain.case import Json
from app.domain.determination import determination_from
from app.domain.errors import Actionable, NoSuchCase, Rejected, StorageFailed
from app.domain.projection import believed
from app.domain.queue import QueueQuery, QueueSort
from app.domain.review_record import review_from
from app.domain.role import Check, Right, anybody
from app.domain.tuning import example
from app.services.change_log import Stored, utc_now
from app.services.dataset import FormFolder, VerifiedForm, kept_for_measuring
from app.services.lanes import Lanes
from app.services.review import Materials, Policies
from app.services.store.disk import write_durably
from app.services.store.failure import told_in_words
from app.services.store.store import Store

T = TypeVar("T")
TUNING, EVALUATION = "tuning_dataset", "eval_dataset"
_SETTING = "tuning"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many examples there are, and whether more are kept."""

    on: bool
    tuning: int
    evaluation: int


@dataclass(frozen=True, slots=True)
class TuningDataset:
    """Keeps an example for every line that is decided for good while it is on, one a line: a new determination takes
    the place of the one before, and one that teaches nothing lets go of it.

    `enabled`, `enable` and `follow` run in the store's lane; the work is done after, in the lane `filing`. What a kill
    left out is caught up with by `catch_up`.
    """

    store: Store
    lanes: Lanes
    materials: Materials
    policies: Policies
    tuning: FormFolder
    evaluation: FormFolder
    instructions: Callable[[], str]
    """What a model is told before it is asked: the same as when it is asked in earnest."""
    check: Check = anybody
    now: Callable[[], datetime] = utc_now

    def enabled(self) -> bool:
        return bool((self.store.recall(_SETTING) or {}).get("on"))

    def enable(self, on: bool, by: str) -> None:
        """Turn it on or off for the workspace; what was kept stays. An administrator's to do, and in the trail."""
        self.check(by, Right.ADMINISTER)
        if on != self.enabled():
            self.store.remember(_SETTING, {"on": on})
            self.store.note(f"tuning_{'on' if on else 'off'}", by, self.now(), None, {})

    def counts(self) -> Counts:
        return Counts(self.enabled(), len(self.tuning), len(self.evaluation))

    def follow(self, stored: Stored) -> None:
        """Take notice of a determination."""
        lines = [
            w.path.partition(".")[2] for w in stored.change.writes if w.path.startswith("determinations.")
        ]
        if not lines or not self.enabled():
            return
        for line in lines:
            try:
                self.lanes.submit("filing", self._told, stored.case.case_id, line)
            except RuntimeError:  # the program is closing: `catch_up` makes it good
                return

    def catch_up(self) -> int:
        """Make the examples that are missing; how many were kept or let go of. Not in the store's lane."""
        if not self._in_store(self.enabled):
            return 0
        moved = 0
        for case_id in self._in_store(self._cases):
            document = self._in_store(self._document, case_id)
            for line in believed(document or {}):
                moved += self.lanes.submit("filing", self.keep, case_id, line).result()
        return moved

    def keep(self, case_id: str, line_id: str) -> bool:
        """Make the example of a line as it stands; whether that changed anything. Not in the store's lane."""
        name = f"{case_id}:{line_id}"
        found = self._in_store(self._decided, case_id, line_id)
        made = found and _made(found, self.instructions())
        if not found or not made:
            return any([self.tuning.drop(name), self.evaluation.drop(name)])
        question = str(made["contents"][0]["parts"][0]["text"])
        measured = kept_for_measuring(hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest())
        folder, other = (self.evaluation, self.tuning) if measured else (self.tuning, self.evaluation)
        revision = str(found["determination"].get("id", ""))
        known = folder.get(name)
        if known is not None and (known.revision, known.key) == (revision, made):
            return False
        other.drop(name)
        folder.put(VerifiedForm(name, revision, "", made, b""))
        return True

    def export(self, which: str, path: Path, by: str) -> int:
        """Write one of the two as JSON lines, in the clear; how many. An administrator's to do, and in the trail.

        Not in the store's lane. Raises `Rejected` for a file that is there already.
        """
        self._in_store(self.check, by, Right.ADMINISTER)
        if path.exists():
            raise Rejected("This file exists already.", "Name a new file.", code="file_exists")
        lines = self.lines(which)
        with told_in_words(path.parent):
            write_durably(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        detail: Json = {"dataset": which, "examples": len(lines)}
        self._in_store(self.store.note, "tuning_exported", by, self.now(), None, detail)
        return len(lines)

    def lines(self, which: str) -> tuple[str, ...]:
        """The examples of one of the two as JSON, in an order that says nothing of their cases."""
        folder = {TUNING: self.tuning, EVALUATION: self.evaluation}[which]
        return tuple(sorted(json.dumps(form.key, ensure_ascii=False) for form in folder.forms()))

    def _decided(self, case_id: str, line_id: str) -> Json | None:
        document = self._document(case_id)
        entry = believed(document or {}).get(line_id)
        review = self.store.reviews.one(str(entry.get("review", ""))) if entry else None
        if entry is None or review is None or not entry.get("policy"):
            return None
        policy_id, _, version = str(entry["policy"]).rpartition("@")
        try:
            policy = self.policies.policy(policy_id, version)
        except Rejected:  # a policy that is gone: nothing can be asked by it again
            return None
        material = self.materials.material(case_id)
        return {"determination": entry, "review": review, "material": material, "policy": policy}

    def _document(self, case_id: str) -> Json | None:
        try:
            return self.store.case_document(case_id)
        except NoSuchCase:
            return None

    def _cases(self) -> tuple[str, ...]:
        return self.store.queue(QueueQuery(statuses=(), sort=QueueSort.RECEIPT))

    def _in_store(self, function: Callable[..., T], *arguments: object) -> T:
        return self.lanes.submit("store", function, *arguments).result()

    def _told(self, case_id: str, line_id: str) -> None:
        """Do the work; that the disk or the case refused it is logged, and made good by the next `catch_up`."""
        try:
            self.keep(case_id, line_id)
        except (StorageFailed, Actionable) as error:
            _LOG.warning("an example could not be kept or let go of: %s", error.code)
        except RuntimeError:  # the store's lane is closed: `catch_up` makes it good
            return


def _made(found: Mapping[str, Any], instructions: str) -> Json | None:
    return example(
        review_from(found["review"]),
        determination_from(found["determination"]),
        found["material"],
        found["policy"],
        instructions,
    )
