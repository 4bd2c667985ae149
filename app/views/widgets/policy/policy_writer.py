"""A policy to edit: its text at the left; what is wrong with it, and its source text, at the right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.views.widgets.policy.lined_splitter import LinedSplitter
from app.views.widgets.policy.policy_editor import PolicyEditor
from app.views.widgets.policy.policy_head import PolicyHead
from app.views.widgets.policy.source_text import SourceText
from app.views.widgets.policy.word_list import WordList, WordRow

CHECK_MS = 250
"""After so long without a key the text is checked."""


class PolicyWriter(QWidget):
    """Says what is typed, and that it is to be checked, published or thrown away."""

    changed = Signal(str, str)
    """the policy as text, its source text; told a moment after the last key"""
    publish_asked = Signal(str, str)
    discarded = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self._problems: tuple[tuple[int, str], ...] | None = None
        self.head = PolicyHead(self)
        self.publish = self.head.button(self.tr("Publish"), "F10", primary=True)
        self.leave = self.head.button(self.tr("Close"), "Esc")
        self.discard = self.head.button(self.tr("Throw away"), symbol="trash-2")
        self.editor = PolicyEditor()
        self.problems = WordList()
        self.problems.setAccessibleName(self.tr("What is wrong"))
        self.source = SourceText()
        self.source.setReadOnly(False)
        right = LinedSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.problems)
        right.addWidget(self.source)
        right.setSizes([220, 460])
        self.splitter = LinedSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.editor)
        self.splitter.addWidget(right)
        self.splitter.setSizes([640, 440])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.splitter, 1)
        self._settle = QTimer(self, interval=CHECK_MS, singleShot=True)
        self._settle.timeout.connect(self.tell)
        self.editor.edited.connect(self._edited)
        self.source.textChanged.connect(self._edited)
        self.problems.chosen.connect(self._go_to)
        self.problems.opened.connect(self._go_to)
        self.publish.clicked.connect(self._publish)
        self.leave.clicked.connect(self._leave)
        self.discard.clicked.connect(self.discarded)

    def load(self, title: str, text: str, source: str, at: str = "") -> None:
        """Edit a text with its source text; the cursor stands at the criterion `at`, where there is one."""
        self._title = title
        self.editor.load(text)
        self.source.blockSignals(True)
        self.source.show_text(source)
        self.source.blockSignals(False)
        self._problems = None
        self.tell()
        self.editor.setFocus()
        found = re.search(rf"^[ -]*id: *[\"']?{re.escape(at)}[\"']? *$", text, re.MULTILINE) if at else None
        if found is not None:
            self.editor.go_to(text.count("\n", 0, found.end()) + 1)

    def set_source(self, source: str) -> None:
        """Another source text."""
        self.source.setPlainText(source)

    def tell(self) -> None:
        """Tell what is typed now."""
        self._settle.stop()
        self.changed.emit(self.editor.toPlainText(), self.source.toPlainText())

    @property
    def is_settling(self) -> bool:
        return self._settle.isActive()

    def show_problems(self, problems: Sequence[tuple[int, str]]) -> None:
        """What is wrong, by line from 1 (0: the whole file); nothing, when it can be published."""
        self._problems = tuple(problems)
        self.editor.show_problems(self._problems)
        if self._problems:
            rows = tuple(
                WordRow(
                    str(number),
                    self.tr("Line {line}").format(line=line) if line else self.tr("The whole file"),
                    words, symbol="circle-alert", role="wrong",
                )
                for number, (line, words) in enumerate(self._problems)
            )  # fmt: skip
            words = self.tr("{count} to mend before it can be published.").format(count=len(rows))
            self.head.show_words(self._title, words, "wrong")
        else:
            good = self.tr("Every criterion is whole, and every clause stands in the source text.")
            rows = (WordRow("", self.tr("Nothing is wrong"), good, symbol="circle-check", role="sure"),)
            self.head.show_words(
                self._title, self.tr("Nothing is wrong. It can be published as a new version."), "sure"
            )
        self.problems.show_rows(rows)
        self.publish.setEnabled(not self._problems)

    def _edited(self) -> None:
        self.publish.setEnabled(False)  # until what is typed now is checked
        self._settle.start()

    def _go_to(self, key: str) -> None:
        if self._problems and key.isdecimal():
            self.editor.go_to(self._problems[int(key)][0] or 1)

    def _publish(self) -> None:
        if self.publish.isEnabled():
            self.publish_asked.emit(self.editor.toPlainText(), self.source.toPlainText())

    def _leave(self) -> None:
        self.tell()
        self.left.emit()
