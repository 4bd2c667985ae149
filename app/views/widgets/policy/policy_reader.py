"""A policy to read: its criteria in words beside its source text, the clause of the chosen one highlighted."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.domain.policy import Policy
from app.views.widgets.menu_chip import MenuChip
from app.views.widgets.policy.lined_splitter import LinedSplitter
from app.views.widgets.policy.policy_head import PolicyHead
from app.views.widgets.policy.policy_row import PolicyRow, criterion_rows, origin_words, version_words
from app.views.widgets.policy.source_text import SourceText
from app.views.widgets.policy.word_list import WordList


class PolicyReader(QWidget):
    """Shows one version; says when another is wanted, or something is to be done with it."""

    version_chosen = Signal(str)
    edit_asked = Signal()
    compare_asked = Signal(str)
    """the version to compare with"""
    retire_asked = Signal()
    restore_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.policy: Policy | None = None
        self.head = PolicyHead(self)
        self._versions = QMenu(self)
        self._others = QMenu(self)
        self.version = MenuChip(self._versions, "history", parent=self.head)
        self.version.setAccessibleName(self.tr("Version"))
        self.compare = MenuChip(self._others, "git-compare", parent=self.head)
        self.compare.set_words(self.tr("Compare with…"), "git-compare")
        self.head.put(self.version)
        self.head.put(self.compare)
        self.edit = self.head.button(self.tr("Edit"), "F2", primary=True, symbol="pencil")
        self.retire = self.head.button(self.tr("Retire"), symbol="archive")
        self.restore = self.head.button(self.tr("Put into force"), symbol="archive-restore")
        self.criteria = WordList()
        self.criteria.setAccessibleName(self.tr("Criteria"))
        self.source = SourceText()
        self.splitter = LinedSplitter(Qt.Orientation.Horizontal)
        for widget in (self.criteria, self.source):
            self.splitter.addWidget(widget)
        self.splitter.setSizes([560, 520])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.splitter, 1)
        self.criteria.chosen.connect(self._mark)
        self.edit.clicked.connect(self.edit_asked)
        self.retire.clicked.connect(self.retire_asked)
        self.restore.clicked.connect(self.restore_asked)

    def show_policy(self, policy: Policy, versions: tuple[PolicyRow, ...]) -> None:
        """Show a version, among those there are of it. The criterion that is chosen stays where it is there, too."""
        chosen = self.criteria.current_key
        self.policy = policy
        row = next((v for v in versions if v.version == policy.version), None)
        about = origin_words(row) if row is not None else ""
        self.head.show_words(policy.title, f"{about}. {policy.source}" if about else policy.source)
        self.version.set_words(version_words(row) if row is not None else policy.version, "history")
        self._fill(versions, policy.version)
        in_force = row is not None and row.in_force
        self.retire.setVisible(in_force)
        self.restore.setVisible(not in_force)
        self.source.show_text(policy.text)
        rows = tuple(criterion_rows(policy))
        first = next((r.key for r in rows if r.key), "")
        chosen = chosen if any(r.key == chosen for r in rows) else first
        self.criteria.show_rows(rows, chosen)
        self._mark(chosen)

    def choose(self, criterion_id: str) -> None:
        """Choose a criterion, as if somebody had."""
        self.criteria.choose(criterion_id)

    def _fill(self, versions: tuple[PolicyRow, ...], shown: str) -> None:
        self._versions.clear()
        self._others.clear()
        for row in versions:
            words = f"{version_words(row)} · {origin_words(row)}"
            action = self._versions.addAction(words)
            action.setCheckable(row.version == shown)
            action.setChecked(row.version == shown)
            action.triggered.connect(lambda _checked=False, v=row.version: self.version_chosen.emit(v))
            if row.version != shown:
                other = self._others.addAction(words)
                other.triggered.connect(lambda _checked=False, v=row.version: self.compare_asked.emit(v))
        self.compare.setVisible(len(versions) > 1)

    def _mark(self, criterion_id: str) -> None:
        criterion = self.policy.criterion(criterion_id) if self.policy is not None else None
        self.source.mark(criterion.clause if criterion is not None else "")
