"""Connecting a workspace, a page for each step: where to, who signs in, what moves, and that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.connection import Connection
from app.views.widgets.key_button import KeyButton
from app.views.widgets.progress_line import ProgressLine
from app.views.widgets.sync.card_page import CardPage

STEPS = ("where", "who", "waiting", "plan", "moving", "done")


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What connecting will do, for the page: lines of what travels and what stays; `people` need an email each."""

    travels: tuple[str, ...]
    stays: tuple[str, ...]
    size: int
    people: Mapping[str, int]
    refused: str = ""


class ConnectPage(CardPage):
    """Shows one step at a time; says what the person does, and shows what it is told."""

    address_given = Signal(str)
    file_asked = Signal()
    sign_in_asked = Signal()
    cancelled = Signal()
    """the browser, or moving, is not waited for any longer"""
    connect_asked = Signal(object)
    """mapping of local names to emails"""
    done = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("cloud", "", "", parent)
        self._step = ""
        self._connection: Connection | None = None
        self._emails: dict[str, QLineEdit] = {}
        self.address_label = self.small_label(self.tr("Address of the service"))
        self.address = QLineEdit(self)
        self.address.setPlaceholderText("https://")
        self.address.setAccessibleName(self.address_label.text())
        self.address_label.setBuddy(self.address)
        self.facts = self.small_label("")
        self.people = QVBoxLayout()
        self.progress = ProgressLine(self)
        self.go_on = KeyButton("", "↵", primary=True, parent=self)
        self.file = KeyButton(self.tr("Choose the connection file…"), "", parent=self)
        self.back = KeyButton(self.tr("Back"), "Esc", parent=self)
        row = QHBoxLayout()
        for button in (self.go_on, self.file, self.back):
            row.addWidget(button)
        row.addStretch(1)
        for widget in (self.address_label, self.address, self.facts):
            self.column.addWidget(widget)
        self.column.addLayout(self.people)
        self.column.addWidget(self.progress)
        self.column.addLayout(row)
        self.address.returnPressed.connect(self._go_on)
        self.address.textEdited.connect(lambda: self.say(""))
        self.go_on.clicked.connect(self._go_on)
        self.file.clicked.connect(self.file_asked)
        self.back.clicked.connect(self._back)
        self.progress.cancel_requested.connect(self.cancelled)
        self.ask_where()

    @property
    def step(self) -> str:
        return self._step

    # the steps

    def ask_where(self) -> None:
        self._show(
            "where",
            "cloud",
            self.tr("Connect to your organisation"),
            self.tr("Give the address your administrator named, or the connection file they sent."),
            self.tr("Go on"),
        )

    def ask_who(self, connection: Connection) -> None:
        self._connection = connection
        self._show(
            "who",
            "user",
            self.tr("Sign in with Google"),
            self.tr("Your browser opens. Sign in there with the account of your organisation."),
            self.tr("Sign in"),
        )
        self.facts.setText(
            self.tr("Project {project}, in {location}").format(
                project=connection.project, location=connection.location
            )
        )

    def wait_for_browser(self) -> None:
        self._show(
            "waiting",
            "hourglass",
            self.tr("Waiting for your browser"),
            self.tr("A page of Google has opened there. Nothing is changed here until you have signed in."),
            "",
        )

    def show_plan(self, email: str, plan: PlanWords) -> None:
        """What connecting does, before it is done."""
        self._show(
            "plan",
            "list-checks",
            self.tr("What connecting does"),
            self.tr("Signed in as {email}. A backup is made first; nothing is deleted here.").format(
                email=email
            ),
            self.tr("Connect"),
        )
        lines = []
        format_ = QLocale.DataSizeFormat.DataSizeSIFormat
        size = QLocale().formattedDataSize(plan.size, 1, format_) if plan.size else ""
        for line in plan.travels:
            lines.append(f"→ {line}")
        if size:
            lines.append("→ " + self.tr("{size} in all").format(size=size))
        lines += [f"• {line}" for line in plan.stays]
        self.facts.setText("\n".join(lines))
        self._ask_people(plan.people)
        self.go_on.setEnabled(not plan.refused)
        self.say(plan.refused)

    def show_moving(self) -> None:
        self._show(
            "moving",
            "loader",
            self.tr("Connecting"),
            self.tr("It can be stopped; connecting again goes on where it was."),
            "",
        )

    def show_progress(self, done: int, total: int) -> None:
        self.progress.show_progress(self.tr("Cases are assigned to the people’s emails"), done, total)

    def show_done(self, email: str, changes: int) -> None:
        words = self.tr("You work as {email} from now on.").format(email=email)
        if changes == 1:
            words += " " + self.tr(
                "1 change of this workspace is sent in the background; you can work meanwhile."
            )
        elif changes:
            words += " " + self.tr(
                "{count} changes of this workspace are sent in the background; you can work meanwhile."
            ).format(count=changes)
        self._show("done", "circle-check", self.tr("Connected"), words, self.tr("Start working"))

    def refuse(self, words: str) -> None:
        """The step did not work: say why. Waiting goes back to asking."""
        if self._step == "waiting" and self._connection is not None:
            self.ask_who(self._connection)
        elif self._step == "moving":
            self._step = "plan"
            self._arrange(self.tr("Connect"))
        self.set_busy(False)
        self.say(words)
        self.take_keyboard()

    def set_busy(self, busy: bool) -> None:
        """While an address is asked, nothing else is."""
        self.go_on.setEnabled(not busy)
        self.file.setEnabled(not busy)

    def take_keyboard(self) -> None:
        if self._step == "where":
            self.address.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._step == "plan" and self._emails:
            next(iter(self._emails.values())).setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.go_on.isVisible() or not self.isVisible():
            self.go_on.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.back.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self, step: str, symbol: str, title: str, words: str, button: str) -> None:
        self._step = step
        self.say("")
        self.facts.setText("")
        self.show_head(symbol, title, words)
        self._arrange(button)
        self.set_busy(False)
        if self.isVisible():
            self.take_keyboard()

    def _arrange(self, button: str) -> None:
        step = self._step
        self.address_label.setVisible(step == "where")
        self.address.setVisible(step == "where")
        self.file.setVisible(step == "where")
        self.facts.setVisible(step in ("who", "plan"))
        self.progress.setVisible(step == "moving")
        self.go_on.setVisible(bool(button))
        self.go_on.set_words(button, "↵")
        self.back.setVisible(step not in ("moving", "done"))
        self.back.set_words(self.tr("Cancel") if step == "waiting" else self.tr("Back"), "Esc")
        if step != "plan":
            self._ask_people({})

    def _ask_people(self, people: Mapping[str, int]) -> None:
        while self.people.count():
            item = self.people.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._small = [label for label in self._small if label in (self.address_label, self.facts)]
        self._emails = {}
        for name, count in people.items():
            words = (
                self.tr("Email of {name}, who has 1 case").format(name=name)
                if count == 1
                else self.tr("Email of {name}, who has {count} cases").format(name=name, count=count)
            )
            label = self.small_label(words)
            editor = QLineEdit(self)
            editor.setAccessibleName(words)
            label.setBuddy(editor)
            editor.returnPressed.connect(self._go_on)
            self.people.addWidget(label)
            self.people.addWidget(editor)
            self._emails[name] = editor
        self.restyle()

    def _go_on(self) -> None:
        if not self.go_on.isEnabled():
            return
        if self._step == "where":
            if self.address.text().strip():
                self.set_busy(True)
                self.say("")
                self.address_given.emit(self.address.text().strip())
            else:
                self.say(self.tr("Type the address, or choose the file."))
        elif self._step == "who":
            self.sign_in_asked.emit()
        elif self._step == "plan":
            empty = next((e for e in self._emails.values() if not e.text().strip()), None)
            if empty is not None:
                self.say(self.tr("Each of these people needs the email they sign in with."))
                empty.setFocus(Qt.FocusReason.OtherFocusReason)
                return
            self.connect_asked.emit({name: editor.text().strip() for name, editor in self._emails.items()})
        elif self._step == "done":
            self.done.emit()

    def _back(self) -> None:
        if self._step == "waiting":
            self.cancelled.emit()
            if self._connection is not None:
                self.ask_who(self._connection)
        elif self._step in ("who", "plan"):
            self.ask_where()
        elif self._step == "where":
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.back.isHidden():
            self._back()
        else:
            super().keyPressEvent(event)
