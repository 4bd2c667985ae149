"""Policies and form types of several desks of one payer: published at one, in force at all; each with its own store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from app.composition.cloud import Cloud
from app.domain.connection import Connection
from app.domain.errors import Offline
from app.domain.library_wire import InForce, Kind, SharedVersion, digest_of
from app.resource import resource
from app.services.ingestion_service.port import LibraryPut
from app.services.processors import load_definitions
from app.services.store.packing import pack
from app.workstation import CloudPlaces, Settings, Workstation, build
from tests.contract.test_library import NOW, TEXT, policy
from tests.scripted import ScriptedProcessor, scripted_backends
from tests.serve_parts import ADMIN, CLIENT, NURSE, PROJECT, Service, service

OTHER = "second.admin@payer.example"
FORM = load_definitions(resource("processors"))[0]


@dataclass
class Desks:
    """Desks of one service; what the queue would tell them is left out, the library alone is exchanged."""

    running: Service
    folder: Path
    keys: dict[str, bytes] = field(default_factory=dict)

    @contextmanager
    def desk(self, name: str, email: str = ADMIN) -> Iterator[Workstation]:
        with self.local(name, email) as station:
            if station.cloud is None:
                connection = Connection(PROJECT, "us-central1", CLIENT, self.running.url)
                station.connecting.connect(
                    replace(connection, public_key=self.running.public_key), station.person
                )
        with self.local(name, email) as station:
            station.lanes.submit("network", cloud(station).access.refresh).result()
            yield station

    @contextmanager
    def local(self, name: str, email: str = ADMIN) -> Iterator[Workstation]:
        key = self.keys.setdefault(name, os.urandom(32))
        places = CloudPlaces(
            firestore="127.0.0.1:9", storage="http://127.0.0.1:9", service=self.running.url,
            identity=self.running.identity(email),
        )  # fmt: skip
        station = build(
            Settings(self.folder / name, "somebody"), key, scripted_backends(ScriptedProcessor()), places
        )
        try:
            yield station
        finally:
            station.close()


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    with service(ScriptedProcessor()) as running:
        admin = running.register.person(ADMIN)
        running.register.put_person(replace(admin, name=OTHER), running.register.people().state, {})
        yield Desks(running, tmp_path)


def cloud(station: Workstation) -> Cloud:
    assert station.cloud is not None
    return station.cloud


def share(*stations: Workstation) -> None:
    for station in stations:
        station.lanes.submit("network", cloud(station).sharing.share).result()


def publish(station: Workstation, version: str = "1", title: str = "Knee brace") -> str:
    body = policy(version, title)
    made = station.in_store(station.policies.publish, body["data"], body["text"], station.person)
    return str(made.version)


def force(station: Workstation) -> str:
    """The version of the policy that is in force, "" for none."""
    station.in_store(station.policies.refresh)
    return next(
        (v.version for v in station.policies.versions() if v.policy_id == "knee_brace" and v.in_force), ""
    )


def versions(station: Workstation) -> dict[str, str]:
    """How each version of the policy is called, by its number."""
    station.in_store(station.policies.refresh)
    return {v.version: v.title for v in station.policies.versions() if v.policy_id == "knee_brace"}


def told(station: Workstation) -> list[str]:
    return [notice.code for notice in station.store.notices]


def test_a_policy_published_at_one_desk_is_in_force_at_another(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", NURSE) as two:
        assert publish(one) == "1"
        assert one.policies.versions("knee_brace")[0].sharing == "waits"
        share(one, two)
        assert force(two) == "1"
        there = two.policies.versions("knee_brace")[0]
        assert (there.origin, there.by, there.sharing) == ("shared", ADMIN, "shared")
        assert two.policies.policy("knee_brace").text == TEXT
        one.in_store(one.policies.refresh)
        assert one.policies.versions("knee_brace")[0].sharing == "shared"
        entries = two.in_store(two.store.audit_entries)
        assert next((e.action, e.by) for e in entries if e.action.startswith("policy_")) == (
            "policy_published",
            ADMIN,
        )
        assert two.in_store(two.store.audit_verify).holds


def test_what_is_retired_or_restored_at_one_desk_is_at_all(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", OTHER) as two:
        publish(one)
        share(one, two)
        two.in_store(two.policies.retire, "knee_brace", two.person)
        share(two, one)
        assert force(one) == ""
        one.in_store(one.policies.restore, "knee_brace", "1", one.person)
        share(one, two)
        assert force(two) == "1"
        assert told(one) == told(two) == []


def test_a_policy_of_the_program_that_is_retired_at_one_desk_is_at_all(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", OTHER) as two:
        own = one.policies.policies()[0]
        one.in_store(one.policies.retire, own.policy_id, one.person)
        share(one, two)
        assert own.policy_id not in {p.policy_id for p in two.policies.policies()}
        two.in_store(two.policies.restore, own.policy_id, own.version, two.person)
        share(two, one)
        assert [p.version for p in one.policies.policies() if p.policy_id == own.policy_id] == [own.version]
        assert len(one.policies.versions(own.policy_id)) == 1


def test_what_is_published_without_a_network_is_shared_later_and_in_its_order(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desks.desk("one") as one, desks.desk("two", NURSE) as two:
        endpoint = cloud(one).endpoint
        with monkeypatch.context() as away:
            away.setattr(endpoint, "_url", "http://127.0.0.1:9")
            with pytest.raises(Offline):
                share(one)
            assert [publish(one), publish(one, title="Knee brace, again")] == ["1", "2"]
            assert force(one) == "2"
        assert cloud(one).sharing.waiting() > 0
        share(one, two)
        assert cloud(one).sharing.waiting() == 0
        assert versions(two) == {"1": "Knee brace", "2": "Knee brace, again"}
        assert force(two) == "2"
    with desks.desk("one") as again:
        share(again)
        assert desks.running.library.revision()[0] == 2


def test_a_number_taken_elsewhere_gets_the_next_and_its_author_is_told(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", OTHER) as two:
        publish(one, title="First")
        publish(two, title="Second")
        share(one, two, one)
        for desk in (one, two):
            assert versions(desk) == {"1": "First", "2": "Second"}
            assert force(desk) == "1"
            assert desk.policies.policy("knee_brace", "2").raw["version"] == "2"  # type: ignore[index]
        assert told(one) == []
        assert told(two) == ["library_renumbered", "library_overruled"]
        assert "second.admin" not in str(two.store.notices[0].params)
        assert two.in_store(two.store.audit_verify).holds
        two.in_store(two.policies.restore, "knee_brace", "2", two.person)
        share(two, one)
        assert force(one) == "2"


def test_what_was_decided_later_elsewhere_without_seeing_it_gives_way(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", OTHER) as two:
        publish(one)
        share(one, two)
        publish(one, title="Newer")
        two.in_store(two.policies.retire, "knee_brace", two.person)
        share(one, two, one)
        assert (force(one), force(two)) == ("2", "2")
        assert told(two) == ["library_overruled"]


def test_a_nurse_brings_nothing_and_what_waits_goes_with_an_administrator(desks: Desks) -> None:
    with desks.desk("one") as one:
        publish(one)
    with desks.desk("one", NURSE) as nurse:
        share(nurse)
        assert desks.running.library.revision()[0] == 0
    with desks.desk("one") as one:
        share(one)
        assert desks.running.library.revision()[0] == 1


def _put(desks: Desks, body: dict[str, Any], kind: Kind, name: str, version: str, digest: str = "") -> None:
    """Straight into the library, past what the service looks at."""
    library = desks.running.library
    revision, state = library.revision()
    made = SharedVersion(kind, name, version, ADMIN, NOW, digest or digest_of(body), revision + 1)
    said = InForce(kind, name, version, ADMIN, NOW, revision + 1)
    library.put(LibraryPut(revision + 1, state, made, pack(body), said, {}))


HOSTILE: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda body: {"data": {**body["data"], "criteria": {"id": 1, "all": [[]]}}, "text": body["text"]},
    lambda body: {"data": {**body["data"], "policy": "other"}, "text": body["text"]},
    lambda body: {"data": body["data"], "text": 7},
    lambda body: {"definition": [], "calibration": 3},
]


def test_a_body_that_is_none_is_refused_and_told_and_stops_nothing(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", OTHER) as two:
        publish(one)
        share(one, two)
        for number, spoilt in enumerate(HOSTILE, 2):
            _put(desks, spoilt(policy(str(number))), Kind.POLICY, "knee_brace", str(number))
        _put(desks, policy("7"), Kind.POLICY, "knee_brace", "7", digest="00" * 32)
        nothing = {"definition": {"form_type": FORM.form_type}, "calibration": None}
        _put(desks, nothing, Kind.FORM_TYPE, FORM.form_type, "9")
        share(two, two)
        assert force(two) == "1"
        refused = ["library_refused"] * (len(HOSTILE) + 2)
        assert told(two) == refused
        assert len(
            [e for e in two.in_store(two.store.audit_entries) if e.action == "library_refused"]
        ) == len(refused)
        assert FORM.form_type in {d.form_type for d in two.library.definitions_in_force()}
        assert publish(two, title="Mended") == "2"
        share(two, one)
        assert versions(one)["6"] == "Mended"
        assert told(two) == [*refused, "library_renumbered"]
        assert cloud(two).sharing.waiting() == 0


def test_a_form_type_taught_at_one_desk_is_read_with_at_another_and_by_the_service(desks: Desks) -> None:
    with desks.desk("one") as one, desks.desk("two", NURSE) as two:
        definition = replace(FORM, title="Taught better")
        one.in_store(lambda: one.library.publish(definition, one.person, calibration=None))
        share(one, two)
        there = two.in_store(two.library.version, FORM.form_type)
        assert (there.title, str(there.origin), there.by, there.sharing) == (
            "Taught better", "shared", ADMIN, "shared",
        )  # fmt: skip
        assert there.version == one.in_store(one.library.version, FORM.form_type).version
        one.in_store(one.library.retire, FORM.form_type, one.person)
        share(one, two)
        assert FORM.form_type not in {d.form_type for d in two.library.definitions_in_force()}
        assert two.library.definition(FORM.form_type, there.version) == there.definition


def test_what_a_moved_workspace_published_goes_along(desks: Desks) -> None:
    with desks.local("old") as alone:
        publish(alone, title="From before")
        plan = alone.connecting.plan(Connection(PROJECT, "us-central1", CLIENT, desks.running.url))
        assert any("1 versions of policies" in words for words in plan.travels)
    with desks.desk("old") as old, desks.desk("new", NURSE) as new:
        share(old, new)
        assert versions(new) == {"1": "From before"}
        assert force(new) == "1"
