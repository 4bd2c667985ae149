"""Settings that are real: how it looks, who works here and as what, where the work is kept, what is asked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.domain.role import Person
from app.views import theme
from app.views.widgets.admin.models_panel import ModelsPanel
from app.views.widgets.admin.passphrase_form import PassphraseForm
from app.views.widgets.admin.people_panel import PeoplePanel
from app.views.widgets.admin.role_words import role_list
from app.views.widgets.key_button import KeyButton
from app.views.widgets.teach.setting_line import TickLine

NAMES = ("system", "light", "dark")
SYMBOLS = {"system": "monitor", "light": "sun", "dark": "moon"}


class SettingsPage(QWidget):
    """Shows what is set and says what the person wants set; it sets nothing itself."""

    appearance_chosen = Signal(str)
    text_size_chosen = Signal(int)
    person_named = Signal(str)
    workspace_shown = Signal()
    watched_folder_shown = Signal()
    collecting_chosen = Signal(bool)
    examples_chosen = Signal(bool)
    policies_asked = Signal()
    passphrase_chosen = Signal(str, str)
    """the old one, the new one"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heads: list[QLabel] = []
        self._labels: list[QLabel] = []
        self._hints: list[QLabel] = []
        self._sections: dict[str, list[QWidget]] = {}
        self._section = ""
        self.appearance: dict[str, KeyButton] = {}
        self.text_size = QSlider(Qt.Orientation.Horizontal, self)
        self._percent = QLabel(self)
        self.person = QLineEdit(self)
        self._workspace = self._path()
        self._watched = self._path()
        self.show_workspace = KeyButton(self.tr("Show folder"), symbol="folder-open", parent=self)
        self.show_watched = KeyButton(self.tr("Show folder"), symbol="folder-open", parent=self)
        self.collecting = TickLine(self.tr("Keep verified forms for training and measuring"), parent=self)
        self.examples = TickLine(
            self.tr("Keep prompts and recommendations people accepted or corrected"), parent=self
        )
        self.signed_in = QLabel(self)
        self.signed_in.setTextFormat(Qt.TextFormat.PlainText)
        self.change_passphrase = KeyButton(self.tr("Change my passphrase…"), symbol="lock", parent=self)
        self.passphrase = PassphraseForm(own=True)
        self.people = PeoplePanel()
        self.models = ModelsPanel()
        self.open_policies = KeyButton(self.tr("Open the policies"), "Ctrl ⇧ P", symbol="scale", parent=self)
        self._group = QButtonGroup(self)
        self._lay_out()
        self._wire()
        theme.changed.connect(self._restyle)
        self._restyle()

    def _path(self) -> QLabel:
        label = QLabel(self)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _lay_out(self) -> None:
        names = {"system": self.tr("System"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        looks = QHBoxLayout()
        looks.setSpacing(theme.px(8))
        for name in NAMES:
            button = KeyButton(names[name], symbol=SYMBOLS[name], parent=self)
            button.setCheckable(True)
            button.setObjectName(f"appearance_{name}")
            self._group.addButton(button)
            self.appearance[name] = button
            looks.addWidget(button)
        looks.addStretch(1)
        self.text_size.setRange(90, 150)
        self.text_size.setSingleStep(5)
        self.text_size.setPageStep(10)
        self.text_size.setAccessibleName(self.tr("Text size"))
        self.text_size.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        sizes = QHBoxLayout()
        sizes.addWidget(self.text_size, 1)
        sizes.addWidget(self._percent)
        self.person.setAccessibleName(self.tr("Your name"))
        self._grid = QGridLayout()
        self._row(self.tr("Look"))
        self._row(self.tr("Appearance"), looks)
        self._row(self.tr("Text size"), sizes)
        self._row(self.tr("You"))
        self._section = "alone"
        self._row(self.tr("Your name"), self.person, self.tr("Stands beside every change you make."))
        self._section = "signed_in"
        self._row(self.tr("Signed in"), self._beside(self.signed_in, self.change_passphrase))
        self._wide(self.passphrase)
        self.passphrase.hide()
        self._section = ""
        self._row(self.tr("This computer"))
        kept = self.tr("Cases and files are kept here, encrypted. Nothing leaves this computer.")
        self._row(self.tr("Workspace"), self._beside(self._workspace, self.show_workspace), kept)
        arrives = self.tr("Files put into this folder are taken in by themselves.")
        self._row(self.tr("Watched folder"), self._beside(self._watched, self.show_watched), arrives)
        self._section = "administrator"
        self._row(self.tr("People"))
        self._wide(self.people)
        self._row(self.tr("Models"))
        self._wide(self.models)
        self._row(self.tr("Policies"))
        self._row(
            self.tr("Criteria"),
            self._beside(QLabel(self), self.open_policies),
            self.tr(
                "What recommendations are measured on: the source text of each policy, and its criteria, version by "
                "version."
            ),
        )
        self._row(self.tr("What is kept to learn from"))
        collected = self.tr(
            "A copy of every verified form with its values is kept here, encrypted: form types are measured on "
            "them, and their confidence is fitted. Off until you turn it on; nothing leaves this computer."
        )
        self._row(self.tr("Verified forms"), self.collecting, collected)
        learned = self.tr(
            "Examples for tuning and measuring models, made of decided requests, kept here, encrypted. Off until you "
            "turn it on; nothing leaves this computer by itself."
        )
        self._row(self.tr("Examples"), self.examples, learned)
        self._section = ""
        self._grid.setColumnStretch(1, 1)
        self._title = QLabel(self.tr("Settings"), self)
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.addWidget(self._title)
        self._column.addLayout(self._grid)
        self._column.addStretch(1)
        self._body.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        scroll = self._scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def _beside(self, label: QLabel, button: KeyButton) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(label, 1)
        row.addWidget(button)
        return row

    def _row(self, words: str, content: QWidget | QHBoxLayout | None = None, hint: str = "") -> None:
        at = self._grid.rowCount()
        label = QLabel(words if content is not None else words.upper(), self)
        if content is None:
            self._heads.append(label)
            self._belongs(label)
            self._grid.addWidget(label, at, 0, 1, 2)
            return
        self._labels.append(label)
        self._belongs(label)
        self._grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignVCenter)
        if isinstance(content, QWidget):
            label.setBuddy(content)
            self._belongs(content)
            self._grid.addWidget(content, at, 1)
        else:
            for place in range(content.count()):
                item = content.itemAt(place)
                part = item.widget() if item is not None else None
                if part is not None:
                    self._belongs(part)
            self._grid.addLayout(content, at, 1)
        if hint:
            below = QLabel(hint, self)
            below.setWordWrap(True)
            self._hints.append(below)
            self._belongs(below)
            self._grid.addWidget(below, at + 1, 1)

    def _wide(self, content: QWidget) -> None:
        """Something that takes the whole width."""
        self._belongs(content)
        self._grid.addWidget(content, self._grid.rowCount(), 0, 1, 2)

    def _belongs(self, part: QWidget) -> None:
        self._sections.setdefault(self._section, []).append(part)

    def _wire(self) -> None:
        for name, button in self.appearance.items():
            button.clicked.connect(lambda _checked=False, chosen=name: self.appearance_chosen.emit(chosen))
        self.text_size.valueChanged.connect(self._size_moved)
        self.text_size.sliderReleased.connect(lambda: self.text_size_chosen.emit(self.text_size.value()))
        self.person.editingFinished.connect(self._named)
        self.show_workspace.clicked.connect(self.workspace_shown)
        self.show_watched.clicked.connect(self.watched_folder_shown)
        self.collecting.toggled.connect(self.collecting_chosen)
        self.examples.toggled.connect(self.examples_chosen)
        self.open_policies.clicked.connect(self.policies_asked)
        self.change_passphrase.clicked.connect(self.show_own_passphrase)
        self.passphrase.chosen.connect(self.passphrase_chosen)
        self.passphrase.left.connect(self.put_passphrase_away)
        self._name = ""

    def _size_moved(self, value: int) -> None:
        self._percent.setText(self.tr("{percent} %").format(percent=value))
        if not self.text_size.isSliderDown():
            self.text_size_chosen.emit(value)

    def _named(self) -> None:
        name = self.person.text().strip()
        if name and name != self._name:
            self._name = name
            self.person_named.emit(name)
        elif not name:
            self.person.setText(self._name)

    def set_appearance(self, name: str) -> None:
        """Which look is in force: `system`, `light` or `dark`."""
        self.appearance[name].setChecked(True)

    def set_text_size(self, percent: int) -> None:
        """The size of text in percent; tells nobody."""
        self.text_size.blockSignals(True)
        self.text_size.setValue(percent)
        self.text_size.blockSignals(False)
        self._percent.setText(self.tr("{percent} %").format(percent=self.text_size.value()))

    def set_person(self, name: str) -> None:
        """The name that stands beside changes."""
        self._name = name
        self.person.setText(name)

    def set_signed_in(self, person: Person | None, *, administrator: bool) -> None:
        """Who is signed in (None where nobody has to), and whether what belongs to an administrator is offered."""
        shown = {"alone": person is None, "signed_in": person is not None, "administrator": administrator}
        for section, visible in shown.items():
            for part in self._sections.get(section, ()):
                if part is not self.passphrase:
                    part.setVisible(visible)
        if person is None:
            self.passphrase.hide()
        else:
            self.signed_in.setText(f"{person.title} · {role_list(person.roles)}")

    def take_keyboard(self) -> None:
        """The keyboard goes to the page where it was, or to its first choice."""
        if not self.isAncestorOf(self.window().focusWidget() or self):
            next(b for b in self.appearance.values() if b.isChecked()).setFocus()

    def show_own_passphrase(self) -> None:
        """Ask for another passphrase of whoever is signed in."""
        self.passphrase.show()
        self.passphrase.begin(self.tr("Your passphrase"))
        self._scroll.ensureWidgetVisible(self.passphrase)

    def put_passphrase_away(self) -> None:
        self.passphrase.clear()
        self.passphrase.hide()
        self.change_passphrase.setFocus()

    def set_examples(self, on: bool) -> None:
        """Whether prompts and recommendations are kept; tells nobody."""
        self.examples.show_state(on)

    def set_collecting(self, on: bool) -> None:
        """Whether verified forms are kept; tells nobody."""
        self.collecting.show_state(on)

    def set_workspace(self, path: str) -> None:
        """Where the work is kept."""
        self._workspace.setText(path)

    def set_watched_folder(self, path: str) -> None:
        """Where arriving files are looked for; empty when nowhere."""
        self._watched.setText(path or self.tr("None"))
        self.show_watched.setEnabled(bool(path))

    def _restyle(self) -> None:
        self._title.setFont(theme.font("title"))
        for label in self._heads:
            label.setFont(theme.font("section"))
            label.setContentsMargins(0, theme.px(20), 0, theme.px(4))
        for label in (*self._labels, self.signed_in, self._workspace, self._watched, self._percent):
            label.setFont(theme.font("body"))
        for label in self._hints:
            label.setFont(theme.font("small"))
            label.setContentsMargins(0, 0, 0, theme.px(8))
        for label in (*self._heads, *self._hints, *self._labels):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour("muted"))
            label.setPalette(palette)
        self._percent.setMinimumWidth(theme.px(56))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.setHorizontalSpacing(theme.px(24))
        self._grid.setVerticalSpacing(theme.px(6))
        self._grid.setColumnMinimumWidth(0, theme.px(128))
        self._body.setMaximumWidth(theme.px(720))
        self._column.setContentsMargins(theme.px(32), theme.px(24), theme.px(32), theme.px(24))
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
