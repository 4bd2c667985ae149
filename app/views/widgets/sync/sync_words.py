"""How a desk stands with the shared queue, in words: short for the rail, whole for the page that lists what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QTimeZone

from app.domain.change import Action
from app.domain.sync import Link, SyncState, WaitingFor, WaitingItem
from app.views.widgets.chip import Chip

NO_BREAK = "\u00a0"
KEY = "F5"
"""Opens the list of what waits; there it tries at once."""


@dataclass(frozen=True, slots=True)
class StateWords:
    """A state for the screen: `words` are few, `whole` says all of it in sentences."""

    words: str
    symbol: str
    role: str = "muted"
    whole: str = ""


def tr(text: str) -> str:
    return QCoreApplication.translate("Sync", text)


def clock_time(at: datetime, today: datetime | None = None) -> str:
    """A moment in the desk's own time: `14:02`, with the day where it was not today."""
    zone = QTimeZone.systemTimeZone()
    moment = QDateTime.fromMSecsSinceEpoch(round(at.timestamp() * 1000), zone)
    now = (
        QDateTime.currentDateTime()
        if today is None
        else QDateTime.fromMSecsSinceEpoch(round(today.timestamp() * 1000), zone)
    )
    locale = QLocale()
    clock = locale.toString(moment.time(), QLocale.FormatType.ShortFormat)
    if moment.date() == now.date():
        return clock
    day = locale.toString(moment.date(), QLocale.FormatType.ShortFormat)
    return f"{day.replace(' ', NO_BREAK)} {clock}"


def changes_words(count: int) -> str:
    """`1 change`, `3 changes`."""
    return tr("1 change") if count == 1 else tr("{count} changes").format(count=count)


def conflicts_words(count: int) -> str:
    return tr("1 conflict") if count == 1 else tr("{count} conflicts").format(count=count)


def state_words(state: SyncState, sent: int = 0, total: int = 0, today: datetime | None = None) -> StateWords:
    """A state for the rail: what a person has to do first, then what the program does, then that all is well.

    `sent` of `total` have gone since sending began.
    """
    short = _short(state, sent, total, today)
    return StateWords(short.words, short.symbol, short.role, whole_words(state, today))


def _short(state: SyncState, sent: int, total: int, today: datetime | None) -> StateWords:
    if state.link is Link.LOCAL:
        return StateWords(tr("Kept on this computer"), "hard-drive")
    if state.link is Link.STOPPED:
        return StateWords(tr("Sending has stopped"), "circle-alert", "wrong")
    if state.link is Link.SIGN_IN:
        if state.waiting:
            words = tr("Sign in to send {changes}").format(changes=changes_words(state.waiting))
        else:
            words = tr("Sign in to go on")
        return StateWords(words, "user", "look")
    if state.parked:
        words = tr("1 refused") if state.parked == 1 else tr("{count} refused").format(count=state.parked)
        return StateWords(words, "circle-alert", "wrong")
    if state.conflicts:
        return StateWords(conflicts_words(state.conflicts), "git-compare", "look")
    if _is_beginning(state):
        return StateWords(tr("Asking the shared queue"), "loader")
    if state.link is Link.OFFLINE:
        if state.waiting == 1:
            return StateWords(tr("1 change waits for the network"), "cloud-off", "look")
        if state.waiting:
            words = tr("{count} changes wait for the network").format(count=state.waiting)
            return StateWords(words, "cloud-off", "look")
        return StateWords(tr("No network, nothing waits"), "cloud-off")
    if state.link is Link.SENDING or state.waiting:
        if total > 1:
            words = tr("Sending {number} of {total}").format(number=min(sent + 1, total), total=total)
        else:
            words = tr("Sending")
        return StateWords(words, "send")
    if state.synced_at is not None:
        words = tr("All changes sent · {time}").format(time=clock_time(state.synced_at, today))
        return StateWords(words, "cloud-check")
    return StateWords(tr("All changes sent"), "cloud-check")


def _is_beginning(state: SyncState) -> bool:
    """Whether nothing was asked of the shared queue yet: there is no knowing whether there is a network."""
    return (
        state.link is Link.OFFLINE and state.synced_at is None and state.retry_at is None and not state.reason
    )


def whole_words(state: SyncState, today: datetime | None = None) -> str:
    """Everything a state says, in sentences."""
    if state.link is Link.LOCAL:
        return tr("Everything is kept on this computer, and nothing leaves it.")
    said: list[str] = []
    if state.link is Link.STOPPED:
        said.append(state.reason or tr("Sending has stopped."))
        said.append(state.next_step)
    elif state.link is Link.SIGN_IN:
        said.append(tr("Nobody is signed in. Editing goes on; what changes here is kept until somebody is."))
    elif _is_beginning(state):
        said.append(tr("The shared queue is asked for the first time."))
    elif state.link is Link.OFFLINE:
        said.append(tr("There is no network. Editing goes on; nothing is lost."))
        if state.retry_at is not None:
            said.append(tr("It is tried again at {time}.").format(time=clock_time(state.retry_at, today)))
    if state.waiting:
        said.append(
            tr("1 change has not been sent.")
            if state.waiting == 1
            else tr("{count} changes have not been sent.").format(count=state.waiting)
        )
    if state.uploads:
        said.append(
            tr("1 file is on its way.")
            if state.uploads == 1
            else tr("{count} files are on their way.").format(count=state.uploads)
        )
    if state.parked:
        said.append(
            tr("1 was refused: somebody has to say what becomes of it.")
            if state.parked == 1
            else tr("{count} were refused: somebody has to say what becomes of them.").format(
                count=state.parked
            )
        )
    if state.conflicts:
        said.append(
            tr("1 conflict is to be settled.")
            if state.conflicts == 1
            else tr("{count} conflicts are to be settled.").format(count=state.conflicts)
        )
    if not said:
        said.append(tr("All changes have been sent."))
    if state.synced_at is not None:
        said.append(
            tr("The shared queue was last heard from at {time}.").format(
                time=clock_time(state.synced_at, today)
            )
        )
    return " ".join(part for part in said if part)


def why_chip(item: WaitingItem) -> Chip:
    """Why a change waits: symbol and word."""
    match item.waiting_for:
        case WaitingFor.NETWORK:
            return Chip("cloud-off", tr("No network"))
        case WaitingFor.SIGN_IN:
            return Chip("user", tr("Sign-in"), "look")
        case WaitingFor.UPLOAD:
            return Chip("file-text", tr("File goes first"))
        case WaitingFor.PERSON:
            return Chip("git-compare", tr("Conflict"), "look")
        case WaitingFor.REFUSED:
            return Chip("circle-alert", tr("Refused"), "wrong")
        case WaitingFor.ASIDE:
            return Chip("circle-alert", tr("Set aside"), "wrong")
        case _:
            return Chip("clock", tr("Its turn comes"))


def why_words(item: WaitingItem, today: datetime | None = None) -> str:
    """Why a change waits and what to do about it, in a sentence or two."""
    match item.waiting_for:
        case WaitingFor.NETWORK:
            if item.retry_at is not None:
                again = clock_time(item.retry_at, today)
                return tr("It waits for the network and is tried again at {time}.").format(time=again)
            return tr("It waits for the network and goes by itself.")
        case WaitingFor.SIGN_IN:
            return item.reason or tr("It goes as soon as somebody is signed in.")
        case WaitingFor.UPLOAD:
            return tr("A file of this case is sent first; it follows by itself.")
        case WaitingFor.PERSON:
            return tr("The same was changed elsewhere. Settle the conflict; then it goes.")
        case WaitingFor.REFUSED:
            words = f"{item.reason} {item.next_step}".strip()
            return words or tr("The service refused it and gave no reason.")
        case WaitingFor.ASIDE:
            words = f"{item.reason} {item.next_step}".strip()
            return words or tr(
                "A case of the shared queue that this version does not understand. Nothing here waits for it."
            )
        case _:
            return tr("It goes when those before it have gone.")


def action_words(action: str) -> str:
    """What was done, for a list: a few words for every action there is."""
    words = {
        Action.RECEIVED: tr("Received"),
        Action.READING: tr("Reading begun"),
        Action.READ: tr("Form read"),
        Action.READ_AGAIN: tr("To be read again"),
        Action.UNREADABLE: tr("Found unreadable"),
        Action.CONFIRMED: tr("Value confirmed"),
        Action.CORRECTED: tr("Value corrected"),
        Action.ILLEGIBLE: tr("Marked illegible"),
        Action.NOT_APPLICABLE: tr("Marked not applicable"),
        Action.RESTORED: tr("Back as it was read"),
        Action.ROW_ADDED: tr("Row added"),
        Action.ROW_REMOVED: tr("Row removed"),
        Action.VERIFIED: tr("Case verified"),
        Action.REOPENED: tr("Case opened again"),
        Action.UNDONE: tr("Taken back"),
        Action.REDONE: tr("Done again"),
        Action.IMPORTED: tr("Imported"),
        Action.ATTACHED: tr("Document attached"),
        Action.DETACHED: tr("Document taken off"),
        Action.ASSIGNED: tr("Request assigned"),
        Action.FILED: tr("Filed"),
        Action.STATED: tr("Fact stated"),
        Action.MARKED: tr("Criterion marked"),
        Action.PINNED: tr("Passage pinned"),
        Action.REVIEWED: tr("Answer of a model kept"),
        Action.PROPOSED_DISMISSAL: tr("Dismissal proposed"),
        Action.DETERMINED: tr("Determination"),
        Action.LETTERED: tr("Letter written"),
    }
    known: dict[str, str] = {str(key): value for key, value in words.items()}
    known |= {
        "settled": tr("Conflict settled"),
        "upload": tr("File to send"),
        "set_aside": tr("Case set aside"),
        "merged": tr("Joined"),
    }
    return known.get(action) or action.replace("_", " ").capitalize()


def waiting_places(items: tuple[WaitingItem, ...]) -> tuple[tuple[WaitingItem, ...], ...]:
    """What waits, case by case: those a person has to do something about first, then in the order of their time."""
    cases: dict[str, list[WaitingItem]] = {}
    for item in items:
        cases.setdefault(item.case_id, []).append(item)
    asking = (WaitingFor.REFUSED, WaitingFor.PERSON)
    ordered = sorted(
        cases.values(), key=lambda group: (not any(i.waiting_for in asking for i in group), group[0].at)
    )
    return tuple(tuple(group) for group in ordered)
