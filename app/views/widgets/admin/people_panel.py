"""People in the settings: who works here and as what; one is added, changed, let go or given a new passphrase."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.domain.role import Person, Role
from app.views.widgets.admin.form import Form
from app.views.widgets.admin.passphrase_form import PassphraseForm
from app.views.widgets.admin.record import Record
from app.views.widgets.admin.role_words import initials, role_duty, role_list, role_word
from app.views.widgets.admin.shelf import Shelf
from app.views.widgets.key_button import KeyButton
from app.views.widgets.teach.setting_line import TickLine


class RoleTicks:
    """The roles as ticks in a form, each with what it may do."""

    def __init__(self, form: Form) -> None:
        self.lines: dict[Role, TickLine] = {}
        for role in Role:
            line = TickLine(f"{role_word(role)}: {role_duty(role)}", parent=form)
            form.row("" if self.lines else form.tr("Roles"), line)
            line.setAccessibleName(role_word(role))
            line.setAccessibleDescription(role_duty(role))
            self.lines[role] = line

    def show(self, roles: tuple[Role, ...]) -> None:
        for role, line in self.lines.items():
            line.show_state(role in roles)

    @property
    def chosen(self) -> tuple[Role, ...]:
        return tuple(role for role, line in self.lines.items() if line.isChecked())


class PeoplePanel(Shelf):
    """Shows who works here and says what an administrator wants changed; it changes nothing itself."""

    add_asked = Signal(str, str, tuple, str)
    """name, title, roles, passphrase"""
    change_asked = Signal(str, str, tuple)
    """name, title, roles"""
    active_asked = Signal(str, bool)
    passphrase_asked = Signal(str, str)
    """name, new passphrase"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._people: tuple[Person, ...] = ()
        self._me = ""
        self._chosen = ""
        self.add_button = KeyButton(self.tr("Add a person"), symbol="plus", parent=self)
        self.add_button.clicked.connect(self.begin_adding)
        self.put_button(self.add_button)
        self._make_adding()
        self._make_changing()
        self.passphrase = PassphraseForm(own=False)
        self.passphrase.chosen.connect(lambda _old, new: self.passphrase_asked.emit(self._chosen, new))
        self.passphrase.left.connect(self.put_away)
        for form in (self.adding, self.changing, self.passphrase):
            self.keep(form)
        self.show_people((), "")

    def _make_adding(self) -> None:
        form = self.adding = Form(self.tr("A new person"))
        self.name = form.line(
            self.tr("Name to sign in with"),
            hint=self.tr("Stands beside everything they do. It cannot be changed."),
        )
        self.title = form.line(
            self.tr("What they are called"), hint=self.tr("As it stands in letters, in full.")
        )
        self.new_roles = RoleTicks(form)
        self.first = form.line(
            self.tr("First passphrase"),
            secret=True,
            hint=self.tr("At least 8 characters. They change it themselves."),
        )
        self.second = form.line(self.tr("The same once more"), secret=True)
        self.save_new = form.button(self.tr("Add"), key="↵", primary=True)
        leave = form.button(self.tr("Cancel"), key="Esc")
        self.save_new.clicked.connect(self._add)
        form.submitted.connect(self._add)
        leave.clicked.connect(self.put_away)
        form.left.connect(self.put_away)

    def _make_changing(self) -> None:
        form = self.changing = Form()
        self.called = form.line(self.tr("What they are called"))
        self.roles = RoleTicks(form)
        self.save = form.button(self.tr("Save"), key="↵", primary=True)
        self.new_passphrase = form.button(self.tr("New passphrase…"))
        self.end = form.button(self.tr("End their work here"))
        self.cancel = form.button(self.tr("Cancel"), key="Esc")
        self.cancel.clicked.connect(self.put_away)
        self.save.clicked.connect(self._change)
        form.submitted.connect(self._change)
        form.left.connect(self.put_away)
        self.new_passphrase.clicked.connect(self._begin_passphrase)
        self.end.clicked.connect(self._end_or_begin)

    # what is shown

    def show_people(self, people: tuple[Person, ...], me: str) -> None:
        """Everybody, and who of them is at the screen. What is being typed stays."""
        self._people, self._me = people, me
        records = []
        for person in people:
            record = Record()
            called = (
                self.tr("{title} (you)").format(title=person.title) if person.name == me else person.title
            )
            record.show_record(called, person.name, letters=initials(person), quiet=not person.active)
            if person.active:
                record.say(role_list(person.roles))
            else:
                record.say(self.tr("Does not work here any more"), "ban")
            record.clicked.connect(lambda _checked=False, name=person.name: self.choose(name))
            records.append((person.name, record))
        self.show_records(records)
        self.explain(
            self.tr(
                "Nobody signs in here yet: whoever opens this workspace may do everything but decide against a "
                "request. The first person you add becomes an administrator and is signed in; from then on "
                "everybody signs in with a name and a passphrase."
            )
            if not people
            else ""
        )
        if self._chosen and not any(person.name == self._chosen for person in people):
            self.put_away()

    def choose(self, name: str) -> None:
        """Open what can be changed of somebody, or put it away."""
        person = next((p for p in self._people if p.name == name), None)
        if person is None or (name == self._chosen and not self.changing.isHidden()):
            self.put_away()
            return
        self._chosen = name
        self.called.setText(person.title)
        self.roles.show(person.roles)
        self.end.set_words(
            self.tr("End their work here") if person.active else self.tr("Let them work here again"), ""
        )
        self.end.setVisible(name != self._me)
        self.new_passphrase.setVisible(name != self._me)
        self.changing.say("")
        self.open(self.changing, name)
        self.called.setFocus()

    def begin_adding(self) -> None:
        """Ask for a new person."""
        self._chosen = ""
        for line in (self.name, self.title, self.first, self.second):
            line.clear()
        self.new_roles.show((Role.ADMINISTRATOR,) if not self._people else ())
        first = self.new_roles.lines[Role.ADMINISTRATOR]
        first.setEnabled(bool(self._people))  # the first one is, whatever else they are
        self.adding.set_title(
            self.tr("A new person")
            if self._people
            else self.tr(
                "The first person: an administrator, signed in at once. From then on people sign in."
            )
        )
        self.adding.say("")
        self.open(self.adding)
        self.name.setFocus()

    def refuse(self, words: str) -> None:
        """Say in the form that is open why it was not done."""
        form = self.opened
        if isinstance(form, Form):
            form.say(words)

    def put_away(self) -> None:
        """Close the form; the keyboard goes back to where it was opened."""
        for line in (self.first, self.second):
            line.clear()
        self.passphrase.clear()
        name, self._chosen = self._chosen, ""
        back = self.record(name) if name else self.add_button
        was_open = self.opened is not None
        self.close_form()
        if was_open and back is not None and self.isVisible():
            QTimer.singleShot(0, back, back.setFocus)

    # what is wanted

    def _add(self) -> None:
        if not self.name.text().strip():
            self.adding.say(self.tr("Type the name to sign in with."))
            self.name.setFocus()
        elif not self.new_roles.chosen:
            self.adding.say(self.tr("Choose at least one role."))
        elif self.first.text() != self.second.text():
            self.adding.say(self.tr("The two passphrases are not the same. Type them again."))
            self.second.clear()
            self.second.setFocus()
        elif not self.first.text():
            self.adding.say(self.tr("Type a first passphrase, twice."))
            self.first.setFocus()
        else:
            self.adding.say("")
            self.add_asked.emit(
                self.name.text().strip(), self.title.text().strip(), self.new_roles.chosen, self.first.text()
            )

    def _change(self) -> None:
        if not self.roles.chosen:
            self.changing.say(self.tr("Choose at least one role."))
            return
        self.changing.say("")
        self.change_asked.emit(self._chosen, self.called.text().strip(), self.roles.chosen)

    def _end_or_begin(self) -> None:
        person = next((p for p in self._people if p.name == self._chosen), None)
        if person is not None:
            self.active_asked.emit(person.name, not person.active)

    def _begin_passphrase(self) -> None:
        person = next((p for p in self._people if p.name == self._chosen), None)
        if person is not None:
            self.passphrase.begin(self.tr("A new passphrase for {person}").format(person=person.title))
            self.open(self.passphrase, person.name)
