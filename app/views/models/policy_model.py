"""The policies of the workspace as an administrator works on them. Facts are told in the past tense."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.case import Json
from app.domain.errors import Actionable, Rejected
from app.domain.policy import Policy
from app.domain.policy_change import PolicyChange, policy_changes
from app.services.policy_library import PolicyVersion
from app.views.background import Background
from app.views.models.policy_text import as_text, blank_text, title_of
from app.workstation import Workstation

DRAFT = "policy_draft"
"""Under this key the store keeps what is being edited."""


class PolicyModel(QObject):
    """Lists, reads, checks and publishes policies; keeps what is being edited, a crash included."""

    listed = Signal(object)
    """tuple of `PolicyVersion`, the latest of each policy first"""
    opened = Signal(object)
    """`Policy`"""
    draft_opened = Signal(str, str, str, str)
    """title, text, source text, the criterion to begin at ("" for the top)"""
    draft_found = Signal(str)
    """what the draft that is kept is called, "" when there is none"""
    source_read = Signal(str)
    """the text of a file, for the draft that is open"""
    checked = Signal(object)
    """tuple of (line from 1, words)"""
    compared = Signal(object, object, object)
    """`Policy` before, `Policy` now, tuple of `PolicyChange`"""
    published = Signal(object)
    """`Policy`"""
    retired = Signal(object)
    """`PolicyVersion`"""
    restored = Signal(object)
    """`PolicyVersion`"""
    refused = Signal(object)

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._wanted = ("", "")
        self._check = 0
        self._draft: Json = {}

    @property
    def draft(self) -> Json:
        """What is being edited: `title`, `text`, `source`; empty when nothing is."""
        return self._draft

    def refresh(self) -> None:
        """Look at what there is, and at what was being edited."""
        library, store = self._workstation.policies, self._workstation.store

        def work() -> tuple[tuple[PolicyVersion, ...], Json]:
            library.refresh()
            return library.versions(), store.recall(DRAFT) or {}

        def done(found: tuple[tuple[PolicyVersion, ...], Json]) -> None:
            versions, draft = found
            self._draft = self._draft or draft
            self.draft_found.emit(str(self._draft.get("title", "")))
            self.listed.emit(versions)

        self._run("store", work, done)

    def open(self, policy_id: str, version: str = "") -> None:
        """Show a version; the one in force (or the last) when none is named. The latest call wins."""
        wanted = self._wanted = (policy_id, version)

        def done(policy: Policy) -> None:
            if self._wanted == wanted:
                self.opened.emit(policy)

        self._run("review", lambda: self._workstation.policies.policy(policy_id, version), done)

    def compare(self, policy_id: str, version: str, other: str) -> None:
        """What differs between two versions, the older one before."""
        library = self._workstation.policies

        def work() -> tuple[Policy, Policy, tuple[PolicyChange, ...]]:
            order = [v.version for v in library.versions(policy_id)]  # the latest first
            older, newer = sorted((version, other), key=order.index, reverse=True)
            before, now = library.policy(policy_id, older), library.policy(policy_id, newer)
            return before, now, policy_changes(before, now)

        self._run("review", work, lambda found: self.compared.emit(*found))

    # editing

    def edit(self, policy: Policy, at: str = "") -> None:
        """Edit a version, beginning at a criterion: what is published will be a new one."""

        def done(text: str) -> None:
            self._begin(policy.title, text, policy.text, at)

        self._run("review", lambda: as_text(policy), done)

    def begin_new(self) -> None:
        """Edit a policy that is not there yet."""
        self._begin(self.tr("A new policy"), blank_text(), "")

    def resume(self) -> None:
        """Go on with what was being edited."""
        draft = self._draft
        if draft:
            self.draft_opened.emit(str(draft["title"]), str(draft["text"]), str(draft["source"]), "")

    def add_files(self, paths: list[str]) -> None:
        """A policy file begins a draft, with the source text it names; a text is the source of the one open."""
        from app.services.policy_file import read_text, source_text_of

        for path in map(Path, paths):
            if path.suffix.lower() in (".yaml", ".yml"):

                def read(path: Path = path) -> tuple[str, str, str]:
                    text = read_text(path)
                    try:
                        source = source_text_of(path, text)
                    except Rejected:  # it is not there: it can be dropped or pasted
                        source = ""
                    return title_of(text) or path.stem, text, source

                self._run("review", read, lambda found: self._begin(*found))
            elif path.suffix.lower() in (".txt", ".md"):
                self._run("review", partial(read_text, path), self.source_read.emit)
            else:
                self.refused.emit(
                    Rejected(
                        f"“{path.name}” is no policy file.",
                        "A policy is a .yaml file; its source text is a .txt file.",
                        code="policy_file",
                    )
                )

    def keep(self, text: str, source: str) -> None:
        """Keep what is typed, and check it."""
        if not self._draft:
            return
        title = title_of(text) or str(self._draft["title"])
        draft: Json = {"title": title, "text": text, "source": source}
        if draft != self._draft:
            self._draft = draft
            self._run("store", lambda: self._workstation.store.remember(DRAFT, draft))
        self._check += 1
        turn = self._check

        def work() -> tuple[tuple[int, str], ...]:
            from app.services.policy_file import file_problems

            return tuple(
                (p.line, p.text[:1].upper() + p.text[1:].rstrip(".") + ".")
                for p in file_problems(text, source)
            )

        def done(problems: tuple[tuple[int, str], ...]) -> None:
            if turn == self._check:
                self.checked.emit(problems)

        self._run("review", work, done)

    def discard(self) -> None:
        """Throw away what was being edited."""
        self._forget()
        self.draft_found.emit("")

    def publish(self, text: str, source: str) -> None:
        library, by = self._workstation.policies, self._workstation.person

        def done(policy: Policy) -> None:
            self._forget()
            self.published.emit(policy)
            self.refresh()

        self._run("store", lambda: library.publish(text, source, by), done)

    def retire(self, policy_id: str) -> None:
        library, by = self._workstation.policies, self._workstation.person

        def done(version: PolicyVersion) -> None:
            self.retired.emit(version)
            self.refresh()

        self._run("store", lambda: library.retire(policy_id, by), done)

    def restore(self, policy_id: str, version: str) -> None:
        library, by = self._workstation.policies, self._workstation.person

        def done(found: PolicyVersion) -> None:
            self.restored.emit(found)
            self.refresh()

        self._run("store", lambda: library.restore(policy_id, version, by), done)

    def _begin(self, title: str, text: str, source: str, at: str = "") -> None:
        self._draft = {"title": title, "text": text, "source": source}
        self.draft_found.emit(title)
        self.draft_opened.emit(title, text, source, at)

    def _forget(self) -> None:
        self._draft = {}
        self._check += 1
        self._run("store", lambda: self._workstation.store.remember(DRAFT, {}))

    def _run(self, lane: str, function: Callable[[], Any], done: Callable[[Any], None] | None = None) -> None:
        def refused(error: Actionable) -> None:
            self.refused.emit(error)

        self._background.run(self, lane, function, done=done, failed=refused)
