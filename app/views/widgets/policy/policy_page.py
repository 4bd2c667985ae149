"""The page of policies: the list at the left, and one of them to read, to edit or to compare."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.domain.policy import Policy
from app.domain.policy_change import PolicyChange
from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.policy.lined_splitter import LinedSplitter
from app.views.widgets.policy.policy_head import PolicyHead
from app.views.widgets.policy.policy_reader import PolicyReader
from app.views.widgets.policy.policy_row import PolicyRow, change_rows, policy_rows, version_words
from app.views.widgets.policy.policy_writer import PolicyWriter
from app.views.widgets.policy.word_list import WordList, WordRow

DRAFT = "draft "
"""The key of what is being edited; no policy's id has a blank."""


class PolicyPage(QWidget):
    """Shows policies and says what an administrator wants done; it does nothing itself."""

    policy_chosen = Signal(str)
    draft_chosen = Signal()
    new_asked = Signal()
    files_asked = Signal()
    files_dropped = Signal(list)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._versions: tuple[PolicyRow, ...] = ()
        self._draft = ""
        self.title = QLabel(self.tr("Policies"), self)
        self.back = KeyButton(self.tr("Settings"), "Alt ⇱", symbol="arrow-left", parent=self)
        self.list = WordList()
        self.list.setAccessibleName(self.tr("Policies"))
        self.new = KeyButton(self.tr("New"), "Ctrl N", symbol="plus", parent=self)
        self.add = KeyButton(self.tr("Add a file"), "Ctrl O", symbol="file-plus", parent=self)
        self.reader = PolicyReader()
        self.writer = PolicyWriter()
        self.notice = NoticePage()
        self.comparing = QWidget()
        self.compare_head = PolicyHead()
        self.end_compare = self.compare_head.button(self.tr("Close"), "Esc")
        self.changes = WordList()
        self.changes.setAccessibleName(self.tr("What differs"))
        self.stack = QStackedWidget()
        self._lay_out()
        self._wire()
        theme.changed.connect(self._restyle)
        self._restyle()
        self.setAcceptDrops(True)

    def _lay_out(self) -> None:
        side = QWidget()
        self._side = QVBoxLayout(side)
        self._top = QHBoxLayout()
        self._top.addWidget(self.title, 1)
        self._top.addWidget(self.back)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.new)
        self._foot.addWidget(self.add)
        self._foot.addStretch(1)
        self._side.addLayout(self._top)
        self._side.addWidget(self.list, 1)
        self._side.addLayout(self._foot)
        compare = QVBoxLayout(self.comparing)
        compare.setContentsMargins(0, 0, 0, 0)
        compare.setSpacing(0)
        compare.addWidget(self.compare_head)
        compare.addWidget(self.changes, 1)
        for page in (self.notice, self.reader, self.writer, self.comparing):
            self.stack.addWidget(page)
        self.splitter = LinedSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(side)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        side_width = min(theme.px(300), 360)
        self.splitter.setSizes([side_width, 1370 - side_width])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)
        self.notice.show_notice(
            "scale",
            self.tr("Choose a policy"),
            self.tr(
                "Its criteria stand in words beside its source text. A file that is dropped here is added."
            ),
        )

    def _wire(self) -> None:
        self.list.chosen.connect(self._choose)
        self.list.opened.connect(lambda _key: self.reader.criteria.setFocus())
        self.back.clicked.connect(self.left)
        self.new.clicked.connect(self.new_asked)
        self.add.clicked.connect(self.files_asked)
        self.end_compare.clicked.connect(self.show_reader)
        self.changes.opened.connect(self._open_change)
        for keys, function, where in (
            ("Ctrl+N", self.new_asked.emit, self),
            ("Ctrl+O", self.files_asked.emit, self),
            ("Alt+Home", self.left.emit, self),
            ("F2", self.reader.edit.click, self.reader),
            ("F10", self.writer.publish.click, self.writer),
            ("Esc", self.writer.leave.click, self.writer),
            ("Esc", self.show_reader, self.comparing),
        ):
            shortcut = QShortcut(QKeySequence(keys), where)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(function)

    # what is shown

    def show_versions(self, versions: tuple[PolicyRow, ...], draft: str = "") -> None:
        """Every version of every policy; `draft` is what is being edited is called, "" when nothing is."""
        self._versions, self._draft = versions, draft
        self._show_list(self.list.current_key)

    def _show_list(self, chosen: str) -> None:
        versions, draft = self._versions, self._draft
        rows = policy_rows(versions)
        if draft:
            words = self.tr("Not published yet")
            rows = (WordRow(DRAFT, draft, words, symbol="pencil", role="look"), *rows)
        self.list.show_rows(rows, chosen)

    def versions_of(self, policy_id: str) -> tuple[PolicyRow, ...]:
        return tuple(row for row in self._versions if row.policy_id == policy_id)

    def show_policy(self, policy: Policy) -> None:
        """Show a version to read."""
        self.reader.show_policy(policy, self.versions_of(policy.policy_id))
        self._show_list(policy.policy_id)
        self.stack.setCurrentWidget(self.reader)

    def show_reader(self) -> None:
        self.stack.setCurrentWidget(self.reader if self.reader.policy is not None else self.notice)
        self.reader.criteria.setFocus()

    def show_writer(self) -> None:
        self.stack.setCurrentWidget(self.writer)
        self._show_list(DRAFT)
        self.writer.editor.setFocus()

    def show_changes(self, before: Policy, now: Policy, changes: tuple[PolicyChange, ...]) -> None:
        """Show what differs between two versions, in words."""
        names = {row.version: version_words(row) for row in self.versions_of(now.policy_id)}
        words = self.tr("From {before} to {now}").format(
            before=names.get(before.version, before.version), now=names.get(now.version, now.version)
        )
        self.compare_head.show_words(now.title, words)
        rows = tuple(change_rows(changes))
        same = WordRow("", self.tr("Nothing differs"), symbol="circle-check", role="sure")
        self.changes.show_rows(rows or (same,))
        self.stack.setCurrentWidget(self.comparing)
        self.changes.setFocus()

    def take_keyboard(self) -> None:
        """The keyboard goes where it is needed: to what is edited, or to the list."""
        if self.stack.currentWidget() is self.writer:
            self.writer.editor.setFocus()
        else:
            self.list.setFocus()

    def _choose(self, key: str) -> None:
        if key == DRAFT:
            self.draft_chosen.emit()
        else:
            self.policy_chosen.emit(key)

    def _open_change(self, criterion_id: str) -> None:
        self.show_reader()
        self.reader.choose(criterion_id)

    # files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        edge = theme.px(14)
        self._side.setContentsMargins(0, theme.px(10), 0, theme.px(10))
        self._side.setSpacing(theme.px(8))
        self._top.setContentsMargins(edge, 0, theme.px(10), 0)
        self._foot.setContentsMargins(edge, 0, edge, 0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
