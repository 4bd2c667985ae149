"""The page of form types: the list, what can be done with the current one, and how a new one is taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.domain.processor_version import FormDraft, ProcessorVersion
from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.progress_line import ProgressLine
from app.views.widgets.teach.elided import ElidedLabel
from app.views.widgets.teach.form_type import DRAFT, FormTypeRow, rows_of
from app.views.widgets.teach.form_type_card import FormTypeCard
from app.views.widgets.teach.form_type_list import FormTypeHead, FormTypeList

CARD_WIDTH = 372


class FormTypesPage(QWidget):
    """Shows what form types there are and says what a person asks for; files may be dropped to teach a new one."""

    teach_asked = Signal()
    files_dropped = Signal(list)
    acted = Signal(str, object, str)
    """what is asked for, `FormTypeRow`, version; see `FormTypeCard.acted`"""
    stop_asked = Signal()
    stop_again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dropping = False
        self._usage: Mapping[tuple[str, str], int] = {}
        self.title = QLabel(self.tr("Form types"))
        self.hint = ElidedLabel(self.tr("Drop a blank or filled form here to teach a new one."), ink="muted")
        self.teach = KeyButton(self.tr("Teach a new form"), "Ctrl N", primary=True, symbol="plus")
        self.head = FormTypeHead()
        self.list = FormTypeList()
        self.empty = NoticePage()
        self.card = FormTypeCard()
        self.progress = ProgressLine()
        self.again = ProgressLine()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        self._lay_out()
        self.teach.clicked.connect(self.teach_asked)
        self.list.chosen.connect(self._choose)
        self.list.entered.connect(self._enter)
        self.card.acted.connect(self._act)
        self.progress.cancel_requested.connect(self.stop_asked)
        self.again.cancel_requested.connect(self.stop_again_asked)
        self.empty.acted.connect(lambda _name: self.teach_asked.emit())
        self.setAcceptDrops(True)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._bar = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.hint)
        self._bar.addLayout(words, 1)
        self._bar.addWidget(self.teach)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(self._bar)
        left.addWidget(self.head)
        left.addWidget(self._stack, 1)
        left.addWidget(self.progress)
        left.addWidget(self.again)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addLayout(left, 1)
        row.addWidget(self.card)

    def show_types(
        self,
        versions: Sequence[ProcessorVersion],
        drafts: Sequence[FormDraft],
        usage: Mapping[tuple[str, str], int],
    ) -> None:
        """Show the form types there are."""
        self._usage = usage
        rows = rows_of(versions, drafts, usage)
        self.list.show_rows(rows)
        if rows:
            self._stack.setCurrentWidget(self.list)
            return
        self.empty.show_notice(
            "scan-text",
            self.tr("No form types yet"),
            self.tr("Open a blank or filled example of a form, and its fields are found on it."),
            (("teach", self.tr("Teach a new form"), "Ctrl N"),),
        )
        self._stack.setCurrentWidget(self.empty)

    def show_looking(self, name: str, progress: tuple[int, int] | None) -> None:
        """Show that an example is being looked at, or that it is over."""
        self.teach.setEnabled(progress is None)
        if progress is None:
            self.progress.finish()
        else:
            words = self.tr("Looking for fields on {name}").format(name=name)
            self.progress.show_progress(words, *progress)

    def show_reading_again(self, progress: tuple[int, int] | None) -> None:
        """Show how many waiting cases were read again, or that it is over."""
        if progress is None:
            self.again.finish()
        else:
            self.again.show_progress(self.tr("Reading waiting cases again"), *progress)

    def _choose(self, row: FormTypeRow | None) -> None:
        cases = {v: n for (form_type, v), n in self._usage.items() if row and form_type == row.form_type}
        self.card.show_row(row, cases)

    def _enter(self, row: FormTypeRow) -> None:
        self.acted.emit("resume" if row.state == DRAFT else "mend", row, "")

    def _act(self, name: str, version: str) -> None:
        if self.list.row is not None:
            self.acted.emit(name, self.list.row, version)

    # drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_dropping(False)
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)

    def _set_dropping(self, dropping: bool) -> None:
        if dropping != self._dropping:
            self._dropping = dropping
            self.hint.setText(
                self.tr("Let go to teach this form.")
                if dropping
                else self.tr("Drop a blank or filled form here to teach a new one.")
            )
            self._restyle()

    # look

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        self.hint.set_ink("accent" if self._dropping else "muted")
        self._bar.setSpacing(theme.px(12))
        self._bar.setContentsMargins(theme.px(16), theme.px(12), theme.px(16), theme.px(12))
        self.card.setFixedWidth(theme.px(CARD_WIDTH))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(self.card.x() - 1, 0, 1, self.height(), theme.colour("line"))
        if self._dropping:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("accent"), 2, Qt.PenStyle.DashLine))
            painter.setBrush(theme.colour("selection"))
            inset = theme.px(4)
            place = QRectF(0, 0, self.card.x() - 1, self.head.y())
            painter.drawRoundedRect(place.adjusted(inset, inset, -inset, -inset), theme.px(8), theme.px(8))
