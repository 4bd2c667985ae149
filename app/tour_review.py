"""The review on a tour: a nurse and a physician take the sample requests from the queue to determinations."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.domain.determination import Outcome
from app.domain.role import Role
from app.tour_desk import SHOWN_SECONDS, Cases, Desk
from app.tour_walk import PASSPHRASE, Album, Stuck, Walk, on_screen, pause, wait_until
from app.views.review_side import ANSWER, GUIDELINES, HISTORY
from app.views.widgets.review.determination_parts import PickLine
from app.views.widgets.review.evidence_mime import to_mime
from app.workstation import Settings, Workstation

NURSE, PHYSICIAN, CHIEF = "nurse", "physician", "chief"
PEOPLE = (
    (CHIEF, "Sample administrator", Role.ADMINISTRATOR),
    (NURSE, "Sample nurse, RN", Role.UR_SPECIALIST),
    (PHYSICIAN, "Sample physician, MD", Role.PHYSICIAN),
)
PUMP, OXYGEN, CPAP, WHEELCHAIR = "insulin-pump", "oxygen-copy", "cpap-handwritten", "power-wheelchair"


def make_people(workstation: Workstation) -> None:
    """The users of the tour; the first is the administrator."""
    access, by = workstation.access, workstation.person
    for name, title, role in PEOPLE:
        workstation.in_store(access.add, name, title, (role,), PASSPHRASE, by)
        if not access.me.name:
            workstation.in_store(access.sign_in, name, PASSPHRASE)
            by = name


def review_requests(place: Settings, key: bytes, out: Album, cases: Cases) -> None:
    """Walk the review as a nurse, as a physician, then sign in as the administrator; pictures go on in the album."""
    with on_screen(place, key, NURSE) as walk:
        out.window = walk.window
        desk = Desk(walk, out, cases)
        _queue(desk)
        _pump(desk)
        _letter_with_orders(desk)
        _approve(desk)
        _refer(desk)
        _search(desk)
    with on_screen(place, key, PHYSICIAN) as walk:
        out.window = walk.window
        _physician(Desk(walk, out, cases))
    with on_screen(place, key) as walk:
        out.window = walk.window
        _administrator(Desk(walk, out, cases))


def take_review(walk: Walk, album: Album) -> None:
    """The queue of the review and its requests as they stand; none is asked about."""
    window = walk.window
    window.show_room("review")
    walk.settle()
    cases = window.review.queue_model.case_ids
    if not cases:
        return
    album.take("review-queue", "The requests in review", "Every verified form is a request.")
    desk = Desk(walk, album, {case_id: case_id for case_id in cases})
    for case_id in cases:
        desk.open(case_id)
        desk.key(Qt.Key.Key_Backslash, Qt.KeyboardModifier.ControlModifier)
        album.take("review", "A request with what is proposed", "The form beside the policy, and the answer.")


def _queue(desk: Desk) -> None:
    window = desk.walk.window
    window.show_room("review")
    model = window.review.queue_model
    wait_until(lambda: len(model.case_ids) >= len(desk.cases), "the requests stand in the queue")
    desk.settle()
    desk.take(
        "review-queue",
        "The review: what has the least time left is on top",
        "Every verified form is a request in the queue: who, what is asked for, how much time is left, who has it.",
    )


def _pump(desk: Desk) -> None:
    desk.open(PUMP)
    note = desk.found("multiple daily injections")
    desk.walk.window.review.screen.show_document(note.document)
    desk.settle()
    desk.key(Qt.Key.Key_Backslash, Qt.KeyboardModifier.ControlModifier)
    desk.take(
        "review-open",
        "A request with its notes beside the policy",
        "On top what is asked for and the clock. Any two of form, notes and policy stand side by side. What the "
        "form does not say is loud in the prompt.",
    )
    _slot(desk)
    desk.ask()
    desk.take(
        "recommendation",
        "The recommendation says what is met, what is not, and on what it turns",
        "Each criterion with the words it rests on. C-peptide is pending: information is missing. The engine on this "
        "computer answered; nothing left it.",
    )
    row = desk.row("education")
    row.setFocus()
    desk.key(Qt.Key.Key_Return)
    desk.take(
        "quote",
        "A quote opens where it stands",
        "Enter or a click on a quote opens the page with its words marked. Alt+Left goes back.",
    )
    _drop(desk)
    _mark(desk)
    desk.ask()
    desk.click(desk.side.answer.compare)
    desk.take(
        "compare",
        "An answer beside the one before",
        "Every answer is kept. “Compare with previous” says which criteria changed, and because of what.",
    )
    _find_and_guidelines(desk)
    _pend(desk)


def _slot(desk: Desk) -> None:
    chips = desk.side.prompt.chips.chips
    chip = next((c for c in chips if "reatment" in c.accessibleName() or "reatment" in c.text()), None)
    if chip is not None:
        desk.click(chip)
        desk.take(
            "slot",
            "A slot waits for words",
            "The slot that is empty was clicked: the next words chosen in any document fill it, with their place.",
        )
    desk.choose_words("insulin glargine at bedtime and insulin lispro with each meal")
    desk.take(
        "slot-filled",
        "Words from the notes fill the slot",
        "What was dragged over stands in the prompt, and leads back to the page.",
    )


def _drop(desk: Desk) -> None:
    """Carry words from the page onto a criterion."""
    desk.choose_words("C-peptide was ordered, result pending")
    evidence = desk.page.evidence
    if evidence is None:
        raise Stuck("nothing is chosen on the page")
    row = desk.row("autoantibody")
    carried = to_mime(evidence)  # kept here: the event does not own it
    drop = QDropEvent(
        QPointF(row.rect().center()), Qt.DropAction.CopyAction, carried,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    row.dropEvent(drop)
    wait_until(lambda: bool(desk.walk.window.review.review_model.pins), "the words are pinned")
    desk.settle()
    desk.take(
        "pinned",
        "Words are dragged onto a criterion",
        "What is chosen on a page is carried to the criterion it speaks to: it is pinned to the case as evidence.",
    )


def _mark(desk: Desk) -> None:
    row = desk.row("autoantibody")
    row.setFocus()
    desk.key(Qt.Key.Key_N)
    desk.walk.type("No antibody test was sent with the request.")
    desk.take(
        "mark",
        "A person's word on a criterion",
        "M says that it is met, N that it is not, with a reason or with evidence. U takes it back.",
    )
    desk.key(Qt.Key.Key_Return)


def _find_and_guidelines(desk: Desk) -> None:
    side = desk.side
    desk.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    desk.walk.type("C-peptide")
    pause(400)
    desk.settle()
    desk.take(
        "find",
        "Find looks in all documents of the request and in its policy",
        "Ctrl+F: every place with the words around it; F3 goes on to the next, whichever document it is in.",
    )
    desk.key(Qt.Key.Key_Escape)
    tab = next(t for t in side.tabs.tabs if t.name == GUIDELINES)
    desk.click(tab)
    panel = desk.walk.window.review.guidelines.panel
    panel.focus_field()
    QTest.keyClicks(panel.field, "fasting cpeptide")
    wait_until(lambda: panel.list.model().rowCount() > 0, "something is found", SHOWN_SECONDS)
    pause(400)
    desk.settle()
    desk.take(
        "guidelines",
        "Guidelines beside the request",
        "Search as you type over policies, guidelines and the notes of this request; misspellings and abbreviations "
        "are understood. Enter opens the page, Ctrl+P pins the passage.",
    )
    side.show_tab(ANSWER)
    desk.settle()


def _pend(desk: Desk) -> None:
    desk.begin(Outcome.PEND)
    form = desk.side.bar.form
    picks = [pick for pick in form.findChildren(PickLine) if pick.isVisible()]
    if picks:
        desk.click(picks[0], QPoint(12, picks[0].height() // 2))
    desk.reason(
        "We cannot decide yet. We need the result of the blood test for C-peptide that your doctor ordered."
    )
    desk.take(
        "pend",
        "Pend for information",
        "What is missing is picked, with a day by which it has to come. A meter says how plain the reason reads.",
    )
    desk.click(form.letter)
    letter = desk.side.letter
    wait_until(lambda: bool(letter.pages.pages), "the letter is drawn", SHOWN_SECONDS)
    desk.settle()
    desk.take(
        "letter",
        "The letter as it will be printed",
        "Drafted from a template. What the payer has not filled in yet is red, and the letter says that it is a draft.",
    )
    desk.click(letter.back)
    desk.sign()
    desk.take(
        "pended",
        "It waits for information, and the clock goes on",
        "Who decided and when stands with the request.",
    )


def _letter_with_orders(desk: Desk) -> None:
    desk.open(WHEELCHAIR)
    desk.ask()
    desk.take(
        "orders",
        "A letter that gives orders to the machine",
        "Words that try to instruct whoever reads them are shown as what they are, and change nothing.",
    )


def _approve(desk: Desk) -> None:
    desk.open(OXYGEN)
    desk.ask()
    desk.take(
        "met",
        "Everything is documented",
        "Every criterion is met by words that stand in the documents. It is still a proposal: a person decides.",
    )
    desk.begin(Outcome.APPROVE)
    desk.reason("Your oxygen level is low at rest. Oxygen at home is covered.")
    desk.take(
        "approve",
        "Approve, with a reason",
        "Countersigning takes a second hand: Ctrl+Shift+Enter, or the button.",
    )
    desk.sign()
    desk.take(
        "approved",
        "Approved, with a receipt",
        "What was on screen, what was proposed and by which versions is kept for ever: `countersign receipt CASE`.",
    )


def _refer(desk: Desk) -> None:
    desk.open(CPAP)
    desk.ask()
    desk.take(
        "not-met",
        "A criterion is not met",
        "The policy's own words say why. A nurse may approve with a reason for each open criterion, pend, or refer.",
    )
    if Outcome.DENY in desk.side.bar.offered():
        raise Stuck("a nurse is offered to deny")
    desk.begin(Outcome.REFER)
    desk.reason("The sleep study shows 3 events an hour. The policy asks for 5 or more.")
    desk.sign()
    desk.take(
        "referred",
        "Referred to a physician",
        "Only a physician may decide against a request; a nurse is not even offered to.",
    )


def _search(desk: Desk) -> None:
    window = desk.walk.window
    window.show_room("search")
    panel = window.search.panel
    QTest.keyClicks(panel.field, "home oxygen saturation at rest")
    wait_until(lambda: panel.list.model().rowCount() > 0, "something is found", SHOWN_SECONDS)
    desk.key(Qt.Key.Key_Down)
    pause(600)
    desk.settle()
    desk.take(
        "search", "The search in a room of its own", "Over everything indexed, with the page of each hit."
    )


def _physician(desk: Desk) -> None:
    window = desk.walk.window
    window.show_room("review")
    desk.settle()
    desk.open(CPAP)
    desk.take(
        "held",
        "Somebody else has the request",
        "A request is opened by one person at a time; who has it is said, and it can be taken over.",
    )
    take_over = [
        b for b in window.review.screen.notice.findChildren(QPushButton) if b.isVisible() and b.text()
    ]
    desk.click(take_over[0])
    wait_until(lambda: Outcome.DENY in desk.side.bar.offered(), "the request is mine")
    desk.begin(Outcome.DENY)
    desk.take(
        "physician",
        "A decision against a request takes a physician who has opened the evidence",
        "What the recommendation rests on has to be opened first: each document, and the policy.",
    )
    bar = desk.side.bar
    for _ in range(6):
        left = desk.to_open()
        if not left:
            break
        desk.click(left[0].button)
        desk.wait_for_fewer(len(left))
    desk.reason(
        "You breathe well enough during sleep. The test found 3 pauses an hour. The plan covers this machine from 5 "
        "pauses an hour."
    )
    desk.take(
        "deny", "The physician's reason", "The criteria that the letter names are picked from the policy."
    )
    desk.click(bar.form.letter)
    letter = desk.side.letter
    wait_until(lambda: bool(letter.pages.pages), "the letter is drawn", SHOWN_SECONDS)
    desk.settle()
    desk.take(
        "denial-letter",
        "The letter quotes the policy and says how to appeal",
        "In words the member understands.",
    )
    desk.click(letter.back)
    criteria = [pick for pick in bar.form.findChildren(PickLine) if pick.isVisible()]
    if criteria:
        desk.click(criteria[0], QPoint(12, criteria[0].height() // 2))
    desk.sign()
    history = next(t for t in desk.side.tabs.tabs if t.name == HISTORY)
    desk.click(history)
    desk.take(
        "decided",
        "Decided by a physician, in the physician's name",
        "The history of the request says who was asked what, and who decided what.",
    )


def _administrator(desk: Desk) -> None:
    """Signing in by hand, then the rooms that are an administrator's."""
    window = desk.walk.window
    page = window.gate.page
    wait_until(lambda: window.gate.is_shut and page.isVisible(), "somebody has to sign in")
    page.name.clear()
    QTest.keyClicks(page.name, CHIEF)
    QTest.keyClick(page.name, Qt.Key.Key_Return)
    QTest.keyClicks(page.passphrase, "not the passphrase")
    QTest.keyClick(page.passphrase, Qt.Key.Key_Return)
    wait_until(lambda: bool(page.remark.text()), "the wrong passphrase is refused")
    desk.settle()
    desk.take(
        "sign-in",
        "Where there are users, somebody signs in",
        "Nothing of any case is shown before. A wrong passphrase is told in words. Ctrl+Alt+L locks at once.",
    )
    page.passphrase.clear()
    QTest.keyClicks(page.passphrase, PASSPHRASE)
    QTest.keyClick(page.passphrase, Qt.Key.Key_Return)
    wait_until(lambda: not window.gate.is_shut, "the administrator is in")
    desk.settle()
    window.show_room("policies")
    desk.settle()
    desk.take(
        "policies",
        "Policies: criteria beside the text they were read out of",
        "Every version is kept. A file is added, edited with a live check, published and compared.",
    )
    window.show_room("settings")
    desk.settle()
    desk.take(
        "people-and-models",
        "Settings of an administrator: people, models, what is kept",
        "Who may do what, who may be asked and where that answers, whether examples are kept.",
    )
