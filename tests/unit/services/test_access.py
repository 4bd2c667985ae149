"""Users: who may come in, what the roles allow at every door, and that nobody acts under another's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.case import IntakeStatus
from app.domain.change import MISSING, Action, Change, Write, inverse
from app.domain.determination import RIGHT_FOR, Determination, Outcome, determination_document
from app.domain.errors import Actionable, Rejected, SignInRequired
from app.domain.processor import FormDefinition
from app.domain.role import RIGHTS, NotAllowed, Right, Role
from app.services.access import FREE_TRIES, Access, NoSuchUser, VerifierCost
from app.services.change_log import OF_MACHINES, RIGHT_TO
from app.services.store.store import Store
from app.workstation import Workstation
from tests.scripted import a_pdf, a_workstation, an_extraction, read_field

CHEAP = VerifierCost(memory=8, rounds=1, lanes=1)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASS = "a passphrase of a test"
NAMES = {role: f"the {role}" for role in Role}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "w", b"k" * 32)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(store: Store, clock: Clock) -> Access:
    return Access(store, "somebody", clock, CHEAP)


def with_admin(access: Access) -> None:
    access.add("ada", "Ada Admin", (), PASS, "somebody")
    access.sign_in("ada", PASS)


def actions(store: Store) -> list[str]:
    return [entry.action for entry in store.audit_entries()]


def test_without_users_nobody_signs_in_and_the_name_given_stands(access: Access) -> None:
    assert not access.has_users
    assert access.me.name == "somebody"
    access.work_as("somebody else")
    assert access.me.name == "somebody else"
    assert access.check("whoever", Right.ADMINISTER).name == "whoever"
    with pytest.raises(NotAllowed):
        access.check("whoever", Right.DECIDE_AGAINST)


def test_the_first_user_is_an_administrator_whatever_else_they_are(access: Access) -> None:
    person = access.add("nora", "Nora Nurse", (Role.UR_SPECIALIST,), PASS, "somebody")
    assert person.roles == (Role.UR_SPECIALIST, Role.ADMINISTRATOR)
    assert access.me.name == ""
    assert not any(access.me.may(right) for right in Right)
    with pytest.raises(SignInRequired, match="--user NAME"):
        access.check("somebody", Right.TAKE_IN)


def test_who_signed_in_is_who_acts_and_no_other_name_is_taken(access: Access, store: Store) -> None:
    with_admin(access)
    assert access.check("ada", Right.ADMINISTER).title == "Ada Admin"
    with pytest.raises(NotAllowed, match="somebody else's name"):
        access.check("nora", Right.ADMINISTER)
    with pytest.raises(NotAllowed):
        access.check("ada", Right.TAKE_IN)
    access.sign_out()
    with pytest.raises(SignInRequired):
        access.check("ada", Right.ADMINISTER)
    assert actions(store)[-4:] == ["signed_in", "refused", "refused", "signed_out"]
    assert PASS not in str(store.audit_entries())


def test_the_trail_is_ones_own_and_an_administrators_is_everybodys(access: Access) -> None:
    with_admin(access)
    access.add("nora", "", (Role.UR_SPECIALIST,), PASS, "ada")
    assert {e.by for e in access.trail("ada")} == {"somebody", "ada"}
    access.sign_in("nora", PASS)
    assert [(e.action, e.by) for e in access.trail("nora")] == [("signed_in", "nora")]
    with pytest.raises(NotAllowed):
        access.trail("ada")


def test_an_unknown_name_and_a_wrong_passphrase_get_the_same_answer(access: Access, store: Store) -> None:
    with_admin(access)
    said = []
    for name, passphrase in (("ada", "not this one"), ("nobody", PASS)):
        with pytest.raises(Rejected) as caught:
            access.sign_in(name, passphrase)
        said.append((str(caught.value), caught.value.code))
    assert said[0] == said[1]
    assert [e.by for e in store.audit_entries() if e.action == "sign_in_refused"] == ["ada", "unknown"]


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_some_wrong_tries_even_the_right_one_has_to_wait(
    access: Access, clock: Clock, store: Store, name: str
) -> None:
    with_admin(access)
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(Rejected, match="wrong\\."):
            access.sign_in(name, "wrong wrong")
    with pytest.raises(Rejected, match="too often") as caught:
        access.sign_in(name, PASS)
    assert caught.value.code == "sign_in_slow"
    again = Access(store, "somebody", clock, CHEAP)  # another program does not forget it
    with pytest.raises(Rejected, match="too often"):
        again.sign_in(name, PASS)
    clock.now += timedelta(seconds=61)
    if name == "ada":
        assert again.sign_in(name, PASS).name == "ada"
        with pytest.raises(Rejected, match="wrong\\."):
            again.sign_in(name, "wrong wrong")  # and is forgotten by signing in


def test_waiting_grows_and_ends_at_a_minute(access: Access, clock: Clock) -> None:
    with_admin(access)
    waits = []
    for _ in range(14):
        with pytest.raises(Rejected):
            access.sign_in("ada", "wrong wrong")
        with pytest.raises(Rejected) as caught:
            access.sign_in("ada", "wrong wrong")
        slow = caught.value.code == "sign_in_slow"
        waits.append(int(caught.value.params["count"]) if slow else 0)
        clock.now += timedelta(seconds=61)
    assert waits == sorted(waits)
    assert 0 < max(waits) <= 61


def test_a_name_is_one_person_whatever_its_case(access: Access) -> None:
    with_admin(access)
    for taken in ("ada", "ADA", " Ada "):
        with pytest.raises(Rejected, match="name already"):
            access.add(taken, "", (Role.PHYSICIAN,), PASS, "ada")


@pytest.mark.parametrize("name", ["", "   ", "reader", "Program", "unknown", "a\nb", "x" * 65])
def test_names_that_cannot_be_told_apart_are_refused(access: Access, name: str) -> None:
    with pytest.raises(Rejected) as caught:
        access.add(name, "", (Role.PHYSICIAN,), PASS, "somebody")
    assert caught.value.next_step
    assert not access.has_users


def test_a_short_passphrase_and_no_role_are_refused(access: Access) -> None:
    with pytest.raises(Rejected, match="8 characters"):
        access.add("ada", "", (), "short", "somebody")
    with_admin(access)
    with pytest.raises(Rejected, match="at least one role"):
        access.add("nora", "", (), PASS, "ada")


def test_only_an_administrator_makes_and_changes_users(access: Access) -> None:
    with_admin(access)
    access.add("nora", "Nora", (Role.UR_SPECIALIST,), PASS, "ada")
    access.sign_in("nora", PASS)
    for attempt in (
        lambda: access.add("mallory", "", (Role.PHYSICIAN,), PASS, "nora"),
        lambda: access.add("mallory", "", (Role.PHYSICIAN,), PASS, "ada"),
        lambda: access.change("nora", "nora", roles=(Role.PHYSICIAN,)),
        lambda: access.change("ada", "nora", active=False),
        lambda: access.set_passphrase("ada", "another passphrase", "nora"),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert [p.roles for p in access.people()] == [(Role.ADMINISTRATOR,), (Role.UR_SPECIALIST,)]


def test_the_last_administrator_stays_one(access: Access) -> None:
    with_admin(access)
    access.add("nora", "", (Role.UR_SPECIALIST,), PASS, "ada")
    for change in ({"active": False}, {"roles": (Role.PHYSICIAN,)}):
        with pytest.raises(Rejected, match="No administrator would be left"):
            access.change("ada", "ada", **change)
    access.change("nora", "ada", roles=(Role.UR_SPECIALIST, Role.ADMINISTRATOR))
    access.change("ada", "ada", active=False)
    with pytest.raises(SignInRequired):
        access.check("ada", Right.ADMINISTER)
    with pytest.raises(Rejected, match="wrong"):
        access.sign_in("ada", PASS)


def test_a_change_of_roles_counts_at_once_in_every_program(
    access: Access, store: Store, clock: Clock
) -> None:
    with_admin(access)
    access.add("nora", "", (Role.UR_SPECIALIST,), PASS, "ada")
    elsewhere = Access(store, "somebody", clock, CHEAP)
    elsewhere.sign_in("nora", PASS)
    elsewhere.check("nora", Right.REVIEW)
    access.change("nora", "ada", roles=(Role.CASE_MANAGER,))
    with pytest.raises(NotAllowed):
        elsewhere.check("nora", Right.REVIEW)
    access.change("nora", "ada", active=False)
    with pytest.raises(SignInRequired):
        elsewhere.check("nora", Right.TAKE_IN)


def test_users_made_by_another_program_end_the_time_without_users(
    access: Access, store: Store, clock: Clock
) -> None:
    elsewhere = Access(store, "somebody", clock, CHEAP)
    with_admin(access)
    with pytest.raises(SignInRequired):
        elsewhere.check("somebody", Right.TAKE_IN)
    with pytest.raises(SignInRequired):
        elsewhere.add("mallory", "", (), PASS, "somebody")


def test_of_two_first_users_made_at_once_only_one_is(
    access: Access, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Access(store, "somebody", clock, CHEAP)
    verifier = elsewhere._verifier

    def slow(passphrase: str) -> str:
        with_admin(access)  # another program is quicker
        return verifier(passphrase)

    monkeypatch.setattr(elsewhere, "_verifier", slow)
    with pytest.raises(SignInRequired):
        elsewhere.add("mallory", "", (), PASS, "somebody")
    assert [p.name for p in access.people()] == ["ada"]


def test_ones_own_passphrase_is_changed_with_the_old_one(access: Access) -> None:
    with_admin(access)
    with pytest.raises(Rejected, match="old passphrase"):
        access.set_passphrase("ada", "another passphrase", "ada", "not the old one")
    access.set_passphrase("ada", "another passphrase", "ada", PASS)
    with pytest.raises(Rejected):
        access.sign_in("ada", PASS)
    access.sign_in("ada", "another passphrase")
    access.add("nora", "", (Role.CASE_MANAGER,), PASS, "ada")
    access.set_passphrase("nora", "a third passphrase", "ada")
    access.sign_in("nora", "a third passphrase")
    access.sign_in("ada", "another passphrase")
    with pytest.raises(NoSuchUser):
        access.set_passphrase("nobody", "a third passphrase", "ada")


def test_a_passphrase_fits_however_its_accents_are_composed(access: Access) -> None:
    access.add("ada", "", (), "pässphräse", "somebody")
    assert access.sign_in("ada", "pa\u0308ssphra\u0308se").name == "ada"


# Every role at every door


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workstation]:
    folder = tmp_path_factory.mktemp("doors")
    fields = (read_field("patient_name", "Ada Example"), read_field("member_id", "X1", 0.5))
    with a_workstation(folder / "w", an_extraction(*fields), key=b"k" * 32) as made:
        made.access._cost = CHEAP

        def fill() -> None:
            case = made.intake.arrive(a_pdf(), "in.pdf", "ada").case
            made.intake.begin_reading(case.case_id, "reader")
            made.intake.finish_reading(case.case_id, an_extraction(*fields), "reader")
            made.access.add("root", "", (), PASS, "ada")
            made.access.sign_in("root", PASS)
            for role in Role:
                made.access.add(NAMES[role], "", (role,), PASS, "root")

        made.in_store(fill)
        yield made


def _first(station: Workstation) -> str:
    row = station.store._database.one("SELECT case_id FROM cases ORDER BY number")
    assert row
    return str(row[0])


def outcome_of(attempt: Callable[[], object]) -> str:
    """What became of an attempt as far as roles go: `refused` with words, or `allowed`, whatever came after."""
    try:
        attempt()
    except NotAllowed as error:
        return "refused" if error.reason.endswith(".") and error.next_step else "refused without words"
    except SignInRequired:
        raise
    except Actionable:
        return "allowed"
    return "allowed"


def as_role(station: Workstation, role: Role, attempt: Callable[[], object]) -> str:
    def work() -> str:
        station.access.sign_in(NAMES[role], PASS)
        return outcome_of(attempt)

    return station.in_store(work)


@pytest.mark.parametrize("role", list(Role))
def test_every_action_on_a_case_asks_for_its_right(station: Workstation, role: Role) -> None:
    for action, right in RIGHT_TO.items():
        if action is Action.DETERMINED:
            continue

        def attempt(action: Action = action) -> None:
            document = station.store.case_document(_first(station))
            number = document.get("tried", 0)
            writes = (Write("tried", document.get("tried", MISSING), number + 1),)
            station.changes.write(document, document["case_id"], action, NAMES[role], writes)

        expected = "allowed" if right in RIGHTS[role] else "refused"
        assert as_role(station, role, attempt) == expected, action


def test_every_action_has_a_right() -> None:
    assert set(RIGHT_TO) == set(Action)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_asks_for_its_right_beneath_every_service(
    station: Workstation, role: Role, outcome: Outcome
) -> None:
    def attempt() -> None:
        document = station.store.case_document(_first(station))
        made = Determination("r1", outcome, "because", NAMES[role], role, NOW, answer_by=NOW)
        entry = determination_document(made)
        base = document.get("determinations", {}).get("r1", MISSING)
        station.changes.write(
            document, document["case_id"], Action.DETERMINED, NAMES[role],
            (Write("determinations.r1", base, entry),),
        )  # fmt: skip

    expected = "allowed" if RIGHT_FOR[outcome] in RIGHTS[role] else "refused"
    assert as_role(station, role, attempt) == expected


def _undo(station: Workstation, by: str) -> None:
    """Take back what somebody of that name once did, as the store might hold it from a time with other roles."""
    document = station.store.case_document(_first(station))
    write = Write("tried", 1, document.get("tried", 0))
    change = Change("c", document["case_id"], Action.CORRECTED, by, NOW, (write,))
    station.changes.store_change(document, inverse(change, station.changes.new_id(), by, NOW))


DOORS: dict[str, tuple[Right, Callable[[Workstation, str], object]]] = {
    "take a file in": (Right.TAKE_IN, lambda s, by: s.intake.arrive(a_pdf(s.changes.new_id()), "x.pdf", by)),
    "read it anew": (Right.TAKE_IN, lambda s, by: s.intake.ask_again(_unread(s), by)),
    "correct": (Right.TAKE_IN, lambda s, by: s.editing.correct(_first(s), {"patient_name": by}, by)),
    "confirm": (Right.TAKE_IN, lambda s, by: s.editing.confirm(_first(s), ("member_id",), by)),
    "undo": (Right.TAKE_IN, _undo),
    "import": (Right.TAKE_IN, lambda s, by: s.importing.take(b"[]", by)),
    "open in review": (Right.REVIEW, lambda s, by: s.review_queue.open_case(_first(s), by)),
    "take over": (Right.REVIEW, lambda s, by: s.review_queue.take_over(_first(s), by)),
    "release": (Right.REVIEW, lambda s, by: s.review_queue.release(_first(s), by)),
    "publish a form type": (Right.ADMINISTER, lambda s, by: s.library.publish(_definition(s), by)),
    "retire a form type": (Right.ADMINISTER, lambda s, by: s.library.retire("tx_nofr001", by, "no such")),
    "restore a form type": (Right.ADMINISTER, lambda s, by: s.library.restore("tx_nofr001", "no such", by)),
    "calibrate": (Right.ADMINISTER, lambda s, by: s.library.calibrate("tx_nofr001", "no such", None, by)),
    "collect": (Right.ADMINISTER, lambda s, by: s.collecting.enable(False, by)),
    "publish a policy": (Right.ADMINISTER, lambda s, by: s.policies.publish({}, "", by)),
    "retire a policy": (Right.ADMINISTER, lambda s, by: s.policies.retire("no such", by)),
    "restore a policy": (Right.ADMINISTER, lambda s, by: s.policies.restore("no such", "1", by)),
    "make a user": (Right.ADMINISTER, lambda s, by: s.access.add("root", "", (Role.PHYSICIAN,), PASS, by)),
    "change a user": (Right.ADMINISTER, lambda s, by: s.access.change("nobody", by, active=False)),
    "change a passphrase": (Right.ADMINISTER, lambda s, by: s.access.set_passphrase("nobody", PASS, by)),
}  # fmt: skip


def _unread(station: Workstation) -> str:
    row = station.store._database.one("SELECT case_id FROM cases ORDER BY number DESC")
    assert row
    return str(row[0])


def _definition(station: Workstation) -> FormDefinition:
    return station.library.definitions_in_force()[0]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("door", list(DOORS))
def test_every_door_asks_for_its_right(station: Workstation, role: Role, door: str) -> None:
    right, attempt = DOORS[door]
    expected = "allowed" if right in RIGHTS[role] else "refused"
    assert as_role(station, role, lambda: attempt(station, NAMES[role])) == expected


def test_with_nobody_signed_in_the_machine_reads_and_nobody_changes_anything(station: Workstation) -> None:
    def work() -> None:
        station.access.sign_out()
        case = station.intake.arrive(a_pdf("machine"), "m.pdf", "reader").case
        station.intake.begin_reading(case.case_id, "reader")
        (read,) = station.intake.finish_reading(case.case_id, an_extraction(read_field("a", "b")), "reader")
        assert read.intake_status is IntakeStatus.NEEDS_REVIEW
        before = kept(station)
        for _, attempt in DOORS.values():
            for by in ("", "ada", "root"):
                with pytest.raises(Actionable):
                    attempt(station, by)
        for by in ("ada", "reader"):  # the machine's name opens no other door
            with pytest.raises(SignInRequired):
                station.editing.open(case.case_id, by)
            with pytest.raises(SignInRequired):
                station.editing.verify(case.case_id, by)
        assert kept(station) == before

    station.in_store(work)
    assert station.person == ""


def kept(station: Workstation) -> list[object]:
    tables = ("changes", "users", "form_versions", "policy_versions", "cases", "audit")
    return [station.store._database.all(f"SELECT count(*) FROM {table}") for table in tables]


def test_the_machine_does_only_what_machines_do() -> None:
    assert {
        Action.RECEIVED, Action.READING, Action.READ, Action.UNREADABLE, Action.ATTACHED, Action.FILED,
    } == OF_MACHINES  # fmt: skip
