"""The shared library: what every one keeps, in memory and in Firestore's emulator, and the endpoint's rules for it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.errors import Conflict, Rejected, SignInRequired
from app.domain.library_wire import InForce, Kind, Publishing, Settling, SharedVersion, digest_of
from app.domain.role import NotAllowed
from app.resource import resource
from app.services.google.database import Database
from app.services.google.shared_library import FirestoreLibrary
from app.services.ingestion_service.port import Library, LibraryMoved, LibraryPut
from app.services.processors import load_definitions, to_json
from tests.emulator import Place
from tests.scripted import ScriptedProcessor
from tests.serve_parts import ADMIN, CLERK, NURSE, MemoryLibrary, Service, http, service

pytest_plugins = ("tests.emulator",)

NOW = datetime(2026, 11, 3, 9, 0, 0, 123456, UTC)
FORM = load_definitions(resource("processors"))[0]
P, F = Kind.POLICY, Kind.FORM_TYPE
TEXT = "A brace is covered when the knee is unstable."


def policy(version: str = "1", title: str = "Knee brace", text: str = TEXT) -> dict[str, Any]:
    data = {
        "policy": "knee_brace", "title": title, "version": version, "effective": "2026-01-01", "source": "Payer",
        "applies": {"codes": ["L1810"]}, "concepts": {"unstable": ["unstable"]},
        "criteria": {
            "id": "c1", "text": "Unstable", "clause": "the knee is unstable", "finding": {"any_of": ["unstable"]},
        },
    }  # fmt: skip
    return {"data": data, "text": text}


def version_of(name: str, version: str, revision: int) -> SharedVersion:
    return SharedVersion(P, name, version, ADMIN, NOW, "ab" * 32, revision)


def put_of(revision: int, state: str, name: str = "a", version: str = "1") -> LibraryPut:
    made = version_of(name, version, revision)
    said = InForce(P, name, version, ADMIN, NOW, revision)
    return LibraryPut(revision, state, made, b"\x00body", said, {"what": "library_published"})


class LibraryContract:
    """Asks for `make`, which makes libraries that see the same things."""

    def test_a_change_is_there_as_a_whole(self, make: Callable[[], Library]) -> None:
        one, two = make(), make()
        assert one.revision() == (0, "")
        one.put(put_of(1, ""))
        one.put(put_of(2, one.revision()[1], "b"))
        assert two.revision()[0] == 2
        assert two.version(P, "a", "1") == version_of("a", "1", 1)
        assert two.body(P, "a", "1") == b"\x00body"
        assert two.version(F, "a", "1") is None
        assert two.body(P, "a", "2") is None
        assert two.in_force(P, "b") == InForce(P, "b", "1", ADMIN, NOW, 2)
        assert two.in_force(P, "c") is None
        versions, in_force = two.since(1)
        assert [v.name for v in versions] == [f.name for f in in_force] == ["b"]
        assert [v.name for v in two.since(0)[0]] == ["a", "b"]

    def test_of_two_changes_at_once_one_is_told_that_the_library_moved(
        self, make: Callable[[], Library]
    ) -> None:
        one, two = make(), make()
        for revision in (1, 2):
            state = one.revision()[1]
            one.put(put_of(revision, state, "a", str(revision)))
            with pytest.raises(LibraryMoved):
                two.put(put_of(revision, state, "b", str(revision)))
        assert two.version(P, "b", "1") is None

    def test_a_version_is_never_written_again(self, make: Callable[[], Library]) -> None:
        library = make()
        library.put(put_of(1, ""))
        with pytest.raises(LibraryMoved):
            library.put(put_of(2, library.revision()[1]))
        assert library.revision()[0] == 1

    def test_none_is_in_force_once_it_is_retired(self, make: Callable[[], Library]) -> None:
        library = make()
        library.put(put_of(1, ""))
        gone = InForce(P, "a", "", ADMIN, NOW, 2)
        library.put(LibraryPut(2, library.revision()[1], None, None, gone, {}))
        assert library.in_force(P, "a") == gone
        assert library.since(1) == ((), (gone,))


class TestInMemory(LibraryContract):
    @pytest.fixture
    def make(self) -> Callable[[], Library]:
        only = MemoryLibrary()
        return lambda: only


class TestInFirestore(LibraryContract):
    @pytest.fixture
    def make(self, firestore: Place) -> Iterator[Callable[[], Library]]:
        made: list[Database] = []

        def library() -> Library:
            made.append(Database(firestore.project, "trust", None, firestore.address))
            return FirestoreLibrary(made[-1])

        yield library
        for each in made:
            each.close()


@pytest.fixture
def running() -> Iterator[Service]:
    with service(ScriptedProcessor()) as made:
        yield made


def test_what_an_administrator_publishes_everybody_fetches(running: Service) -> None:
    admin, nurse = running.endpoint(ADMIN), running.endpoint(NURSE)
    made = admin.publish(P, "knee_brace", "1", Publishing(policy(), 0))
    assert (made.version, made.by, made.revision) == ("1", ADMIN, 1)
    news = nurse.library(0)
    assert [(v.name, v.version, v.by) for v in news.versions] == [("knee_brace", "1", ADMIN)]
    assert news.in_force == (made,)
    version, body = nurse.library_version(P, "knee_brace", "1")
    assert body == policy()
    assert version.digest == digest_of(body)
    assert nurse.library(news.revision).versions == ()


def test_only_administrators_change_the_library(running: Service) -> None:
    admin, clerk = running.endpoint(ADMIN), running.endpoint(CLERK)
    with pytest.raises(NotAllowed):
        clerk.publish(P, "knee_brace", "1", Publishing(policy(), 0))
    admin.publish(P, "knee_brace", "1", Publishing(policy(), 0))
    with pytest.raises(NotAllowed):
        clerk.settle(P, "knee_brace", Settling("", 1))
    with pytest.raises(NotAllowed):
        running.endpoint("stranger@payer.example").library(0)
    assert http.get(f"{running.url}/v1/library").status_code == 401
    assert clerk.library(0).in_force[0].version == "1"


def test_the_same_again_changes_nothing(running: Service) -> None:
    admin = running.endpoint(ADMIN)
    first = admin.publish(P, "knee_brace", "1", Publishing(policy(), 0))
    assert admin.publish(P, "knee_brace", "1", Publishing(policy(), 0)) == first
    gone = admin.settle(P, "knee_brace", Settling("", first.revision))
    assert admin.settle(P, "knee_brace", Settling("", first.revision)) == gone
    assert admin.library(0).revision == 2
    assert len(running.library.audit) == 2


def test_another_body_under_the_same_version_is_refused(running: Service) -> None:
    admin = running.endpoint(ADMIN)
    admin.publish(P, "knee_brace", "1", Publishing(policy(), 0))
    with pytest.raises(Conflict):
        admin.publish(P, "knee_brace", "1", Publishing(policy(title="Another"), 1))
    assert admin.library_version(P, "knee_brace", "1")[1] == policy()


def test_what_was_not_seen_in_force_is_not_overruled(running: Service) -> None:
    admin = running.endpoint(ADMIN)
    admin.publish(P, "knee_brace", "1", Publishing(policy(), 0))
    second = admin.publish(P, "knee_brace", "2", Publishing(policy("2"), 0))
    assert second.version == "1"
    assert [v.version for v in admin.library(0).versions] == ["1", "2"]
    assert admin.settle(P, "knee_brace", Settling("2", 0)).version == "1"
    assert admin.settle(P, "knee_brace", Settling("2", second.revision)).version == "2"


def test_of_many_at_once_one_is_in_force_and_all_are_there(running: Service) -> None:
    admin = running.endpoint(ADMIN)

    def publish(number: int) -> None:
        admin.publish(P, "knee_brace", str(number), Publishing(policy(str(number)), 0))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, range(1, 5)))
    news = admin.library(0)
    assert {v.version for v in news.versions} == {"1", "2", "3", "4"}
    assert len(news.in_force) == 1
    assert news.in_force[0].revision == 1
    assert news.revision == 4


HOSTILE = [
    {"data": {}, "text": TEXT},
    {"data": policy()["data"], "text": ""},
    {"data": policy("2")["data"], "text": TEXT},  # of another version than its place says
    {**policy(), "extra": 1},
    {"data": {**policy()["data"], "concepts": [1]}, "text": TEXT},
    {"data": {**policy()["data"], "applies": {"terms": {"a": 1}}}, "text": TEXT},
    {"definition": {}, "calibration": None},
]


@pytest.mark.parametrize("body", HOSTILE)
def test_a_body_that_is_no_policy_is_refused(running: Service, body: dict[str, Any]) -> None:
    admin = running.endpoint(ADMIN)
    with pytest.raises(Rejected):
        admin.publish(P, "knee_brace", "1", Publishing(body, 0))
    assert admin.library(0).revision == 0


def test_a_form_type_is_shared_with_what_its_scores_mean(running: Service) -> None:
    admin = running.endpoint(ADMIN)
    body = {"definition": to_json(FORM), "calibration": None}
    admin.publish(F, FORM.form_type, FORM.version, Publishing(body, 0))
    assert admin.library_version(F, FORM.form_type, FORM.version)[1] == body
    with pytest.raises(Rejected):
        admin.publish(F, FORM.form_type, "7", Publishing(body, None))


def test_what_is_too_large_is_refused_in_words(running: Service) -> None:
    import random

    noise = base64.b64encode(random.Random(1).randbytes(800_000)).decode()
    with pytest.raises(Rejected) as told:
        running.endpoint(ADMIN).publish(P, "knee_brace", "1", Publishing(policy(text=f"{TEXT} {noise}"), 0))
    assert told.value.code == "version_too_large"


@pytest.mark.parametrize(
    ("method", "place", "body"),
    [
        ("GET", "/v1/library?since=-1", None),
        ("GET", "/v1/library?since=1e3", None),
        ("GET", "/v1/library?after=1", None),
        ("GET", "/v1/library/person/knee_brace/1", None),
        ("GET", "/v1/library/policy/Knee%20Brace/1", None),
        ("GET", "/v1/library/policy/knee_brace/..%2f1", None),
        ("PUT", "/v1/library/policy/knee_brace/1", {"body": policy()}),
        ("PUT", "/v1/library/policy/knee_brace/1", {"body": policy(), "replaces": True}),
        ("PUT", "/v1/library/policy/knee_brace/1", {"body": policy(), "replaces": -1}),
        ("PUT", "/v1/library/policy/knee_brace/1", {"body": policy(), "replaces": 0, "by": "me"}),
        ("PUT", "/v1/library/policy/knee_brace/1", {"body": [], "replaces": 0}),
        ("PUT", "/v1/library/policy/knee_brace/%20", {"body": policy(), "replaces": 0}),
        ("POST", "/v1/library/policy/knee_brace/state", {"version": None, "replaces": 0}),
        ("POST", "/v1/library/policy/knee_brace/state", {"version": "9", "replaces": 0}),
        ("POST", "/v1/library/policy/knee_brace/state", {"version": ""}),
    ],
)
def test_what_is_half_understood_is_refused_as_a_whole(
    running: Service, method: str, place: str, body: Any
) -> None:
    headers = {"Authorization": f"Bearer {running.issuer.token(ADMIN)}"}
    answer = http.request(method, running.url + place, json=body, headers=headers)
    assert answer.status_code in (404, 422), answer.text
    assert running.library.revision()[0] == 0


def test_the_log_tells_ids_alone(running: Service) -> None:
    running.endpoint(ADMIN).publish(P, "knee_brace", "1", Publishing(policy(), 0))
    line = next(line for line in running.lines() if line["event"] == "library_published")
    assert (line["kind"], line["name"], line["version"], line["by"]) == ("policy", "knee_brace", "1", ADMIN)
    assert "unstable" not in running.out.getvalue()
    with pytest.raises(SignInRequired):
        running.endpoint(ADMIN, exp=1).library(0)
