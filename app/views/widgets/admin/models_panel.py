"""Models in the settings: what may be asked for a recommendation, where each answers, and trying it out."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QWidget

from app.domain.recommendation import ModelInfo
from app.views.widgets.admin.form import Form
from app.views.widgets.admin.model_fields import ModelFields
from app.views.widgets.admin.record import Record
from app.views.widgets.admin.shelf import Shelf
from app.views.widgets.key_button import KeyButton
from app.views.widgets.teach.setting_line import TickLine

ENGINE = "criteria engine"
"""The record of what is always there; no model may be called so."""


class ModelsPanel(Shelf):
    """Shows the models and says what an administrator wants changed; it changes nothing and asks nothing itself."""

    saved = Signal(object)
    """`ModelFields`"""
    remove_asked = Signal(str)
    try_asked = Signal(str)
    edited = Signal(object)
    """`ModelFields` as they are typed: where it would answer is asked for"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: dict[str, ModelFields] = {}
        self._chosen = ""
        self.add_button = KeyButton(self.tr("Add a model"), symbol="plus", parent=self)
        self.add_button.clicked.connect(self.begin_adding)
        self.put_button(self.add_button)
        self._make_form()
        self.keep(self.form)
        self.explain(
            self.tr(
                "Nothing is sent to any model before a reviewer sends a prompt, and then exactly what is shown. "
                "Keys are kept encrypted in this workspace."
            )
        )
        self.show_models(())

    def _make_form(self) -> None:
        form = self.form = Form()
        self.kinds: dict[str, KeyButton] = {}
        self._group = QButtonGroup(form)
        kinds = QWidget(form)
        row = QHBoxLayout(kinds)
        row.setContentsMargins(0, 0, 0, 0)
        for kind, words, symbol in (
            ("openai", self.tr("OpenAI-compatible endpoint"), "server"),
            ("gemini", self.tr("Gemini on Vertex AI"), "cloud"),
        ):
            button = KeyButton(words, symbol=symbol, parent=kinds)
            button.setCheckable(True)
            self._group.addButton(button)
            self.kinds[kind] = button
            row.addWidget(button)
            button.clicked.connect(self._kind_chosen)
        row.addStretch(1)
        form.row(self.tr("Kind"), kinds)
        self.name = form.line(self.tr("Name here"), example=self.tr("such as “Our server”"))
        self.url = form.line(
            self.tr("Address"),
            example="http://127.0.0.1:8080/v1",
            hint=self.tr("vLLM, llama.cpp, Ollama or another server that speaks the OpenAI protocol."),
        )
        self.project = form.line(self.tr("Google Cloud project"), example=self.tr("the project’s id"))
        self.location = form.line(self.tr("Region"), example="europe-west4")
        self.model = form.line(
            self.tr("Model"),
            hint=self.tr("Its name at the server, or a tuned endpoint (projects/…/endpoints/…)."),
        )
        self.key = form.line(self.tr("Key"), secret=True)
        self.most = form.line(
            self.tr("Sent at most"),
            hint=self.tr("Characters of documents; empty for what fits most models of this kind."),
        )
        self.plain = TickLine(self.tr("http without encryption is all right"), parent=form)
        form.row("", self.plain, self.tr("Only for a network that is protected otherwise."))
        self.save = form.button(self.tr("Save"), key="↵", primary=True)
        self.try_button = form.button(self.tr("Try it"), symbol="send")
        self.remove = form.button(self.tr("Remove"), symbol="trash-2")
        self.cancel = form.button(self.tr("Cancel"), key="Esc")
        self.cancel.clicked.connect(self.put_away)
        self.save.clicked.connect(self._save)
        form.submitted.connect(self._save)
        form.left.connect(self.put_away)
        self.try_button.clicked.connect(self._try)
        self.remove.clicked.connect(lambda: self.remove_asked.emit(self._chosen))
        for line in (self.name, self.url, self.project, self.location, self.model, self.most):
            line.textEdited.connect(self._typed)
        self.plain.toggled.connect(self._typed)

    # what is shown

    def show_models(self, models: tuple[tuple[ModelInfo, ModelFields], ...]) -> None:
        """The models that were added, with where they answer; the one that is always there stands first."""
        engine = Record()
        engine.show_record(
            self.tr("Criteria engine"),
            self.tr("Always there; needs nothing but this computer"),
            symbol="scale",
        )
        engine.say(self.tr("On this computer"), "laptop")
        engine.fix()
        records = [(ENGINE, engine)]
        self._known = {fields.name: fields for _, fields in models}
        for info, fields in models:
            record = Record()
            symbol = "cloud" if fields.kind == "gemini" else "server"
            record.show_record(info.name, info.version, symbol=symbol)
            if info.leaves_computer:
                record.say(self.tr("Leaves this computer: {where}").format(where=info.where), "send", "look")
            else:
                record.say(self.tr("On this computer"), "laptop")
            record.clicked.connect(lambda _checked=False, name=info.name: self.choose(name))
            records.append((info.name, record))
        self.show_records(records)
        if self._chosen and self._chosen not in self._known:
            self.put_away()

    def choose(self, name: str) -> None:
        """Open a model's settings, or put them away."""
        fields = self._known.get(name)
        if fields is None or (name == self._chosen and not self.form.isHidden()):
            self.put_away()
            return
        self._begin(name, fields)
        self.try_button.setFocus()

    def begin_adding(self) -> None:
        """Ask for a new model."""
        self._begin("", ModelFields())
        self.name.setFocus()

    def show_where(self, info: ModelInfo | None) -> None:
        """Where what is typed would answer, before anything is kept or sent."""
        if info is None:
            self.form.say("")
        elif info.leaves_computer:
            words = self.tr("It answers from {where}. What is sent to it leaves this computer.")
            self.form.say(words.format(where=info.where), "look")
        else:
            self.form.say(self.tr("It answers on this computer. Nothing leaves it."), "sure")

    def show_result(self, words: str, role: str) -> None:
        """What came of trying it: `sure` or `wrong`."""
        self.try_button.setEnabled(True)
        self.form.say(words, role)

    def refuse(self, words: str) -> None:
        """Say why it was not done."""
        self.form.say(words)

    def put_away(self) -> None:
        self.key.clear()
        name, self._chosen = self._chosen, ""
        back = self.record(name) if name else self.add_button
        was_open = self.opened is not None
        self.close_form()
        if was_open and back is not None and self.isVisible():
            QTimer.singleShot(0, back, back.setFocus)

    def _begin(self, name: str, fields: ModelFields) -> None:
        self._chosen = name
        self.kinds[fields.kind].setChecked(True)
        for button in self.kinds.values():
            button.setEnabled(not name)
        for line, text in (
            (self.name, fields.name), (self.url, fields.url), (self.project, fields.project),
            (self.location, fields.location), (self.model, fields.model), (self.key, ""),
            (self.most, str(fields.most) if fields.most else ""),
        ):  # fmt: skip
            line.setText(text)
            line.setCursorPosition(0)
        self.name.setEnabled(not name)
        self.key.setPlaceholderText(
            self.tr("a key is kept; type another to change it") if fields.has_key else self.tr("none")
        )
        self.plain.show_state(fields.plain)
        self.try_button.setVisible(bool(name))
        self.try_button.setEnabled(True)
        self.remove.setVisible(bool(name))
        self.form.set_title("" if name else self.tr("A new model"))
        self.form.say("")
        self._show_kind()
        self.open(self.form, name)
        if name:
            self.edited.emit(self.fields)

    @property
    def fields(self) -> ModelFields:
        """What is typed."""
        kind = next(kind for kind, button in self.kinds.items() if button.isChecked())
        gemini = kind == "gemini"
        most = self.most.text().replace(",", "").strip()
        return ModelFields(
            self.name.text().strip(), kind, self.model.text().strip(), "" if gemini else self.url.text().strip(),
            self.project.text().strip() if gemini else "", self.location.text().strip() if gemini else "",
            int(most) if most.isdecimal() else 0, self.plain.isChecked() and not gemini,
            "" if gemini else self.key.text(),
        )  # fmt: skip

    # what is wanted

    def _show_kind(self) -> None:
        gemini = self.kinds["gemini"].isChecked()
        rows: tuple[tuple[QWidget | QLineEdit, bool], ...] = (
            (self.url, not gemini), (self.key, not gemini), (self.plain, not gemini),
            (self.project, gemini), (self.location, gemini),
        )  # fmt: skip
        for editor, shown in rows:
            self.form.show_row(editor, shown)

    def _kind_chosen(self) -> None:
        self._show_kind()
        self._typed()

    def _typed(self) -> None:
        self.edited.emit(self.fields)

    def _save(self) -> None:
        if self.most.text().strip() and not self.fields.most:
            self.form.say(self.tr("“Sent at most” is a number of characters."))
            self.most.setFocus()
            return
        self.saved.emit(self.fields)

    def _try(self) -> None:
        self.try_button.setEnabled(False)
        self.form.say(self.tr("Asking it for one word, without anything of any case…"), "muted")
        self.try_asked.emit(self._chosen)
