"""The open line of the field panel: lens, editor, what is doubtful about it, and the keys that settle it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.draft import Draft
from app.domain.form import FieldState
from app.views import theme
from app.views.widgets.chip import chip_width, paint_chip
from app.views.widgets.choice_editor import ChoiceEditor
from app.views.widgets.field_key import SUGGESTIONS, Intent
from app.views.widgets.field_layout import PAD
from app.views.widgets.field_view import Entry, committed_text, doubt_words, suggestions
from app.views.widgets.key_button import KeyHint
from app.views.widgets.lens import Lens
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol
from app.views.widgets.value_editor import ValueEditor

LENS = 60
BAR = 3
NOTE_SYMBOL = 15
SUGGESTION_SHOWN = 18


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the editor with its symbol."""

    symbol: str
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A key that does something here, and what it does."""

    intent: Intent
    key: str
    text: str


class FieldCard(QWidget):
    """Shows one open entry. Setting the same entry again never touches what is being typed.

    `asked(Intent)` comes from the hints, `typed()` from the editor, `ticked(values)` from the toggles.
    """

    asked = Signal(object)
    typed = Signal()
    ticked = Signal(object)
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: Entry | None = None
        self._committed = ""
        self._replaced: str | None = None
        self._locked = False
        self._armed = False
        self._hints: list[KeyHint] = []
        self._intents: list[Intent] = []
        self._shown_hints: tuple[Hint, ...] = ()
        self.lens = Lens(self)
        self.editor = ValueEditor(self)
        self.choices = ChoiceEditor(self)
        self.editor.edited.connect(self._edited)
        self.editor.height_changed.connect(self._relayout)
        self.choices.ticked.connect(self.ticked)
        theme.changed.connect(self._relayout)
        self.hide()

    @property
    def entry(self) -> Entry | None:
        return self._entry

    @property
    def committed(self) -> str:
        """The words the case holds, or that were sent to it: what typing is compared with."""
        return self._committed

    @property
    def dirty(self) -> bool:
        """Whether words stand in the editor that are not yet a change."""
        return (
            self._entry is not None and not self._entry.ticks and self.editor.toPlainText() != self._committed
        )

    @property
    def focus_target(self) -> QWidget:
        return self.choices if self._entry is not None and self._entry.ticks else self.editor

    def open(self, entry: Entry, locked: bool = False) -> None:
        """Show another entry from its committed value, the whole value selected."""
        self.lens.set_image(None)
        self._entry, self._locked = entry, locked
        self._armed = False
        self._load(entry)
        self.editor.select_whole()
        self._show()

    def update_entry(self, entry: Entry, locked: bool = False) -> None:
        """Take over what changed about the open entry; words being typed stay, with cursor and selection."""
        typing = self.dirty
        before = self._committed
        self._entry, self._locked = entry, locked
        text = committed_text(entry.field)
        if entry.ticks:
            self._show()
            return
        if text == before:
            self._replaced = None
        if typing:
            self._committed = text
        elif text == self._replaced:
            pass  # told before the words sent from here arrived: they are on their way
        elif text != before:
            self._load(entry)
        else:
            self.editor.mark(entry.marks, entry.mark_role)
        self._show()

    def commit(self) -> str:
        """The words in the editor, from now on taken as committed."""
        self._replaced = self._committed
        self._committed = self.editor.toPlainText()
        self.editor.document().clearUndoRedoStacks()
        self._show()
        return self._committed

    def revert(self) -> None:
        """Throw the typing away."""
        if self._entry is not None:
            self._load(self._entry)
            self._show()

    def restore(self, draft: Draft) -> None:
        """Bring back words typed earlier."""
        self.editor.restore(draft)
        self._show()

    def arm(self, armed: bool) -> None:
        """Whether the next Escape brings back the machine's value; the hint says so."""
        if armed != self._armed:
            self._armed = armed
            self._show()

    def set_lens(self, image: QImage) -> None:
        self.lens.set_image(image)

    def _load(self, entry: Entry) -> None:
        self._committed = committed_text(entry.field)
        self._replaced = None
        self.editor.load(self._committed, entry.marks, entry.mark_role)

    def _edited(self) -> None:
        self._armed = False
        if self._wanted_hints() != self._shown_hints:  # most keys change nothing but the words themselves
            self._show()
        self.typed.emit()

    def _show(self) -> None:
        entry = self._entry
        if entry is None:
            return
        self.editor.setVisible(not entry.ticks)
        self.choices.setVisible(entry.ticks)
        self.editor.setReadOnly(self._locked)
        self.lens.set_absent(entry.field.box is None)
        if entry.ticks:
            self.choices.show_item(entry.item, self._locked)
        self.editor.setAccessibleName(entry.label)
        words = " ".join(n.text for n in self._notes())
        self.editor.setAccessibleDescription(words)
        self.choices.setAccessibleDescription(words)
        self._place_hints()
        self._relayout()
        self.update()

    def _notes(self) -> tuple[Note, ...]:
        entry = self._entry
        if entry is None:
            return ()
        notes = []
        if entry.elsewhere is not None:
            notes.append(Note("git-compare", "look", entry.elsewhere.words))
        notes += [
            Note("triangle-alert", "wrong" if entry.chip.role == "wrong" else "look", n) for n in entry.notes
        ]
        if entry.marks:
            doubted = doubt_words(entry.text, entry.field.doubts)
            if doubted:
                notes.append(Note("circle-question-mark", "muted", doubted))
        machine = entry.field.value
        if entry.field.state is FieldState.CORRECTED and isinstance(machine, str) and not entry.ticks:
            words = QCoreApplication.translate("FieldPanel", "Read as “{value}”.").format(value=machine)
            if not machine:
                words = QCoreApplication.translate("FieldPanel", "Nothing was read here.")
            notes.append(Note("info", "muted", words))
        return tuple(notes)

    def _wanted_hints(self) -> tuple[Hint, ...]:
        tr, entry = QCoreApplication.translate, self._entry
        settle = entry is not None and entry.elsewhere is not None and entry.elsewhere.conflict
        conflict = (Hint(Intent.SETTLE, "Ctrl ⇧ K", tr("FieldPanel", "settle the conflict")),)
        if entry is None or self._locked:
            return conflict if settle else ()
        first = tr("FieldPanel", "right as it stands")
        if self.dirty:
            first = tr("FieldPanel", "keep what I typed")
        elif not entry.needs_look and entry.settled:
            first = tr("FieldPanel", "next to look at")
        hints = [Hint(Intent.CONFIRM, "↵", first), *(conflict if settle else ())]
        for number, (intent, value) in enumerate(zip(SUGGESTIONS, suggestions(entry), strict=False)):
            shown = value if len(value) <= SUGGESTION_SHOWN else value[: SUGGESTION_SHOWN - 1] + "…"
            hints.append(Hint(intent, f"Alt {number + 3}", shown))
        hints.append(Hint(Intent.ILLEGIBLE, "Alt 1", tr("FieldPanel", "illegible")))
        hints.append(Hint(Intent.NOT_APPLICABLE, "Alt 2", tr("FieldPanel", "not applicable")))
        if self.dirty:
            hints.append(Hint(Intent.ESCAPE, "Esc", tr("FieldPanel", "undo typing")))
        elif self._armed:
            hints.append(Hint(Intent.ESCAPE, "Esc", tr("FieldPanel", "again: as it was read")))
        elif entry.settled:
            hints.append(Hint(Intent.ESCAPE, "Esc Esc", tr("FieldPanel", "as it was read")))
        return tuple(hints)

    def _place_hints(self) -> None:
        wanted = self._shown_hints = self._wanted_hints()
        while len(self._hints) < len(wanted):
            hint = KeyHint(self)
            hint.clicked.connect(partial(self._hint_chosen, len(self._hints)))
            self._hints.append(hint)
        self._intents = [w.intent for w in wanted]
        offered = suggestions(self._entry) if self._entry is not None else ()
        for number, hint in enumerate(self._hints):
            if number < len(wanted):
                hint.set_words(wanted[number].key, wanted[number].text, wanted[number].intent in SUGGESTIONS)
                if wanted[number].intent in SUGGESTIONS:
                    hint.setToolTip(offered[SUGGESTIONS.index(wanted[number].intent)])
            hint.setVisible(number < len(wanted))

    def _hint_chosen(self, number: int, _checked: bool = False) -> None:
        self.asked.emit(self._intents[number])

    def height_for(self, width: int) -> int:
        """How tall the card stands at a width."""
        return self._arrange(width, place=False)

    def _relayout(self) -> None:
        before = self.height()
        if self.width() > 0 and self._entry is not None and self._arrange(self.width(), place=True) != before:
            self.height_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._entry is not None:
            self._arrange(self.width(), place=True)

    def lens_size(self) -> tuple[int, int]:
        """Width and height of the lens in device pixels."""
        ratio = self.devicePixelRatioF()
        inner = self.width() - 2 * theme.px(PAD)
        return round(inner * ratio), round(theme.px(LENS) * ratio)

    def _label_lines(self, width: int) -> Lines:
        chip = chip_width(self._entry.chip) if self._entry else 0
        return broken(
            self._entry.label if self._entry else "",
            "strong",
            width - 2 * theme.px(PAD) - chip - theme.px(12),
            2,
        )

    def _note_lines(self, text: str, width: int) -> Lines:
        return broken(text, "note", width - 2 * theme.px(PAD) - theme.px(NOTE_SYMBOL) - theme.px(6), 4)

    def _arrange(self, width: int, place: bool) -> int:
        pad, inner = theme.px(PAD), width - 2 * theme.px(PAD)
        y = theme.px(8) + max(theme.px(24), round(self._label_lines(width).height)) + theme.px(6)
        if place:
            self.lens.setGeometry(QRect(pad, y, inner, theme.px(LENS)))
        y += theme.px(LENS) + theme.px(8)
        if self._entry is not None and self._entry.ticks:
            tall = self.choices.height_for(inner)
            if place:
                self.choices.setGeometry(QRect(pad, y, inner, tall))
        else:
            tall = self.editor.wanted_height() + 2 * theme.px(8)
            if place:
                self.editor.setGeometry(
                    QRect(
                        pad + theme.px(10), y + theme.px(8), inner - theme.px(14), tall - 2 * theme.px(8) + 1
                    )
                )
        y += tall + theme.px(6)
        for note in self._notes():
            y += max(theme.px(20), round(self._note_lines(note.text, width).height) + theme.px(4))
        y += theme.px(2)
        x = pad
        rows = 0
        for hint in self._hints[: len(self._intents)]:
            size = hint.sizeHint()
            if x > pad and x + size.width() > width - pad:
                x, y = pad, y + size.height() + theme.px(4)
            if place:
                hint.setGeometry(QRect(x, y, min(size.width(), inner), size.height()))
            x += size.width() + theme.px(14)
            rows = size.height()
        return y + rows + theme.px(10)

    def paintEvent(self, _event: QPaintEvent) -> None:
        entry = self._entry
        if entry is None:
            return
        painter = QPainter(self)
        pad = theme.px(PAD)
        painter.fillRect(self.rect(), theme.colour("selection"))
        painter.fillRect(QRect(0, 0, theme.px(BAR), self.height()), theme.colour("accent"))
        label = self._label_lines(self.width())
        tall = max(theme.px(24), round(label.height))
        top = theme.px(8)
        draw_lines(painter, pad, top + (tall - label.height) / 2, label, "strong", theme.colour("text"))
        paint_chip(painter, self.width() - pad, top + tall / 2, entry.chip)
        y = self.lens.geometry().bottom() + 1 + theme.px(8)
        if entry.ticks:
            y += self.choices.height()
        else:
            height = self.editor.wanted_height() + 2 * theme.px(8)
            self._paint_frame(painter, QRectF(pad, y, self.width() - 2 * pad, height))
            y += height
        y += theme.px(6)
        for note in self._notes():
            lines = self._note_lines(note.text, self.width())
            size = theme.px(NOTE_SYMBOL)
            draw_symbol(painter, note.symbol, note.role, pad, y + theme.px(2) + lines.line_height / 2, size)
            x = pad + size + theme.px(6)
            draw_lines(painter, x, y + theme.px(2), lines, "note", theme.colour(note.role))
            y += max(theme.px(20), round(lines.height) + theme.px(4))

    def _paint_frame(self, painter: QPainter, rect: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.colour("surface"))
        painter.setPen(QPen(theme.colour("line" if self._locked else "accent"), 1.5))
        painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), theme.px(8), theme.px(8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
