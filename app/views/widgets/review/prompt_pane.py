"""The prompt: written in, its slots led back to their sources, and sent to a model that is named before it is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.draft import Draft
from app.domain.prompt import Origin, Prompt, Slot
from app.domain.prompt_text import difference
from app.domain.recommendation import ModelInfo
from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.menu_chip import MenuChip
from app.views.widgets.review.evidence_place import Places, when_words
from app.views.widgets.review.model_choice import ModelChoice, model_words
from app.views.widgets.review.prompt_editor import PromptEditor
from app.views.widgets.review.prompt_version import PromptVersion, label
from app.views.widgets.review.sent_view import WordSheet
from app.views.widgets.review.slot_chip import SlotChips


class PromptPane(QWidget):
    """A function of the prompt, its versions and the models there are, plus signals of intent."""

    edited = Signal(object)
    """`Draft` of the words as they stand"""
    asked = Signal()
    reset_wanted = Signal()
    field_opened = Signal(str)
    evidence_opened = Signal(object)
    slot_armed = Signal(object)
    """the `Slot` that words clicked in a document go into, or None"""
    model_chosen = Signal(str)
    sent_wanted = Signal()
    history_wanted = Signal()
    version_wanted = Signal(str)
    """the words of an earlier version, to be asked again"""
    finder_chosen = Signal(str)
    """a model that is to look for what is missing"""
    finding_confirmed = Signal()
    """what would be sent to it was seen: send it"""
    finding_left = Signal()
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prompt: Prompt | None = None
        self._versions: tuple[PromptVersion, ...] = ()
        self._asking = False
        self._narrow = False
        self._earlier = ""
        self._head = QLabel(self.tr("PROMPT"), self)
        menu = QMenu(self)
        self.changes = menu.addAction(self.tr("What was changed"))
        self.changes.triggered.connect(self.show_changes)
        self.history = menu.addAction(self.tr("History of versions"))
        self.history.triggered.connect(self.history_wanted)
        self.sending = menu.addAction(self.tr("Show what is sent"))
        self.sending.triggered.connect(self.sent_wanted)
        self.finders = QMenu(self.tr("Look for what is missing"), menu)
        self._finders = menu.addMenu(self.finders)
        self._finders.setVisible(False)
        menu.addSeparator()
        self.reset = menu.addAction(self.tr("Reset to what was generated"))
        self.reset.triggered.connect(self.reset_wanted)
        self.version = MenuChip(menu, "history", filled=False, parent=self)
        self.editor = PromptEditor(self)
        self.chips = SlotChips(self)
        self.sheet = WordSheet(self)
        self._sending = False
        self.sheet.closed.connect(self._leave_sheet)
        self.sheet.used.connect(self._use)
        self.ask = KeyButton(self.tr("Ask"), self.tr("Ctrl ↵"), primary=True, symbol="send", parent=self)
        self.ask.setObjectName("ask")
        self.model = ModelChoice(self)
        self.sent = QPushButton(self.tr("What is sent"), self)
        self.sent.setProperty("quiet", True)
        self.sent.setToolTip(self.tr("Exactly the words that would go out"))
        self._build()
        self.editor.edited.connect(self.edited)
        self.editor.sent.connect(self._ask)
        self.editor.slot_followed.connect(self._follow)
        self.editor.height_changed.connect(self._fit)
        self.editor.installEventFilter(self)
        self.chips.opened.connect(self._follow)
        self.chips.armed.connect(self._arm)
        self.chips.height_changed.connect(self._fit)
        self.ask.clicked.connect(self._ask)
        self.model.chosen.connect(self.model_chosen)
        self.model.sent_wanted.connect(self.sent_wanted)
        self.sent.clicked.connect(self.sent_wanted)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._head)
        head.addStretch(1)
        head.addWidget(self.version)
        self._frame = Framed(self)
        inner = QVBoxLayout(self._frame)
        inner.addWidget(self.editor, 1)
        inner.addWidget(self.chips)
        self._inner = inner
        self._row = row = QHBoxLayout()
        row.addWidget(self.ask)
        row.addWidget(self.model, 1)
        row.addWidget(self.sent)
        first = QWidget(self)
        self._first = QVBoxLayout(first)
        self._first.addWidget(self._frame, 1)
        self._first.addLayout(row)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(first)
        self.stack.addWidget(self.sheet)
        self._column = column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.stack, 1)

    # What is shown

    def show_prompt(self, prompt: Prompt, places: Places) -> None:
        """Show a prompt. The same words again leave cursor, selection and undo as they are."""
        self._prompt, self._places = prompt, places
        self.editor.show_prompt(prompt, places)
        self.chips.show_prompt(prompt, places)
        self.reset.setEnabled(prompt.text != prompt.generated)
        self.changes.setEnabled(prompt.text != prompt.generated)
        self._allow()
        self._fit()

    def forget(self) -> None:
        """Another case follows: nothing of this one stays, not even to be undone."""
        self._prompt, self._sending = None, False
        self.chips.arm(None)
        self.sheet.show_words("", "", "")
        self.show_editor()
        self.editor.forget()
        self._allow()

    def restore(self, draft: Draft) -> None:
        self.editor.restore(draft)

    def show_versions(self, versions: Sequence[PromptVersion], me: str) -> None:
        self._versions = tuple(versions)
        self.version.setVisible(bool(versions))
        if versions:
            self.version.set_words(label(versions[-1], me), "history")
            self.version.setToolTip(self.version.text())
        asked = any(v.asked for v in versions)
        self.ask.set_words(self.tr("Ask again") if asked else self.tr("Ask"), self.tr("Ctrl ↵"))

    def show_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        self.model.show_models(models, chosen)
        self._allow()

    def show_finders(self, models: Sequence[ModelInfo]) -> None:
        """The models that may look in the documents for what the prompt lacks."""
        self.finders.clear()
        for info in models:
            words = self.tr("{model} · {where}").format(model=model_words(info), where=info.where)
            if info.leaves_computer:
                words = self.tr("{model} (leaves this computer)").format(model=words)
            action = self.finders.addAction(words.replace("&", "&&"))
            action.triggered.connect(lambda _on=False, name=info.name: self.finder_chosen.emit(name))
        self._allow()

    def show_finding(self, info: ModelInfo, text: str) -> None:
        """Show exactly what would go out to a model that is to look for what is missing, and let it be sent."""
        note = self.tr("{model} · {where}").format(model=model_words(info), where=info.where)
        self.sheet.show_words(self.tr("What is sent"), note, text, use=self.tr("Send and look"))
        self._show_sheet(sending=True)

    def show_unused(self, spans: Sequence[tuple[int, int]]) -> None:
        self.editor.show_unused(spans)

    def set_asking(self, asking: bool) -> None:
        """While an answer is under way nothing more is asked; the words can be written on."""
        self._asking = asking
        self._allow()

    def show_sent(self, text: str) -> None:
        """Show exactly what goes out to the model that is chosen."""
        upper, lower = self.model.lines
        self.sheet.show_words(self.tr("What is sent"), f"{upper}: {lower}", text)
        self._show_sheet()

    def show_changes(self) -> None:
        """Show what was changed against what was generated."""
        if self._prompt is not None:
            self.sheet.show_difference(
                self.tr("What was changed"),
                self.tr("Against the prompt as it was generated: − taken out, + put in."),
                difference(self._prompt.generated, self._prompt.text),
            )
            self._show_sheet()

    def show_version(self, version: PromptVersion) -> None:
        """Show an earlier version beside what stands in the editor; one that is the same is shown as it is there."""
        if self._prompt is None or version.text == self._prompt.text:
            self.show_editor()
            return
        title = self.tr("Version {number}").format(number=version.number)
        if version.at is not None:
            title = self.tr("{title} · {by} · {when}").format(
                title=title, by=version.by, when=when_words(version.at)
            )
        self._earlier = version.text
        self.sheet.show_difference(
            title,
            self.tr("Against what stands in the editor: − only in this version, + only in the editor."),
            difference(version.text, self._prompt.text),
            use=self.tr("Use this version"),
        )
        self._show_sheet()

    def _leave_sheet(self) -> None:
        if self._sending:
            self._sending = False
            self.finding_left.emit()
        self.show_editor()

    def _use(self) -> None:
        self.show_editor()
        if self._sending:
            self._sending = False
            self.finding_confirmed.emit()
            return
        self.version_wanted.emit(self._earlier)

    def show_editor(self) -> None:
        self.stack.setCurrentIndex(0)
        self._fit()

    def arm(self, slot: Slot | None) -> None:
        self.chips.arm(slot)

    @property
    def armed(self) -> Slot | None:
        return self.chips.slot

    @property
    def reading(self) -> bool:
        """Whether a sheet of words stands in place of the editor."""
        return self.stack.currentWidget() is self.sheet

    def wanted_height(self) -> int:
        """The height that shows all of it at its present width."""
        if self.reading:
            return theme.px(8 + 24 + 4 + 12) + self.sheet.wanted_height()
        chips = self.chips.wanted_height + theme.px(6) if self.chips.chips else 0
        inner = self.editor.wanted_height() + theme.px(8 + 8) + chips
        row = 36 + (34 + 6 if self._narrow else 0)
        return theme.px(8 + 24 + 4) + inner + theme.px(10 + row + 12) + 2

    # What the person does

    def _ask(self) -> None:
        if self.ask.isEnabled():
            self.asked.emit()

    def _follow(self, slot: Slot) -> None:
        filled = self._prompt.slot(slot) if self._prompt else None
        if filled is None:
            return
        if filled.origin is Origin.SPAN and filled.evidence is not None:
            self.evidence_opened.emit(filled.evidence)
        elif filled.origin is Origin.FIELD:
            if filled.evidence is not None and filled.evidence.page is not None:
                self.evidence_opened.emit(filled.evidence)
            else:
                self.field_opened.emit(filled.field)
        else:
            self.chips.arm(slot)

    def _arm(self, slot: Slot | None) -> None:
        if slot is not None:
            self.editor.select_slot(slot)
        self.slot_armed.emit(slot)

    def _allow(self) -> None:
        self.ask.setEnabled(not self._asking and self._prompt is not None and self.model.model is not None)
        self.ask.update()
        lacking = self._prompt is not None and any(
            place.filled.origin is Origin.ABSENT for place in self._prompt.slots
        )
        self._finders.setVisible(not self.finders.isEmpty())
        self._finders.setEnabled(lacking)

    def _show_sheet(self, *, sending: bool = False) -> None:
        self._sending = sending
        self.stack.setCurrentIndex(1)
        self._fit()
        self.sheet.words.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fit(self) -> None:
        self.height_changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.editor and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._frame.set_lit(event.type() is QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._squeeze()

    def _squeeze(self) -> None:
        """Where there is little room, the menu alone shows what is sent: who receives it stays readable."""
        self.sent.setVisible(self.width() >= theme.px(450))
        narrow = self.width() < theme.px(350)
        if narrow != self._narrow:
            self._narrow = narrow
            direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
            self._row.setDirection(direction)
            self._fit()

    def _restyle(self) -> None:
        self._squeeze()
        self._head.setFont(theme.font("section"))
        palette = self._head.palette()
        palette.setColor(self._head.foregroundRole(), theme.colour("muted"))
        self._head.setPalette(palette)
        self.sent.setFont(theme.font("small"))
        for action, symbol in ((self.changes, "git-compare"), (self.history, "history"),
                               (self.sending, "eye"), (self.reset, "rotate-ccw")):  # fmt: skip
            action.setIcon(theme.icon(symbol, "muted", theme.px(16)))
        self._column.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), theme.px(12))
        self._column.setSpacing(theme.px(4))
        self._first.setContentsMargins(0, 0, 0, 0)
        self._first.setSpacing(theme.px(10))
        self._inner.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(8))
        self._inner.setSpacing(theme.px(6))
        self._row.setSpacing(theme.px(6))
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))


class Framed(QWidget):
    """A rounded frame around what is written in; lit while it has the keyboard. A click in it goes to the words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lit = False

    def set_lit(self, lit: bool) -> None:
        self._lit = lit
        self.update()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        found = self.findChild(QPlainTextEdit)
        if found is not None:
            found.setFocus(Qt.FocusReason.MouseFocusReason)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent" if self._lit else "line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(8), theme.px(8))
