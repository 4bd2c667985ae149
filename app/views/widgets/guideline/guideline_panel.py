"""The guideline search in a panel: what is asked, where it is looked for, and the passages that answer it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.evidence import Evidence
from app.domain.guideline import Found, SourceKind
from app.views import theme
from app.views.widgets.guideline.result_card import SYMBOLS, kind_words
from app.views.widgets.guideline.result_list import ResultList
from app.views.widgets.guideline.summary_view import SummaryView
from app.views.widgets.lettering import broken
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.review.queue_filter import FilterChip

_SLOW_MS = 400
"""A search that takes longer says so."""


class GuidelinePanel(QWidget):
    """Says what the person did; what was found is set from outside."""

    text_edited = Signal(str)
    kinds_chosen = Signal(tuple)
    """The `SourceKind`s that are searched; none means all."""
    as_typed_asked = Signal()
    opened = Signal(object)
    """`Hit`: open it at its place"""
    pinned = Signal(object)
    """`Hit`: pin it to the case"""
    looked_at = Signal(object)
    taken_up = Signal()
    """The person is among the hits: they must not change under them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Found | None = None
        self._in_case = False
        self.field = QLineEdit(self)
        self._icon = QAction(self)
        self.all_chip = FilterChip(self.tr("All"), parent=self)
        self.chips = {kind: FilterChip(kind_words(kind), SYMBOLS[kind], self) for kind in SourceKind}
        self.correction = QWidget(self)
        self._corrected = QLabel(self.correction)
        self._instead = QPushButton(self.correction)
        self.origin = QLabel(self)
        self.summary = SummaryView(self)
        self.list = ResultList(self)
        self.empty = NoticePage(self)
        self._stack = QStackedWidget(self)
        self._slow = QTimer(self, interval=_SLOW_MS, singleShot=True)
        self._lay_out()
        self._wire()
        self.all_chip.setChecked(True)
        self.set_in_case(False)
        self.show_found(None)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self.field.setPlaceholderText(self.tr("Search policies and guidelines"))
        self.field.setAccessibleName(self.tr("Search policies and guidelines"))
        self.field.setClearButtonEnabled(True)
        self.field.setAcceptDrops(False)
        self.field.addAction(self._icon, QLineEdit.ActionPosition.LeadingPosition)
        self.field.installEventFilter(self)
        self._filters = QHBoxLayout()
        for chip in (self.all_chip, *self.chips.values()):
            self._filters.addWidget(chip)
        self._filters.addStretch(1)
        self._corrected.setTextFormat(Qt.TextFormat.PlainText)
        self._instead.setProperty("quiet", True)
        self._instead.setCursor(Qt.CursorShape.PointingHandCursor)
        self._line = QHBoxLayout(self.correction)
        self._line.addWidget(self._corrected)
        self._line.addWidget(self._instead)
        self._line.addStretch(1)
        self._top = QVBoxLayout()
        self._top.addWidget(self.field)
        self._top.addLayout(self._filters)
        self.origin.setTextFormat(Qt.TextFormat.PlainText)
        self.origin.setWordWrap(True)
        self.origin.hide()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._top)
        column.addWidget(self.correction)
        column.addWidget(self.origin)
        column.addWidget(self.summary)
        column.addWidget(self._stack, 1)
        self.setFocusProxy(self.field)

    def _wire(self) -> None:
        self.field.textEdited.connect(self._edit)
        self.field.textChanged.connect(self._clear)
        self.all_chip.clicked.connect(lambda: self._choose(None))
        for kind, chip in self.chips.items():
            chip.clicked.connect(lambda _on, kind=kind: self._choose(kind))
        self._instead.clicked.connect(self.as_typed_asked)
        self.list.opened.connect(self.opened)
        self.list.pinned.connect(self.pinned)
        self.list.looked_at.connect(self.looked_at)
        self.list.left.connect(self.focus_field)
        self.summary.cited.connect(self.opened)
        for signal in (self.list.opened, self.list.pinned, self.summary.cited):
            signal.connect(lambda _hit: self.taken_up.emit())
        self.empty.acted.connect(self._act)
        self._slow.timeout.connect(self._show_slow)

    # what is shown

    @property
    def text(self) -> str:
        return self.field.text()

    @property
    def kinds(self) -> tuple[SourceKind, ...]:
        """What is searched; none means all."""
        return tuple(kind for kind, chip in self.chips.items() if chip.isChecked())

    def set_in_case(self, in_case: bool) -> None:
        """Whether a case is open: only then there are documents to search in it and somewhere to pin to."""
        self._in_case = in_case
        self.chips[SourceKind.CLINICAL].setVisible(in_case)
        self.list.card.can_pin = in_case
        if not in_case and self.chips[SourceKind.CLINICAL].isChecked():
            self._choose(None)
        words = (
            self.tr("Search policies, guidelines, this case")
            if in_case
            else self.tr("Search policies and guidelines")
        )
        self.field.setPlaceholderText(words)
        self.list.viewport().update()

    def set_pins(self, pins: tuple[Evidence, ...]) -> None:
        """What is pinned to the case: its passages carry a filled pin."""
        self.list.rows.show_pinned(
            {
                (pin.document, pin.page, pin.start)
                for pin in pins
                if pin.page is not None and pin.start is not None
            }
        )

    def show_found(self, found: Found | None) -> None:
        """Show what a search found; None before the first one."""
        self._slow.stop()
        self._found = found
        hits = found.hits if found else ()
        counts = dict(found.counts) if found else {}
        if found is not None and (counts or found.query.text.strip()):
            for kind, chip in self.chips.items():
                chip.set_count(counts.get(kind, 0))
            self.all_chip.set_count(sum(counts.values()))
        if not hits or hits != self.list.rows.hits:  # the same again leaves the place in them
            self.list.show_hits(hits)
        self._show_correction()
        self._show_origin(found)
        if hits:
            self._stack.setCurrentWidget(self.list)
        else:
            self._show_empty(found)
            self._stack.setCurrentWidget(self.empty)

    def show_searching(self) -> None:
        """A search is under way; it is said only when it takes long."""
        if not self._slow.isActive():
            self._slow.start()

    def show_failed(self, words: str) -> None:
        """A search did not work: why, and what to do."""
        self._slow.stop()
        self.list.show_hits(())
        self.correction.hide()
        self._show_origin(None)
        self.empty.show_notice("circle-alert", self.tr("The search did not work"), words)
        self._stack.setCurrentWidget(self.empty)

    def show_asking(self, who: str) -> None:
        """Another index is asked the whole question; what was found here stays until it answers."""
        self._say_origin(self.tr("Asking {who}…").format(who=who))

    def _show_origin(self, found: Found | None) -> None:
        """Which index answered, where it was not this computer's alone, and the summary it gave."""
        self.summary.show_summary(found.summary if found else None, found.answered_by if found else "")
        if found is None or not (found.answered_by or found.note):
            self._say_origin("")
        elif found.answered_by:
            told = self.tr("Answered by {who}.").format(who=found.answered_by)
            self._say_origin(f"{told} {found.note}".strip())
        else:
            self._say_origin(self.tr("This computer answered. {why}").format(why=found.note))

    def _say_origin(self, words: str) -> None:
        self.origin.setText(words)
        self.origin.setVisible(bool(words))

    def focus_field(self) -> None:
        """Put the keyboard into the field, what is typed chosen."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def search_for(self, text: str) -> None:
        """Search for words from elsewhere, as if they had been typed."""
        self.field.setText(text)
        self.text_edited.emit(text)

    def _show_slow(self) -> None:
        if self._found is None or not self._found.hits:
            self.empty.show_notice("loader", "", self.tr("Searching…"))
            self._stack.setCurrentWidget(self.empty)

    def _show_correction(self) -> None:
        corrected = self._found.corrected if self._found else ""
        self.correction.setVisible(bool(corrected))
        if corrected and self._found:
            asked = self._found.query.text.strip()
            self._corrected.setText(self.tr("Showing results for “{words}”.").format(words=corrected))
            told = self.tr("Search for “{words}” instead").format(words=asked)
            room = max(theme.px(120), self.width() - self._corrected.sizeHint().width() - theme.px(64))
            shown = broken(told, "body", room).lines[0].text
            self._instead.setText(shown.replace("&", "&&"))
            self._instead.setToolTip(told)

    def _show_empty(self, found: Found | None) -> None:
        text = found.query.text.strip() if found else ""
        if found is not None and found.preparing and text:
            self.empty.show_notice(
                "loader",
                self.tr("Nothing found so far"),
                self.tr(
                    "Policies and guidelines are being made findable; this takes a moment the first time."
                ),
            )
        elif found is not None and found.documents == 0:
            self.empty.show_notice(
                "book-open",
                self.tr("Nothing to search yet"),
                self.tr("An administrator adds guidelines with: countersign index FOLDER"),
            )
        elif not text:
            self.empty.show_notice(
                "scan-search",
                self.tr("Find what the policy says"),
                self.tr(
                    "Type a condition, a device or a code: CPAP, insulin pump, E11.65. Abbreviations and synonyms are"
                    " found as well. “Quotes” keep words together."
                ),
            )
        elif self.kinds:
            self.empty.show_notice(
                "search",
                self.tr("Nothing found there"),
                self.tr("No passage answers “{words}” in what is chosen.").format(words=text),
                (("all", self.tr("Search everywhere"), ""),),
            )
        else:
            self.empty.show_notice(
                "search",
                self.tr("Nothing found"),
                self.tr("No passage answers “{words}”. Fewer or more usual words find more.").format(
                    words=text
                ),
            )

    # what the person does

    def _edit(self, text: str) -> None:
        self.text_edited.emit(text)

    def _clear(self, text: str) -> None:
        if not text:  # by the cross in the field as well
            self.text_edited.emit("")

    def _choose(self, kind: SourceKind | None) -> None:
        """One kind at a time; the chosen one again, or All, takes the filter away."""
        for other, chip in self.chips.items():
            chip.setChecked(other is kind and chip.isChecked())
        self.all_chip.setChecked(not self.kinds)
        self.kinds_chosen.emit(self.kinds)

    def _act(self, name: str) -> None:
        if name == "all":
            for chip in self.chips.values():
                chip.setChecked(False)
            self._choose(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._field_key(event)
        return super().eventFilter(watched, event)

    def _field_key(self, event: QKeyEvent) -> bool:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key == Qt.Key.Key_Down and self.list.rows.hits:
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            self.taken_up.emit()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) and self.list.rows.hits:
            self.list.step(3 if key == Qt.Key.Key_PageDown else -3)
            self.taken_up.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.list.open_current()
        elif key == Qt.Key.Key_P and control and not event.isAutoRepeat():
            self.list.pin_current()
        elif key == Qt.Key.Key_Escape and self.field.text():
            self.field.clear()
        else:
            return False
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.text()
            and event.text().isprintable()
            and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        ):
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            self.field.insert(event.text())
            self.text_edited.emit(self.field.text())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_correction()

    def _restyle(self) -> None:
        pad = theme.px(16)
        self._top.setContentsMargins(pad, theme.px(12), pad, theme.px(10))
        self._top.setSpacing(theme.px(10))
        self._filters.setSpacing(theme.px(6))
        self._line.setContentsMargins(pad, 0, pad, theme.px(6))
        self._line.setSpacing(theme.px(4))
        self._corrected.setFont(theme.font("body"))
        self.origin.setFont(theme.font("small"))
        self.origin.setContentsMargins(pad, 0, pad, theme.px(8))
        palette = self.origin.palette()
        palette.setColor(palette.ColorRole.WindowText, theme.colour("muted"))
        self.origin.setPalette(palette)
        self._icon.setIcon(theme.icon("search", "muted"))
