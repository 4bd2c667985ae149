"""Where the bar of a person's decision meets its model, with the letter that goes out about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from app.domain.case import Case
from app.domain.determination import Determination, Outcome
from app.domain.errors import Actionable
from app.services.ports import Picture
from app.views import messages
from app.views.models.determination_model import DeterminationModel, Standing
from app.views.models.letter_desk import ShownLetter
from app.views.widgets.review.determination_bar import DeterminationBar
from app.views.widgets.review.determination_words import Decision, done_words
from app.views.widgets.review.evidence_place import Places
from app.views.widgets.review.letter_preview import LetterPreview


def ask_for_file(parent: QWidget, name: str) -> str:
    """Where to save a letter; "" when the person left it."""
    found, _ = QFileDialog.getSaveFileName(parent, "", name, "PDF (*.pdf)")
    return found


class ReviewDecision(QObject):
    """Wires a bar and the preview of letters to a model. What is decided comes from the bar alone."""

    begun = Signal()
    stood = Signal()
    """where the case stands has changed"""
    decided = Signal(object)
    """`Case`"""
    letter_wanted = Signal()
    letter_left = Signal()
    said = Signal(str, str, str)

    def __init__(
        self,
        bar: DeterminationBar,
        letter: LetterPreview,
        model: DeterminationModel,
        file_asked: Callable[[QWidget, str], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.bar, self.letter, self.model = bar, letter, model
        self._file_asked = file_asked
        self._places = Places()
        self._line = ""
        bar.signed.connect(model.decide)
        bar.letter_wanted.connect(model.show_letter)
        bar.reason_edited.connect(model.type_reason)
        bar.begun.connect(self._begin)
        bar.left.connect(model.end)
        bar.set_letters(model.has_letters)
        model.person_changed.connect(bar.show_person)
        model.standing_changed.connect(self._show_standing)
        model.reason_restored.connect(bar.restore_reason)
        model.unopened_changed.connect(self._show_unopened)
        model.busy_changed.connect(bar.set_busy)
        model.decided.connect(self._show_decided)
        model.refused.connect(self._refuse)
        model.letter_begun.connect(self._begin_letter)
        model.letter_shown.connect(self._show_letter)
        model.letter_failed.connect(lambda error: letter.show_trouble(*messages.text(error)))
        model.letter_saved.connect(self._tell_saved)
        letter.closed.connect(self.letter_left)
        letter.exported.connect(self._export)

    @property
    def made(self) -> tuple[Determination, ...]:
        """Every determination that stands, oldest first."""
        return self.model.standing.decided if self.model.standing is not None else ()

    def show_places(self, places: Places) -> None:
        """What the documents are called that have to be opened."""
        self._places = places

    def show_line(self, line_id: str) -> None:
        """The line of the request that is in sight."""
        self._line = line_id
        if self.model.standing is not None:
            self.bar.show_lines(self.model.standing.lines, line_id)

    def _show_standing(self, standing: Standing) -> None:
        self.bar.show_lines(standing.lines, self._line)
        if standing.unconfirmed:
            names = ", ".join(dict.fromkeys(one.title or one.by for one in standing.unconfirmed))
            self.said.emit(
                "look",
                self.tr(
                    "A determination under the name of {who} is not confirmed: it counts for nothing."
                ).format(who=names),
                self.tr(
                    "Decide anew, or tell your administrator: the service of your organization did not sign it."
                ),
            )
        self.stood.emit()

    def _begin(self, outcome: Outcome) -> None:
        self.bar.show_unopened(())
        self.model.begin(outcome)
        self.begun.emit()

    def _show_unopened(self, documents: tuple[str, ...]) -> None:
        self.bar.show_unopened([(name, self._places.document(name)) for name in documents])

    def _show_decided(self, decision: Decision, case: Case) -> None:
        self.bar.recorded()
        what = self.tr("{what} and recorded under your name.").format(what=done_words(decision.outcome))
        self.said.emit("sure", what, "")
        self.decided.emit(case)

    def _refuse(self, error: Actionable) -> None:
        what, step = messages.text(error)
        self.bar.refuse(Actionable(what, step, code=error.code))

    # The letter

    def _begin_letter(self) -> None:
        self.letter.show_waiting()
        self.letter_wanted.emit()

    def _show_letter(self, letter: ShownLetter) -> None:
        note = ""
        if letter.missing:
            missing = ", ".join(part.replace("_", " ") for part in letter.missing)
            note = self.tr("Still missing, so it cannot go out: {what}.").format(what=missing)
        elif letter.letter is None:
            note = self.tr("A draft: it goes out once it is countersigned.")
        self.letter.show_pages(letter.title, note, [_image(page) for page in letter.pages])

    def _tell_saved(self, path: str) -> None:
        self.said.emit("sure", self.tr("The letter is saved: {path}").format(path=path), "")

    def _export(self) -> None:
        path = self._file_asked(self.letter, self.tr("letter.pdf"))
        if path:
            self.model.save_letter(path)


def _image(picture: Picture) -> QImage:
    """The pixels of a page as a picture of its own."""
    found = QImage(
        picture.pixels, picture.width, picture.height, 3 * picture.width, QImage.Format.Format_RGB888
    )
    return found.copy()
