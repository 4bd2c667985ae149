"""F1: every key there is, in groups, laid over the window. Esc closes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from app.views import theme
from app.views.widgets.lettering import broken, draw_key, draw_lines, draw_text, key_width

COLUMN = 340
ROW = 28


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys that belong together: each line is (keys, what they do)."""

    title: str
    lines: tuple[tuple[tuple[str, ...], str], ...]


def key_groups() -> tuple[KeyGroup, ...]:
    """The keys of intake, of the review and of teaching."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Shortcuts", text)

    return (
        KeyGroup(
            tr("Check a field"),
            (
                (("↵",), tr("Right as it stands, or keep what I typed; then the next doubtful one")),
                (("Shift ↵",), tr("Back to the field before")),
                (("F2",), tr("Edit, cursor at the end")),
                (("Esc",), tr("Undo typing; twice: as it was read")),
                (("Alt 1",), tr("Illegible")),
                (("Alt 2",), tr("Not applicable")),
                (("Alt 3",), tr("Take the suggestion (Alt 4, Alt 5: the others)")),
                (("1 – 9",), tr("Tick an option of a question")),
                (("Space",), tr("Tick the option in focus")),
            ),
        ),
        KeyGroup(
            tr("Move"),
            (
                (("↑", "↓"), tr("Field above, below")),
                (("Tab", "Shift Tab"), tr("Next field, field before")),
                (("←", "→"), tr("Cell beside, option beside")),
                (("Alt +", "Alt −"), tr("Add, remove a table row")),
            ),
        ),
        KeyGroup(
            tr("Case"),
            (
                (("F9",), tr("Verify the case")),
                (("F10",), tr("Next case")),
                (("Ctrl Z", "Ctrl Y"), tr("Undo, redo anything, confirmations too")),
                (("/", "Ctrl L"), tr("Filter the queue")),
                (("Ctrl O",), tr("Add files")),
                (("Ctrl Shift I", "S"), tr("Intake; Search with S")),
                (("Ctrl ,", "Ctrl Shift P"), tr("Settings; policies")),
                (("Ctrl Alt L", "Ctrl Alt O"), tr("Lock; sign out, or switch person")),
                (("F1",), tr("This sheet")),
            ),
        ),
        KeyGroup(
            tr("Page"),
            (
                (("PgDn", "PgUp"), tr("Scroll the page from anywhere")),
                (("Ctrl +", "Ctrl −"), tr("Zoom at the cursor")),
                (("Ctrl 0", "1", "2"), tr("Whole page, 100 %, full width")),
                (("[", "]"), tr("Turn this page")),
                (("Ctrl F", "F3"), tr("Find on the page, next hit")),
                (("Alt ←", "Alt →"), tr("Back, forward to where I looked")),
                (("F6",), tr("Hold the view still")),
                (("F7",), tr("Thumbnails")),
                (("F8",), tr("Night page")),
            ),
        ),
        KeyGroup(
            tr("Review a request"),
            (
                (("Ctrl Shift R",), tr("The review’s queue; ↵ opens and takes a request")),
                (("F10", "Alt Home"), tr("Next request, all requests")),
                (("Alt 1 – 9",), tr("Show a document; with Shift in the other half")),
                (("Ctrl \\", "F6"), tr("Two documents side by side, go to the other half")),
                (("Ctrl F", "F3"), tr("Find in all documents, next place; ↑ ↓ in the list")),
                (("Ctrl 3",), tr("The words fill the width")),
                (("Alt ←", "Alt →"), tr("Back, forward to where I looked, over documents")),
                (("Ctrl O", "Ctrl D"), tr("Attach documents; documents that wait for a request")),
                (("F9", "Shift F9"), tr("To the prompt, to the criteria")),
            ),
        ),
        KeyGroup(
            tr("Words on a page"),
            (
                (("↵",), tr("Choose the sentence that was found or pointed out")),
                (("Shift ←↑↓→",), tr("Make the choice longer, shorter")),
                (("C", "T", "S", "D"), tr("Use as condition, treatment, symptoms, diagnosis")),
                (("P", "Ctrl P"), tr("Pin to the case")),
                (("Ctrl C",), tr("Copy")),
                (("Esc",), tr("Choose nothing")),
            ),
        ),
        KeyGroup(
            tr("Prompt and criteria"),
            (
                (("Ctrl ↵",), tr("Ask the model")),
                (("F4",), tr("Where the words of a slot come from")),
                (("M", "N", "U"), tr("Mark a criterion met, not met; undo")),
                (("↵",), tr("Open the first quote of a criterion")),
            ),
        ),
        KeyGroup(
            tr("Many desks"),
            (
                (("F5",), tr("What waits to be sent; there: try now")),
                (("R", "Del"), tr("Send what was refused again, give it up")),
                (("Ctrl Shift K",), tr("Conflicts: to that of the open field first")),
                (("1", "2", "N"), tr("Mine, theirs; the other one as a note")),
                (("J", "K", "↵"), tr("Next conflict, the one before; settle it")),
                (("F12",), tr("Take over a case that is open elsewhere")),
            ),
        ),
        KeyGroup(
            tr("Teach a form"),
            (
                (("Tab", "Shift Tab"), tr("Next zone, zone before")),
                (("Ctrl ←↑↓→",), tr("Zone beside, above, below")),
                (("←↑↓→", "Shift ←↑↓→"), tr("Move the zone, size it")),
                (("T … S",), tr("A letter sets the kind: it stands beside each kind")),
                (("↵", "F2"), tr("Name the zone")),
                (("R", "L"), tr("Has to be filled in, several lines")),
                (("Del", "Ctrl D"), tr("Remove, copy")),
                (("Ctrl G", "Ctrl T"), tr("One question of tick boxes, a table; with Shift apart again")),
                (("F9", "F10"), tr("Try the form, publish it")),
                (("Ctrl Shift F", "Ctrl N"), tr("Form types, teach a new one")),
                (("Alt Home",), tr("Back to the form types")),
            ),
        ),
    )


class ShortcutLines(QWidget):
    """The groups in as many columns as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[KeyGroup, ...] = ()

    def show_groups(self, groups: Sequence[KeyGroup]) -> None:
        self._groups = tuple(groups)
        self.update()

    def height_for(self, width: int) -> int:
        return max((round(bottom) for *_, bottom in self._places(width)), default=0) + theme.px(8)

    def _places(self, width: int) -> list[tuple[KeyGroup, float, float, float, float]]:
        """(group, x, y, width, bottom): each group goes to the shortest column."""
        gap = theme.px(32)
        count = max(1, min(2, (width + gap) // (theme.px(COLUMN) + gap)))
        wide = (width - gap * (count - 1)) / count
        bottoms = [0.0] * count
        places = []
        for group in self._groups:
            column = bottoms.index(min(bottoms))
            y = bottoms[column]
            bottom = y + theme.px(30) + sum(self._tall(keys, words, wide) for keys, words in group.lines)
            places.append((group, column * (wide + gap), y, wide, bottom))
            bottoms[column] = bottom + theme.px(16)
        return places

    def _keys_wide(self, keys: tuple[str, ...]) -> float:
        return sum(key_width(k) + theme.px(4) for k in keys)

    def _tall(self, keys: tuple[str, ...], words: str, wide: float) -> float:
        lines = broken(words, "body", wide - max(theme.px(124), self._keys_wide(keys) + theme.px(8)), 3)
        return max(float(theme.px(ROW)), lines.height + theme.px(10))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        for group, x, y, wide, _ in self._places(self.width()):
            draw_text(painter, QRectF(x, y, wide, theme.px(26)), group.title.upper(), "section", "muted")
            at = y + theme.px(30)
            for keys, words in group.lines:
                tall = self._tall(keys, words, wide)
                key_x = x
                for key in keys:
                    key_x = draw_key(painter, key_x, at + theme.px(ROW) / 2, key) + theme.px(4)
                indent = max(theme.px(124), self._keys_wide(keys) + theme.px(8))
                lines = broken(words, "body", wide - indent, 3)
                draw_lines(
                    painter,
                    x + indent,
                    round(at + (tall - lines.height) / 2),
                    lines,
                    "body",
                    theme.colour("text"),
                )
                at += tall


class ShortcutSheet(QWidget):
    """Covers the widget it is given; a key or a click outside gives the keyboard back to where it was."""

    closed = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._before: QWidget | None = None
        self._lines = ShortcutLines()
        self._lines.show_groups(key_groups())
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self._lines)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Keys"))
        over.installEventFilter(self)
        theme.changed.connect(self._place)
        self.hide()

    def open(self) -> None:
        """Show the keys over the window."""
        self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_sheet(self) -> None:
        """Give the window back, with the keyboard where it was."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def toggle(self) -> None:
        """Open or close: what F1 does."""
        if self.isHidden():
            self.open()
        else:
            self.close_sheet()

    def _card(self) -> QRectF:
        wide = min(self.width() - 2 * theme.px(24), theme.px(780))
        inner = wide - 2 * theme.px(28)
        tall = min(self.height() - 2 * theme.px(24), self._lines.height_for(round(inner)) + theme.px(92))
        return QRectF((self.width() - wide) / 2, (self.height() - tall) / 2, wide, tall)

    def _place(self) -> None:
        self.setGeometry(self._over.rect())
        card = self._card()
        pad = theme.px(28)
        area = card.adjusted(pad, theme.px(64), -pad + theme.px(12), -theme.px(20)).toRect()
        self._scroll.setGeometry(area)
        inner = round(card.width() - 2 * pad)
        self._lines.resize(inner, self._lines.height_for(inner))
        palette = self._lines.palette()
        palette.setColor(self._lines.backgroundRole(), theme.colour("surface"))
        self._lines.setPalette(palette)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F1):
            self.close_sheet()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Up, Qt.Key.Key_PageUp):
            bar = self._scroll.verticalScrollBar()
            down = event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown)
            bar.setValue(bar.value() + (theme.px(56) if down else -theme.px(56)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._card().contains(event.position()):
            self.close_sheet()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 110))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = self._card()
        painter.setPen(theme.colour("line"))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(card, theme.px(12), theme.px(12))
        head = QRectF(
            card.left() + theme.px(28), card.top() + theme.px(16), card.width() - theme.px(56), theme.px(32)
        )
        draw_text(painter, head, self.tr("Keys"), "title", "text")
        words = self.tr("closes this")
        wide = key_width("Esc") + theme.px(6)
        draw_text(painter, head, words, "small", "muted", Qt.AlignmentFlag.AlignRight)
        from_right = head.right() - wide - _advance(words)
        draw_key(painter, from_right, head.center().y(), "Esc")


def _advance(text: str) -> float:
    return QFontMetricsF(theme.font("small")).horizontalAdvance(text)
