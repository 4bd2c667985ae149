"""Who works at a connected desk: Google's person, the service's roles, for a while without either."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.role import NotAllowed, Person, Right, Role
from app.services.access import NoSuchUser
from app.services.connected_access import HOLDS, ConnectedAccess
from app.services.store.store import Store
from tests.scripted import a_workstation

ADA = "ada@payer.example"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    email: str
    title: str
    roles: tuple[Role, ...]
    time: datetime


@dataclass
class Register:
    """The service's register of people, as its endpoint answers."""

    everybody: dict[str, Person] = field(default_factory=dict)
    caller: str = ADA
    away: bool = False

    def me(self) -> Said:
        self._reach()
        person = self.everybody.get(self.caller)
        if person is None or not person.active:
            raise NotAllowed("You have no role in this project.", code="not_active")
        return Said(self.caller, person.title, person.roles, START)

    def people(self) -> tuple[Person, ...]:
        self._reach()
        return tuple(self.everybody.values())

    def put_person(self, person: Person) -> Person:
        self._reach()
        self.everybody[person.name] = person
        return person

    def _reach(self) -> None:
        if self.away:
            raise Offline("The service does not answer.")


@dataclass
class Desk:
    store: Store
    register: Register
    make: Callable[[], ConnectedAccess]
    now: datetime = START
    email: str = ADA


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store.open(tmp_path, os.urandom(32))
    register = Register({ADA: Person(ADA, "Ada", (Role.UR_SPECIALIST, Role.ADMINISTRATOR))})

    def make() -> ConnectedAccess:
        return ConnectedAccess(
            store, "somebody", lambda: made.now, lambda: made.email, lambda: register,
            lambda function, *arguments: function(*arguments),
        )  # fmt: skip

    made = Desk(store, register, make)
    yield made
    store.close()


def test_the_person_is_googles_and_the_roles_are_the_services(desk: Desk) -> None:
    access = desk.make()
    assert access.has_users
    assert access.me == Person(ADA, ADA, ())
    access.welcome(ADA)
    assert access.me == Person(ADA, "Ada", (Role.UR_SPECIALIST, Role.ADMINISTRATOR))
    assert access.check(ADA, Right.DECIDE).name == ADA
    with pytest.raises(NotAllowed):
        access.check(ADA, Right.DECIDE_AGAINST)


def test_nobody_works_here_before_they_sign_in_and_nobody_under_anothers_name(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    with pytest.raises(NotAllowed):
        access.present("grace@payer.example")
    desk.email = ""
    assert access.me.name == ""
    with pytest.raises(SignInRequired):
        access.present(ADA)


def test_roles_hold_through_restarts_without_a_network_for_fourteen_days(desk: Desk) -> None:
    desk.make().welcome(ADA)
    desk.register.away = True
    desk.now += HOLDS
    again = desk.make()
    assert again.present(ADA).roles == (Role.UR_SPECIALIST, Role.ADMINISTRATOR)
    assert again.roles_hold_until == desk.now
    desk.now += timedelta(seconds=1)
    with pytest.raises(SignInRequired) as over:
        again.present(ADA)
    assert over.value.code == "roles_stale"
    assert again.me.roles == ()


def test_a_clock_that_was_put_back_does_not_make_roles_last(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    desk.now -= timedelta(days=2)
    with pytest.raises(SignInRequired):
        access.present(ADA)


def test_a_network_that_is_away_leaves_the_last_roles_and_a_refusal_takes_them(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    desk.register.away = True
    with pytest.raises(Offline):
        access.refresh()
    assert access.me.may(Right.ADMINISTER)
    desk.register.away = False
    desk.register.everybody[ADA] = replace(desk.register.everybody[ADA], active=False)
    with pytest.raises(NotAllowed):
        access.refresh()
    with pytest.raises(SignInRequired) as gone:
        access.present(ADA)
    assert gone.value.code == "not_active"
    assert not access.me.may(Right.REVIEW)


def test_roles_of_one_person_are_not_anothers(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    desk.email = "grace@payer.example"
    assert access.me.roles == ()
    with pytest.raises(SignInRequired):
        access.present("grace@payer.example")


def test_a_service_that_takes_one_for_somebody_else_is_not_believed(desk: Desk) -> None:
    access = desk.make()
    desk.register.caller = "eve@payer.example"
    desk.register.everybody["eve@payer.example"] = Person("eve@payer.example", "Eve", (Role.ADMINISTRATOR,))
    with pytest.raises(SignInRequired):
        access.refresh()
    assert access.me.roles == ()


def test_roles_are_changed_at_the_service_and_noted_here(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    access.add("Grace@Payer.example", "Grace  H", (Role.PHYSICIAN,), "", ADA)
    assert desk.register.everybody["grace@payer.example"].roles == (Role.PHYSICIAN,)
    access.change("grace@payer.example", ADA, active=False)
    assert not desk.register.everybody["grace@payer.example"].active
    with pytest.raises(NoSuchUser):
        access.change("nobody@payer.example", ADA, active=False)
    noted = [entry.action for entry in desk.store.audit_entries()]
    assert noted[-2:] == ["user_added", "user_changed"]


def test_who_may_not_administer_changes_nothing_at_the_service(desk: Desk) -> None:
    desk.register.everybody[ADA] = Person(ADA, "Ada", (Role.UR_SPECIALIST,))
    access = desk.make()
    access.welcome(ADA)
    with pytest.raises(NotAllowed):
        access.add("grace@payer.example", "", (Role.PHYSICIAN,), "", ADA)
    assert set(desk.register.everybody) == {ADA}


def test_ones_own_new_roles_count_at_once(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    access.change(ADA, ADA, roles=(Role.ADMINISTRATOR, Role.PHYSICIAN))
    assert access.me.may(Right.DECIDE_AGAINST)


def test_the_list_of_people_is_there_without_a_network_once_it_was_seen(desk: Desk) -> None:
    access = desk.make()
    desk.register.away = True
    with pytest.raises(Offline):
        access.people()
    desk.register.away = False
    seen = access.people()
    desk.register.away = True
    assert desk.make().people() == seen


def test_people_are_called_as_the_register_calls_them_and_it_is_asked_once_a_day(desk: Desk) -> None:
    access = desk.make()
    bob = "bob@payer.example"
    desk.register.everybody[bob] = Person(bob, "Bob Example, RN", (Role.UR_SPECIALIST,))
    assert access.called(bob) == bob
    access.look_around()
    assert access.called(bob) == "Bob Example, RN"
    desk.register.away = True
    assert desk.make().called(bob) == "Bob Example, RN"  # kept for a desk without a network
    desk.register.away = False
    desk.register.everybody[bob] = Person(bob, "Bob Other, RN", (Role.UR_SPECIALIST,))
    desk.now += timedelta(hours=23)
    access.look_around()
    assert access.called(bob) == "Bob Example, RN"
    desk.now += timedelta(hours=2)
    access.look_around()
    assert access.called(bob) == "Bob Other, RN"


def test_local_passphrases_sign_nobody_in(desk: Desk) -> None:
    access = desk.make()
    for refused in (
        lambda: access.sign_in(ADA, "a passphrase"),
        lambda: access.set_passphrase(ADA, "another one", ADA),
    ):
        with pytest.raises(Rejected):
            refused()


def test_signing_out_is_noted_and_leaves_nobody(desk: Desk) -> None:
    access = desk.make()
    access.welcome(ADA)
    access.sign_out()
    access.sign_out()
    assert access.me.name == ""
    noted = [entry.action for entry in desk.store.audit_entries()]
    assert noted.count("signed_out") == 1


def test_a_local_workspace_keeps_its_own_users(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        assert station.cloud is None
        assert not station.access.has_users
        assert station.access.lane == "store"
