"""Connecting a workspace: what is checked, what it would do, what it does, and that nothing is lost by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import IntakeStatus
from app.domain.change import Action, Write
from app.domain.connection import Connection, connection_document, connection_from
from app.domain.errors import Cancelled, Offline, Rejected, SignInRequired
from app.domain.role import NotAllowed, Person, Role
from app.services.connecting import CONNECTION, Connecting, Project
from app.services.ports import Progress
from app.services.store.store import Store
from app.services.token_vault import TokenVault
from app.workstation import CloudPlaces, Settings, Workstation, build
from tests.scripted import ScriptedProcessor, a_pdf, scripted_backends

ADA = "ada@payer.example"
PAYER = Connection(
    "payer-one", "europe-west4", "1234-desk.apps.googleusercontent.com", "https://countersign.payer.example"
)
KEY = os.urandom(32)


@dataclass
class Signed:
    """Somebody who is signed in, or nobody."""

    email: str = ADA

    def sign_in(self, opened: Any) -> str:
        opened("https://accounts.example/auth")
        self.email = ADA
        return ADA

    def sign_out(self) -> None:
        self.email = ""

    def access_token(self) -> str:
        return "token"

    id_token = access_token


@dataclass
class Outside:
    """What is beyond this computer: a register of people and what services describe."""

    signed: Signed = field(default_factory=Signed)
    roles: tuple[Role, ...] = (Role.ADMINISTRATOR,)
    away: bool = False
    describes: Connection = PAYER

    def identity(self, connection: Connection) -> Signed:
        return self.signed

    def register(self, connection: Connection) -> Outside:
        return self

    def me(self) -> Any:
        if self.away:
            raise Offline("The service does not answer.")
        return type(
            "Said", (), {"email": ADA, "title": "Ada", "roles": self.roles, "time": datetime.now(UTC)}
        )

    def people(self) -> tuple[Person, ...]:
        return ()

    def put_person(self, person: Person) -> Person:
        return person

    def described(self, url: str) -> Connection:
        return self.describes

    def projects(self, connection: Connection) -> tuple[Project, ...]:
        return ()

    def signed_in(self) -> None:
        """There is no queue."""

    def size(self) -> int:
        return 7

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def a_station(folder: Path, places: CloudPlaces | None = None) -> Iterator[Workstation]:
    station = build(Settings(folder, "ada"), KEY, scripted_backends(ScriptedProcessor()), places)
    try:
        yield station
    finally:
        station.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Workstation]:
    with a_station(tmp_path / "workspace") as made:
        yield made


@pytest.fixture
def outside() -> Outside:
    return Outside()


def connecting(station: Workstation, outside: Outside) -> Connecting:
    return Connecting(
        station.store, station.in_store, station.access, station.changes, outside, None,
        station.settings.folder, lambda: datetime.now(UTC),
    )  # fmt: skip


def take_in(station: Workstation, *names: str) -> list[str]:
    return [
        station.in_store(station.intake.arrive, a_pdf(name), f"{name}.pdf", "ada").case.case_id
        for name in names
    ]


def assign(station: Workstation, case_id: str, to: str) -> None:
    def write() -> None:
        document = station.store.case_document(case_id)
        before = document.get("assigned_to")
        station.changes.write(document, case_id, Action.ASSIGNED, "ada", (Write("assigned_to", before, to),))

    station.in_store(write)


def assigned(station: Workstation, case_id: str) -> Any:
    return station.in_store(station.store.case_document, case_id).get("assigned_to")


def actions(station: Workstation) -> list[str]:
    return [entry.action for entry in station.in_store(station.store.audit_entries)]


# Where to


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("service_url", "http://countersign.payer.example", "service_url"),
        ("service_url", "https://somebody@countersign.payer.example", "service_url"),
        ("client_id", "not a client", "client_id"),
        ("location", "the moon", "location"),
        ("buckets", {"pa_forms_bkt": 7}, "buckets"),
        ("buckets", {"somebody_elses": "name"}, "somebody_elses"),
        ("processors", {"tx_nofr001": "projects/p/processors/1"}, "tx_nofr001"),
        ("shards", [64], "shards"),
        ("project", "No Project", "project"),
        ("surprise", 1, "surprise"),
    ],
)
def test_a_connection_that_cannot_be_used_is_refused_by_its_part(
    station: Workstation, outside: Outside, tmp_path: Path, part: str, value: object, words: str
) -> None:
    file = tmp_path / "connection.json"
    file.write_text(json.dumps({**connection_document(PAYER), part: value}))
    with pytest.raises(Rejected) as refused:
        connecting(station, outside).from_file(file)
    assert words in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe"])
def test_a_file_that_is_no_connection_is_told_in_words(
    station: Workstation, outside: Outside, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "connection.json"
    file.write_bytes(content)
    with pytest.raises(Rejected):
        connecting(station, outside).from_file(file)


def test_a_file_brings_the_connection_back_as_it_was_written(
    station: Workstation, outside: Outside, tmp_path: Path
) -> None:
    file = tmp_path / "connection.json"
    file.write_text(json.dumps(connection_document(PAYER)), "utf-8-sig")
    assert connecting(station, outside).from_file(file) == PAYER


def test_a_service_that_names_another_address_is_not_believed(station: Workstation, outside: Outside) -> None:
    found = connecting(station, outside)
    assert found.from_url("https://countersign.payer.example/") == PAYER
    with pytest.raises(Rejected) as refused:
        found.from_url("https://countersign.evil.example")
    assert refused.value.code == "connection_address"


def test_the_client_of_a_file_is_enough_to_look_for_projects(
    station: Workstation, outside: Outside, tmp_path: Path
) -> None:
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"installed": {"client_id": PAYER.client_id, "client_secret": "open"}}))
    found = connecting(station, outside).client_from_file(file)
    assert (found.client_id, found.client_secret) == (PAYER.client_id, "open")
    file.write_text(json.dumps({"web": {"client_id": PAYER.client_id}}))
    with pytest.raises(Rejected):
        connecting(station, outside).client_from_file(file)


# Moving


def test_the_plan_counts_what_travels_and_changes_nothing(station: Workstation, outside: Outside) -> None:
    first, _ = take_in(station, "one", "two")
    assign(station, first, "nora")
    before = actions(station)
    plan = connecting(station, outside).plan(PAYER)
    assert (plan.held.cases, plan.held.documents, plan.held.changes) == (2, 2, 3)
    assert (plan.people, plan.size, plan.refused) == ({"nora": 1}, 7, "")
    assert actions(station) == before


def test_connecting_backs_up_hands_over_and_keeps_everything(station: Workstation, outside: Outside) -> None:
    first, second = take_in(station, "one", "two")
    assign(station, first, "nora")
    connecting(station, outside).connect(PAYER, "ada", {"nora": "Nora@Payer.example"})
    assert assigned(station, first) == "nora@payer.example"
    assert station.in_store(station.store.waiting) == 4, "every change waits to be sent, the handing over too"
    assert connection_from(station.in_store(station.store.recall, CONNECTION)) == PAYER
    backups = list((station.settings.folder / "backups").glob("before-connecting-*.db"))
    assert len(backups) == 1
    assert actions(station)[-1] == "connected"
    assert station.in_store(station.store.audit_verify).holds
    assert station.in_store(station.intake.content, second)[1] == a_pdf("two")


def test_the_next_start_is_a_connected_one_with_everything_in_it(tmp_path: Path, outside: Outside) -> None:
    with a_station(tmp_path) as station:
        (case_id,) = take_in(station, "one")
        connecting(station, outside).connect(PAYER, "ada")
    places = CloudPlaces(identity=Signed())
    with a_station(tmp_path, places) as again:
        assert again.cloud is not None
        assert again.cloud.connection == PAYER
        assert again.person == ADA
        assert again.access.me.roles == (Role.ADMINISTRATOR,)
        assert again.in_store(again.intake.case, case_id).intake_status is IntakeStatus.RECEIVED
        assert again.in_store(again.store.waiting) == 1


def test_a_name_without_an_email_is_asked_for_before_anything_is_done(
    station: Workstation, outside: Outside
) -> None:
    (first,) = take_in(station, "one")
    assign(station, first, "nora")
    before = actions(station)
    for people in ({}, {"nora": ""}, {"nora": "nora"}):
        with pytest.raises(Rejected) as lacking:
            connecting(station, outside).connect(PAYER, "ada", people)
        assert lacking.value.code == "people_without_email"
    assert actions(station) == before
    assert not list((station.settings.folder / "backups").glob("before-connecting-*"))


def test_a_connecting_that_was_stopped_is_gone_on_with_by_the_same_call(
    station: Workstation, outside: Outside
) -> None:
    cases = take_in(station, "one", "two", "three")
    for case_id in cases:
        assign(station, case_id, "nora")

    def stop(progress: Progress, /) -> None:
        if progress.done == 2:
            raise Cancelled("Stopped.")

    found = connecting(station, outside)
    with pytest.raises(Cancelled):
        found.connect(PAYER, "ada", {"nora": "nora@payer.example"}, stop)
    assert [assigned(station, case_id) for case_id in cases].count("nora") == 1
    assert station.in_store(station.store.recall, CONNECTION) is None
    found.connect(PAYER, "ada", {"nora": "nora@payer.example"})
    assert {assigned(station, case_id) for case_id in cases} == {"nora@payer.example"}
    handed = [a for a in actions(station) if a == "assigned"]
    assert len(handed) == 6, "each case was handed over once"


def test_nothing_is_connected_while_the_service_does_not_answer_or_knows_nobody(
    station: Workstation, outside: Outside
) -> None:
    take_in(station, "one")
    outside.away = True
    with pytest.raises(Offline):
        connecting(station, outside).connect(PAYER, "ada")
    outside.away, outside.roles = False, ()
    with pytest.raises(SignInRequired):
        connecting(station, outside).connect(PAYER, "ada")
    outside.signed.email = ""
    with pytest.raises(SignInRequired):
        connecting(station, outside).connect(PAYER, "ada")
    assert station.in_store(station.store.recall, CONNECTION) is None


def test_a_workspace_that_was_connected_elsewhere_is_refused(station: Workstation, outside: Outside) -> None:
    found = connecting(station, outside)
    found.connect(PAYER, "ada")
    found.disconnect("ada")
    other = connection_from({**connection_document(PAYER), "project": "payer-two"})
    assert "payer-one" in found.plan(other).refused
    with pytest.raises(Rejected) as refused:
        found.connect(other, "ada")
    assert refused.value.code == "connected_elsewhere"
    found.connect(PAYER, "ada")


def test_only_an_administrator_connects_and_disconnects(station: Workstation, outside: Outside) -> None:
    station.in_store(station.access.add, "chief", "", (Role.ADMINISTRATOR,), "a long passphrase", "ada")
    station.in_store(station.access.sign_in, "chief", "a long passphrase")
    station.in_store(station.access.add, "nora", "", (Role.UR_SPECIALIST,), "a long passphrase", "chief")
    station.in_store(station.access.sign_in, "nora", "a long passphrase")
    found = connecting(station, outside)
    with pytest.raises(NotAllowed):
        found.connect(PAYER, "nora")
    station.in_store(station.access.sign_in, "chief", "a long passphrase")
    found.connect(PAYER, "chief")
    station.in_store(station.access.sign_in, "nora", "a long passphrase")
    with pytest.raises(NotAllowed):
        found.disconnect("nora")


def test_disconnecting_waits_for_what_waits_unless_somebody_decides(
    station: Workstation, outside: Outside
) -> None:
    take_in(station, "one")
    found = connecting(station, outside)
    found.connect(PAYER, "ada")
    with pytest.raises(Rejected) as waits:
        found.disconnect("ada")
    assert waits.value.code == "disconnect_waiting"
    assert station.in_store(station.store.recall, CONNECTION) is not None
    found.disconnect("ada", anyway=True)
    assert station.in_store(station.store.recall, CONNECTION) is None
    entry = station.in_store(station.store.audit_entries)[-1]
    assert (entry.action, entry.detail["changes"], entry.detail["anyway"]) == ("disconnected", 1, True)
    assert station.in_store(station.store.waiting) == 1, "what waits is still here"


def test_how_far_a_move_has_come_is_told_by_what_still_waits(station: Workstation, outside: Outside) -> None:
    take_in(station, "one", "two")
    found = connecting(station, outside)
    found.connect(PAYER, "ada")
    moved = found.moved()
    assert (moved.done, moved.total, moved.over) == (0, 2, False)


def test_signing_out_forgets_roles_too(station: Workstation, outside: Outside) -> None:
    found = connecting(station, outside)
    found.connect(PAYER, "ada")
    found.sign_out()
    assert outside.signed.email == ""
    assert station.in_store(station.store.recall, "roles") == {"email": ""}


# The program


def test_a_connected_workspace_does_not_open_where_a_switch_leads_it_elsewhere(
    tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_station(tmp_path) as station:
        connecting(station, outside).connect(PAYER, "ada")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(Rejected) as refused, a_station(tmp_path):
        pass
    assert refused.value.code == "emulator_switch"
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    with a_station(tmp_path):  # nothing was left open
        pass


_LOADED = """
import sys
from pathlib import Path
from app.workstation import Settings, build
station = build(Settings(Path(sys.argv[1]), "ada"), bytes.fromhex(sys.argv[2]))
station.start_cloud()
station.close()
wanted = (
    "google.", "grpc", "httpx", "requests", "keyring",
    "app.services.google", "app.services.sync", "app.composition.cloud",
)
nothing = ("google.cloud", "google.protobuf", "app.services.google")  # rooms without anything in them
print([name for name in sys.modules if name.startswith(wanted) and name not in nothing])
"""


def loaded(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, str(folder), KEY.hex()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_workspace_that_is_not_connected_loads_nothing_of_a_cloud(tmp_path: Path) -> None:
    assert loaded(tmp_path) == "[]"


# Where a token is kept


class Ring:
    """A keyring of the system."""

    def __init__(self, *, broken: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = broken

    def set_password(self, service: str, name: str, password: str) -> None:
        if self.broken:
            raise OSError("locked")
        self.kept[service, name] = password

    def get_password(self, service: str, name: str) -> str | None:
        if self.broken:
            raise OSError("locked")
        return self.kept.get((service, name))

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "store", KEY)
    yield made
    made.close()


def vault(store: Store, ring: Ring | None, key: bytes = KEY) -> TokenVault:
    return TokenVault(store, key, lambda function, *arguments: function(*arguments), lambda: ring)


def test_a_token_goes_into_the_keyring_and_is_gone_from_it_after(store: Store) -> None:
    ring = Ring()
    found = vault(store, ring)
    found.keep(ADA, "1//token")
    assert list(ring.kept.values()) == ["1//token"]
    assert "1//token" not in json.dumps(store.recall("signed_in"))
    assert (vault(store, ring).token(), found.custody()) == ("1//token", "keyring")
    found.forget()
    assert ring.kept == {}
    assert found.token() == ""


@pytest.mark.parametrize("ring", [None, Ring(broken=True)])
def test_without_a_keyring_a_token_is_sealed_and_never_plain(store: Store, ring: Ring | None) -> None:
    found = vault(store, ring)
    found.keep(ADA, "1//token")
    assert "token" not in json.dumps(store.recall("signed_in"))
    assert (vault(store, ring).token(), found.custody()) == ("1//token", "store")
    assert vault(store, ring, os.urandom(32)).token() == "", "another workspace's key opens nothing"
    found.forget()
    assert found.token() == ""


def test_a_sealed_token_of_another_person_is_not_taken(store: Store) -> None:
    found = vault(store, None)
    found.keep(ADA, "1//token")
    store.remember("signed_in", {**(store.recall("signed_in") or {}), "email": "eve@payer.example"})
    assert found.token() == ""
