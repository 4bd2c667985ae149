"""Slots that need somebody: what nobody says, what is doubtful, what a reviewer stated without evidence."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.domain.prompt import Filled, Origin, Prompt, Slot
from app.views import theme
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.lettering import broken, draw_lines
from app.views.widgets.review.evidence_place import Places, origin_words, slot_words

HEIGHT = 26
MOST_ROWS = 2
"""More rows of chips than this, and each says its slot alone."""


class SlotChip(QAbstractButton):
    """One slot that needs somebody. Pressed, it waits for words clicked in a document."""

    def __init__(self, filled: Filled, places: Places, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filled = filled
        name = slot_words(filled.slot)
        if filled.origin is Origin.ABSENT:
            self._chip = Chip("circle-dashed", self.tr("{slot}: not said").format(slot=name), "wrong")
        elif filled.origin is Origin.STATED:
            self._chip = Chip("unlink", self.tr("{slot}: said, no evidence").format(slot=name), "plain")
        else:
            self._chip = Chip("eye", self.tr("{slot}: needs a look").format(slot=name), "look")
        self._full = self._chip.text
        self._name = name
        self.setText(self._full)
        self.setAccessibleName(self._full)
        self.show_filled(filled, places)
        self.setCheckable(filled.origin in (Origin.ABSENT, Origin.STATED))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_filled(self, filled: Filled, places: Places) -> None:
        """Other words in the same slot, of the same origin."""
        self.filled = filled
        self.setToolTip(origin_words(filled, places))

    def set_short(self, short: bool) -> None:
        """Say the slot alone: its symbol says the rest where there is little room."""
        self._chip = replace(self._chip, text=self._name if short else self._full)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(chip_width(self._chip)) + 4, theme.px(HEIGHT))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chip(painter, self.width() - 2, self.height() / 2, self._chip)
        if self.hasFocus() or self.isChecked() or self.underMouse():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ink = "accent" if self.hasFocus() or self.isChecked() else "line"
            painter.setPen(QPen(theme.colour(ink), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)


class SlotChips(QWidget):
    """The slots of a prompt that need somebody, as many lines of chips as it takes; nothing where all is well.

    `opened` asks for the place a doubtful one came from, `armed` names the slot that words clicked in a document go
    into (None: no longer).
    """

    opened = Signal(object)
    armed = Signal(object)
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[SlotChip] = []
        self._needing: tuple[Filled, ...] = ()
        self._armed: Slot | None = None
        self._height = 0
        self._hint_top = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._place)

    @property
    def chips(self) -> tuple[SlotChip, ...]:
        return tuple(self._chips)

    @property
    def slot(self) -> Slot | None:
        """The slot that waits for words."""
        return self._armed

    def show_prompt(self, prompt: Prompt, places: Places) -> None:
        needing = tuple(
            p.filled
            for p in prompt.slots
            if p.filled.doubtful or p.filled.origin in (Origin.ABSENT, Origin.STATED)
        )
        order = {Origin.ABSENT: 0, Origin.STATED: 2}
        needing = tuple(sorted(needing, key=lambda f: order.get(f.origin, 1)))
        before, self._needing = self._needing, needing
        if [_kind(f) for f in needing] == [_kind(f) for f in before]:
            for chip, filled in zip(self._chips, needing, strict=True):
                chip.show_filled(filled, places)  # with every key: only the words in a slot are others
            return
        for old in self._chips:
            old.hide()
            old.deleteLater()
        self._chips = []
        for filled in needing:
            chip = SlotChip(filled, places, self)
            chip.clicked.connect(lambda _checked=False, found=chip: self._press(found))
            chip.show()
            self._chips.append(chip)
        if self._armed not in {f.slot for f in needing}:
            self.arm(None)
        self._show_armed()
        self._place()

    def arm(self, slot: Slot | None) -> None:
        """Wait for words for this slot, or for none."""
        if slot is not self._armed:
            self._armed = slot
            self._show_armed()
            self._place()
            self.armed.emit(slot)

    def _press(self, chip: SlotChip) -> None:
        if not chip.isCheckable():
            self.opened.emit(chip.filled.slot)
            return
        self.arm(None if self._armed is chip.filled.slot else chip.filled.slot)
        self._show_armed()

    def _show_armed(self) -> None:
        for chip in self._chips:
            chip.setChecked(chip.isCheckable() and chip.filled.slot is self._armed)
        self.update()

    def _hint(self) -> str:
        if self._armed is None:
            return ""
        return self.tr(
            "Click or drag over words in a document: they fill “{slot}”. Or type it above."
        ).format(slot=slot_words(self._armed))

    @property
    def wanted_height(self) -> int:
        """How tall all of it stands at the width there is."""
        return self._height

    def _place(self) -> None:
        for short in (False, True):
            for chip in self._chips:
                chip.set_short(short)
            places = self._places()
            if len({place.y() for place in places}) <= MOST_ROWS:
                break
        for chip, place in zip(self._chips, places, strict=True):
            chip.setGeometry(place)
        bottom = places[-1].bottom() + 1 if places else 0
        self._hint_top = bottom + theme.px(4)
        if self._armed is not None:
            lines = broken(self._hint(), "small", max(40, self.width()), 3)
            bottom = round(self._hint_top + lines.height)
        if bottom != self._height:
            self._height = bottom
            self.setFixedHeight(bottom)
            self.height_changed.emit()
        self.setVisible(bottom > 0)
        self.update()

    def _places(self) -> list[QRect]:
        x, y, gap = 0, 0, theme.px(6)
        found = []
        for chip in self._chips:
            size = chip.sizeHint()
            if x and x + size.width() > self.width():
                x, y = 0, y + size.height() + theme.px(4)
            found.append(QRect(x, y, min(size.width(), max(self.width(), 1)), size.height()))
            x += size.width() + gap
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._armed is None:
            return
        lines = broken(self._hint(), "small", max(40, self.width()), 3)
        draw_lines(QPainter(self), 0, self._hint_top, lines, "small", theme.colour("accent"))


def _kind(filled: Filled) -> tuple[Slot, Origin, bool]:
    """What a chip says of a slot, whatever words are in it."""
    return filled.slot, filled.origin, filled.doubtful
