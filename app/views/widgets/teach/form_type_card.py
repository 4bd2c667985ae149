"""One form type: what can be done with it, and its versions."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.domain.processor_version import Origin, ProcessorVersion
from app.views import theme
from app.views.messages import plural
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.key_button import KeyButton
from app.views.widgets.lettering import draw_text
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.queue_card import local_time
from app.views.widgets.sharing_words import sharing_words
from app.views.widgets.teach.form_type import DRAFT, IN_FORCE, FormTypeRow


class VersionLine(QWidget):
    """A version: when and by whom, its state, and what can be done with it."""

    show_asked = Signal()
    restore_asked = Signal()

    def __init__(self, version: ProcessorVersion, cases: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.version = version
        self._cases = cases
        self.show_button = QPushButton(self.tr("Show"), self)
        self.restore_button = QPushButton(self.tr("Put in force"), self)
        self.restore_button.setVisible(not version.in_force)
        for button in (self.show_button, self.restore_button):
            button.setProperty("quiet", True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_button.clicked.connect(self.show_asked)
        self.restore_button.clicked.connect(self.restore_asked)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._words())

    def _words(self) -> str:
        words = self.tr("Version {version}").format(version=self.version.version)
        return f"{words}, {self._chip().text}"

    def _chip(self) -> Chip:
        if self.version.in_force:
            return Chip("circle-check", self.tr("In force"), "sure")
        return Chip("archive", self.tr("Retired"), "plain")

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(84))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        x, y = theme.px(10), theme.px(52)
        for button in (self.show_button, self.restore_button):
            button.setFont(theme.font("strong"))
            size = button.sizeHint()
            button.setGeometry(x, y, size.width(), theme.px(26))
            x += size.width() + theme.px(4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        pad = theme.px(16)
        painter.fillRect(pad, 0, self.width() - 2 * pad, 1, theme.colour("line"))
        chip = self._chip()
        right = self.width() - pad
        paint_chip(painter, right, theme.px(21), chip)
        head = QRectF(pad, theme.px(10), right - chip_width(chip) - pad - theme.px(8), theme.px(22))
        words = self.tr("Version {version}").format(version=self.version.version)
        draw_text(painter, head, words, "strong", "text")
        below = QRectF(pad, theme.px(31), right - pad, theme.px(18))
        draw_text(painter, below, self._told(), "small", "muted")

    def _told(self) -> str:
        version = self.version
        parts = []
        if version.origin is Origin.BUILT_IN:
            parts.append(self.tr("came with the program"))
        elif version.at is not None:
            parts.append(local_time(version.at))
            if version.by:
                parts.append(version.by)
            if shared := sharing_words(version.sharing):
                parts.append(shared)
        parts.append(plural(self._cases, self.tr("{count} case"), self.tr("{count} cases")))
        return " · ".join(parts)


class FormTypeCard(QWidget):
    """The panel beside the list. `acted` names what is asked for: `mend`, `try`, `show`, `again` (read
    waiting cases with it), `retire`, `restore`, `resume` or `discard`, with the version where one is meant.
    """

    acted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: FormTypeRow | None = None
        self._lines: list[VersionLine] = []
        inner = QWidget()
        self.title = QLabel()
        self.detail = QLabel()
        for label in (self.title, self.detail):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons: dict[str, KeyButton] = {}
        self._actions = QGridLayout()
        made = (
            ("resume", self.tr("Go on"), "↵", "pencil", True),
            ("mend", self.tr("Mend"), "↵", "pencil", True),
            ("try", self.tr("Try"), "", "scan-search", False),
            ("show", self.tr("Show"), "", "eye", False),
            ("again", self.tr("Read again"), "", "rotate-cw", False),
            ("retire", self.tr("Retire"), "", "archive", False),
            ("restore", self.tr("Put in force"), "", "archive-restore", False),
            ("discard", self.tr("Give up"), "", "trash-2", False),
        )
        for name, words, key, symbol, primary in made:
            button = KeyButton(words, key, primary, symbol, inner)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, n=name: self.acted.emit(n, ""))
            self.buttons[name] = button
        self._head = QLabel()
        self._column = QVBoxLayout(inner)
        self._column.setSpacing(0)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._top = QVBoxLayout()
        self._top.addWidget(self.title)
        self._top.addWidget(self.detail)
        self._top.addLayout(self._actions)
        self._top.addWidget(self._head)
        self._column.addLayout(self._top)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        OverlayBar(scroll)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_row(None)

    def show_row(self, row: FormTypeRow | None, cases: dict[str, int] | None = None) -> None:
        """Show a form type or a draft; `cases` counts by version."""
        self._row = row
        for line in self._lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = []
        self.title.setText(row.title if row else "")
        self.detail.setText(self._told(row) if row else "")
        offered: tuple[str, ...] = ()
        if row is not None and row.state == DRAFT:
            offered = ("resume", "discard")
        elif row is not None:
            last = ("again", "retire") if row.state == IN_FORCE else ("restore",)
            offered = ("mend", "try", "show", *last)
        while self._actions.count():
            self._actions.takeAt(0)
        for name, button in self.buttons.items():
            button.setVisible(name in offered)
        for place, name in enumerate(offered):
            self._actions.addWidget(self.buttons[name], place // 2, place % 2)
        versions = row.versions if row else ()
        self._head.setText(self.tr("Versions").upper())
        self._head.setVisible(bool(versions))
        for version in versions:
            line = VersionLine(version, (cases or {}).get(version.version, 0))
            line.show_asked.connect(lambda v=version.version: self.acted.emit("show", v))
            line.restore_asked.connect(lambda v=version.version: self.acted.emit("restore", v))
            self._column.insertWidget(self._column.count() - 1, line)
            self._lines.append(line)

    @property
    def versions(self) -> tuple[VersionLine, ...]:
        return tuple(self._lines)

    def _told(self, row: FormTypeRow) -> str:
        if row.state == DRAFT:
            if row.version:
                return self.tr(
                    "A draft that mends version {version}. Forms are read as before until it is published."
                ).format(version=row.version)
            return self.tr("A new form that is being taught. Nothing is read with it until it is published.")
        answers = plural(row.fields, self.tr("{count} answer"), self.tr("{count} answers"))
        pages = row.foremost.definition.pages if row.foremost else 1
        on = plural(pages, self.tr("on {count} page"), self.tr("on {count} pages"))
        if row.state == IN_FORCE:
            return self.tr("Arriving forms are read with version {version}: {answers} {pages}.").format(
                version=row.version, answers=answers, pages=on
            )
        return self.tr("Retired: these forms are read as other forms are. It had {answers} {pages}.").format(
            answers=answers, pages=on
        )

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        self.detail.setFont(theme.font("body"))
        self._head.setFont(theme.font("section"))
        for label in (self.detail, self._head):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour("muted"))
            label.setPalette(palette)
        self._head.setContentsMargins(0, theme.px(16), 0, theme.px(8))
        pad = theme.px(16)
        self._top.setContentsMargins(pad, theme.px(12), pad, 0)
        self._top.setSpacing(theme.px(8))
        self._actions.setSpacing(theme.px(8))
        self._actions.setContentsMargins(0, theme.px(8), 0, 0)
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
