"""The form that is being taught: its edits, undo and redo, what is missing, and its trials."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import Actionable, Cancelled, Conflict
from app.domain.extraction import Extraction
from app.domain.finding import Finding
from app.domain.processor import FormDefinition
from app.domain.processor_version import Example, FormDraft
from app.services.ports import Progress
from app.views.background import Background, Task
from app.views.models.intake_model import file_content
from app.views.models.trial import FAILED, READ, READING, WAITING, Trial
from app.workstation import Workstation

Edit = Callable[[FormDefinition], FormDefinition]
EXAMINE_MS = 120
AGAIN_MS = 900
"""How long nothing is edited before trials are read again."""
DAMAGES = ("skew", "shift", "fax", "noise", "photo")
"""What a copy is damaged by, one each, to see how a form stands it."""
MOST_STEPS = 400


class DraftModel(QObject):
    """Holds the open draft. Every edit is kept by the store in the order it was made, before anything else is read."""

    opened = Signal(object)
    """`FormDraft`"""
    changed = Signal(object)
    """`FormDefinition`"""
    undo_changed = Signal(bool, bool)
    findings_changed = Signal(object)
    """tuple of `Finding`"""
    trials_changed = Signal(object)
    """tuple of `Trial`"""
    trial_progress = Signal(str, object)
    """SHA-256 of an example, (pages done, pages) or None"""
    saving_changed = Signal(int)
    refused = Signal(object)
    """`Actionable`: an edit that cannot be done, or could not be kept"""
    closed = Signal()

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._draft: FormDraft | None = None
        self._undo: list[FormDefinition] = []
        self._redo: list[FormDefinition] = []
        self._merge = ""
        self._pending = 0
        self._findings: tuple[Finding, ...] = ()
        self._trials: tuple[Trial, ...] = ()
        self._trying = self._itself = self._bare = False
        self._first = ""
        self._stopped = threading.Event()
        self._reading: Task | None = None
        self._examine = QTimer(self, interval=EXAMINE_MS, singleShot=True)
        self._examine.timeout.connect(self._look_over)
        self._again = QTimer(self, interval=AGAIN_MS, singleShot=True)
        self._again.timeout.connect(self._read_next)

    # the draft

    @property
    def draft(self) -> FormDraft | None:
        return self._draft

    @property
    def definition(self) -> FormDefinition | None:
        return self._draft.definition if self._draft else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self._findings

    @property
    def trials(self) -> tuple[Trial, ...]:
        return self._trials

    @property
    def saving(self) -> int:
        """How many edits are not durable yet."""
        return self._pending

    @property
    def page_example(self) -> Example | None:
        """The example whose pages the zones are drawn on."""
        if self._draft is None or self._bare:
            return None
        return self._draft.examples[0] if self._draft.examples else None

    def open(self, draft: FormDraft, *, bare: bool = False) -> None:
        """Go on with a draft. `bare` says that its zones were drawn on none of its examples: they are copies."""
        self._stop_reading()
        self._draft = draft
        self._undo, self._redo, self._merge = [], [], ""
        self._trying = False
        self._itself = False
        self._bare = bare
        self._trials = ()
        self._list_trials()
        self._findings = ()
        self.opened.emit(draft)
        self.undo_changed.emit(False, False)
        self.trials_changed.emit(self._trials)
        self._look_over()

    def close(self) -> None:
        """Leave the draft as it is kept."""
        self._stop_reading()
        self._examine.stop()
        self._draft = None
        self._trials = ()
        self.closed.emit()

    # edits

    def edit(self, function: Edit, merge: str = "") -> FormDefinition | None:
        """Do an edit and keep it; None when it cannot be done. Edits of the same `merge` are undone in one step."""
        draft = self._draft
        if draft is None:
            return None
        try:
            after = function(draft.definition)
        except Actionable as error:
            self.refused.emit(error)
            return None
        if after == draft.definition:
            return after
        if not merge or merge != self._merge:
            self._undo = [*self._undo[-MOST_STEPS:], draft.definition]
        self._merge = merge
        self._redo = []
        self._show(after)
        return after

    def end_step(self) -> None:
        """What is edited next is a step of its own to undo."""
        self._merge = ""

    def undo(self) -> None:
        if self._draft is not None and self._undo:
            self._redo.append(self._draft.definition)
            self._merge = ""
            self._show(self._undo.pop())

    def redo(self) -> None:
        if self._draft is not None and self._redo:
            self._undo.append(self._draft.definition)
            self._merge = ""
            self._show(self._redo.pop())

    def _show(self, definition: FormDefinition) -> None:
        draft = self._draft
        if draft is None:
            return
        before = draft.definition
        self._draft = replace(draft, definition=definition)
        self._keep(draft.draft_id, before, definition)
        self.changed.emit(definition)
        self.undo_changed.emit(bool(self._undo), bool(self._redo))
        self._examine.start()
        if self._trying:
            self._stop_reading()
            self._again.start()

    def _keep(self, draft_id: str, before: FormDefinition, after: FormDefinition) -> None:
        self._pending += 1
        self.saving_changed.emit(self._pending)

        def settled(_kept: object) -> None:
            self._pending -= 1
            self.saving_changed.emit(self._pending)

        def failed(error: Actionable) -> None:
            settled(None)
            self.refused.emit(error)
            if self._draft is not None and self._draft.draft_id == draft_id:
                self._reload(draft_id, gone=not isinstance(error, Conflict))

        self._background.run(
            self,
            "store",
            self._workstation.teaching.keep,
            draft_id,
            before,
            after,
            self._workstation.person,
            done=settled,
            failed=failed,
        )

    def _reload(self, draft_id: str, *, gone: bool) -> None:
        """Show the draft as it is kept: an edit could not be."""

        def missing(error: Actionable) -> None:
            if gone:
                self.close()
            else:
                self.refused.emit(error)

        self._background.run(
            self,
            "store",
            self._workstation.teaching.draft,
            draft_id,
            done=partial(self.open, bare=self._bare),
            failed=missing,
        )

    def _look_over(self) -> None:
        draft = self._draft
        if draft is None:
            return
        definition = draft.definition

        def found(findings: tuple[Finding, ...]) -> None:
            if self._draft is not None and self._draft.definition is definition:
                self._findings = findings
                self.findings_changed.emit(findings)

        self._background.run(self, "store", self._workstation.teaching.examine, definition, done=found)

    # examples and trials

    def add_examples(self, paths: Iterable[str | Path]) -> None:
        """Keep further examples with the draft and read them; the first one of a draft without is drawn on."""
        for path in map(Path, paths):
            self._background.run(
                self,
                "network",
                file_content,
                path,
                done=partial(self._add, path.name),
                failed=self.refused.emit,
            )

    def _add(self, name: str, content: bytes) -> None:
        draft = self._draft
        if draft is None:
            return

        def added(kept: FormDraft) -> None:
            if self._draft is None or self._draft.draft_id != kept.draft_id:
                return
            had = self._bare or bool(self._draft.examples)
            # What was there before and is dropped once more is to be tried itself.
            self._itself = self._itself or (had and kept.examples == self._draft.examples)
            self._draft = replace(self._draft, examples=kept.examples)
            self._list_trials()
            if not had:
                self.opened.emit(self._draft)
            self.trials_changed.emit(self._trials)
            self.try_all()

        self._background.run(
            self,
            "store",
            self._workstation.teaching.add_example,
            draft.draft_id,
            content,
            name,
            self._workstation.person,
            done=added,
            failed=self.refused.emit,
        )

    def try_itself(self) -> None:
        """Try the form on the very example its zones are drawn on."""
        if self.page_example is not None:
            self._itself = True
            self._list_trials()
            self.trials_changed.emit(self._trials)

    def _list_trials(self) -> None:
        """The examples to try: all but the first, and that one too when it was asked for."""
        examples = self._draft.examples if self._draft else ()
        known = {t.example.sha256: t for t in self._trials}
        wanted = examples if self._itself or self._bare else examples[1:]
        self._trials = tuple(known.get(e.sha256, Trial(e)) for e in wanted)

    def add_damaged(self, example: Example) -> None:
        """Make copies of an example, damaged as paper is on its way, and read them as well."""
        teaching, teacher = self._workstation.teaching, self._workstation.backends.teacher
        if teacher is None:
            return

        def copy(kind: str, seed: int) -> bytes:  # runs in the reading lane
            return teacher.damaged(teaching.content(example), kind, seed).content

        stem = Path(example.name).stem
        for seed, kind in enumerate(DAMAGES, 1):
            self._background.run(
                self,
                "reading",
                copy,
                kind,
                seed,
                done=partial(self._add, f"{kind} of {stem}"),
                failed=self.refused.emit,
            )

    def remove_trial(self, sha256: str) -> None:
        """Take an example out of the trials."""
        draft = self._draft
        if draft is None:
            return
        page = self.page_example
        if page is not None and page.sha256 == sha256:  # the zones stay on it: it is tried no more
            self._itself = False
            self._list_trials()
            self.trials_changed.emit(self._trials)
            return
        self._trials = tuple(t for t in self._trials if t.example.sha256 != sha256)
        kept = tuple(e for e in draft.examples if e.sha256 != sha256)
        self._draft = replace(draft, examples=kept)
        self.trials_changed.emit(self._trials)
        self._background.run(
            self,
            "store",
            self._workstation.teaching.remove_example,
            draft.draft_id,
            sha256,
            self._workstation.person,
            failed=self.refused.emit,
        )

    def try_all(self, first: str = "") -> None:
        """Read every example that was not read with the form as it stands, and again after every edit."""
        self._trying = True
        self._first = first or self._first
        self._read_next()

    def stop_trying(self) -> None:
        """Read nothing any more until asked again."""
        self._trying = False
        self._again.stop()
        self._stop_reading()

    def _stop_reading(self) -> None:
        self._stopped.set()
        self._again.stop()

    @property
    def trying(self) -> bool:
        """Whether an example is being read or waits to be."""
        return self._reading is not None or self._again.isActive()

    def _read_next(self) -> None:
        draft = self._draft
        if self._reading is not None or draft is None or not self._trying:
            return
        definition = draft.definition
        waiting = [
            t for t in self._trials if t.stale(definition) and not (t.state == FAILED and not t.reason)
        ]
        if not waiting:
            return
        trial = next((t for t in waiting if t.example.sha256 == self._first), waiting[0])
        self._read(replace(trial, state=READING), definition)

    def _read(self, trial: Trial, definition: FormDefinition) -> None:
        sha256 = trial.example.sha256
        stopped = self._stopped = threading.Event()
        self._put(trial)
        self.trial_progress.emit(sha256, (0, 0))

        def watch(progress: Progress) -> None:  # runs in the reading lane
            if stopped.is_set():
                raise Cancelled("Reading was stopped.", code="stopped")
            self._background.post(lambda: self.trial_progress.emit(sha256, (progress.done, progress.total)))

        def ended(after: Trial) -> None:
            self._reading = None
            self.trial_progress.emit(sha256, None)
            if any(t.example.sha256 == sha256 for t in self._trials):
                self._put(after)
            if not self._again.isActive():
                self._read_next()

        def read(extraction: Extraction) -> None:
            ended(
                replace(trial, state=READ, extraction=extraction, definition=definition, reason="", step="")
            )

        def failed(error: Actionable) -> None:
            if isinstance(error, Cancelled):
                ended(replace(trial, state=WAITING))
            else:
                ended(
                    replace(
                        trial,
                        state=FAILED,
                        extraction=None,
                        definition=definition,
                        reason=error.reason,
                        step=error.next_step,
                    )
                )

        self._reading = self._background.run(
            self,
            "reading",
            self._workstation.teaching.try_out,
            definition,
            trial.example,
            watch,
            done=read,
            failed=failed,
        )

    def _put(self, trial: Trial) -> None:
        sha256 = trial.example.sha256
        self._trials = tuple(trial if t.example.sha256 == sha256 else t for t in self._trials)
        self.trials_changed.emit(self._trials)
