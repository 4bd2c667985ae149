"""What every ledger and every register keeps, in memory and in Firestore's emulator through the real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.errors import Offline, Rejected
from app.domain.role import Person, Role
from app.domain.sync_wire import Checkpoint, KeptCheckpoint
from app.services.google.database import Database
from app.services.google.register import FirestoreRegister
from app.services.google.service_ledger import FirestoreLedger
from app.services.ingestion_service.numbering import ReceiptNumbers, service_code
from app.services.ingestion_service.people import PeopleRegister
from app.services.ingestion_service.port import Ledger, PeopleMoved, Register
from app.services.signing import new_key
from tests.emulator import Place
from tests.serve_parts import ADMIN, MemoryLedger, MemoryRegister

pytest_plugins = ("tests.emulator",)

NOW = datetime(2026, 11, 3, 9, 0, 0, 123456, UTC)
DOCTOR = Person("doctor@payer.example", "Dr. Doe", (Role.PHYSICIAN,))
ADA = Person(ADMIN, "Ada", (Role.ADMINISTRATOR,))


Places = tuple[Callable[[], Any], Callable[[], Any]]


class PortContract:
    """Asks for `places`: ways to make ledgers and registers that see the same things."""

    @pytest.fixture
    def ledger(self, places: Any) -> Ledger:
        found: Ledger = places[0]()
        return found

    @pytest.fixture
    def register(self, places: Any) -> Register:
        found: Register = places[1]()
        return found

    def test_no_two_instances_take_the_same_numbers(self, places: Any) -> None:
        instances = [places[0]() for _ in range(3)]

        def taken(ledger: Ledger) -> list[int]:
            return [ledger.take_numbers(5) for _ in range(3)]

        with ThreadPoolExecutor(3) as pool:
            firsts = [first for found in pool.map(taken, instances) for first in found]
        assert len(set(firsts)) == 9
        assert all(abs(a - b) >= 5 for a in firsts for b in firsts if a != b)

    def test_cases_with_the_same_bytes_are_found_with_the_receipt_that_was_noted_first(
        self, ledger: Ledger
    ) -> None:
        ledger.note_content("ab" * 32, "c1", "R-1")
        ledger.note_content("ab" * 32, "c1", "R-9")
        ledger.note_content("ab" * 32, "c2", "R-2")
        ledger.note_content("cd" * 32, "c3", "R-3")
        assert ledger.with_content("ab" * 32) == {"c1": "R-1", "c2": "R-2"}
        assert ledger.with_content("00" * 32) == {}

    def test_an_arrival_can_be_set_aside_again(self, ledger: Ledger) -> None:
        ledger.set_aside("a1", {"reason": "one", "size": 3})
        ledger.set_aside("a1", {"reason": "two"})

    def test_people_are_read_as_they_were_put(self, register: Register) -> None:
        assert register.person(DOCTOR.name) is None
        assert register.people().people == {}
        register.put_person(DOCTOR, register.people().state, {"what": "person_put"})
        register.put_person(ADA, register.people().state, {"what": "person_put"})
        assert register.person(DOCTOR.name) == DOCTOR
        assert register.people().people == {DOCTOR.name: DOCTOR, ADA.name: ADA}
        less = Person(DOCTOR.name, "Dr. Doe", (Role.CASE_MANAGER,), active=False)
        register.put_person(less, register.people().state, {})
        assert register.person(DOCTOR.name) == less

    def test_of_two_changes_to_people_at_once_one_is_told_that_the_register_moved(self, places: Any) -> None:
        """So that two administrators cannot each take the other's role at the same moment."""
        one, two = places[1](), places[1]()
        for _ in range(2):
            seen, also_seen = one.people(), two.people()
            one.put_person(DOCTOR, seen.state, {})
            with pytest.raises(PeopleMoved):
                two.put_person(ADA, also_seen.state, {})
            assert two.person(ADA.name) is None

    def test_a_checkpoint_is_kept_once(self, places: Any) -> None:
        one, two = places[1](), places[1]()
        kept = KeptCheckpoint(Checkpoint("04A7", 12, "ab" * 32, NOW), "a@b.example", NOW, "s")
        other = KeptCheckpoint(Checkpoint("04A7", 12, "cd" * 32, NOW), "a@b.example", NOW, "s")
        assert one.checkpoint("04A7", 12) is None
        assert one.keep_checkpoint(kept)
        assert not two.keep_checkpoint(other)
        assert not two.keep_checkpoint(kept)
        assert two.checkpoint("04A7", 12) == kept
        assert two.checkpoint("04A7", 13) is None
        assert two.latest_checkpoint("04A7") == kept
        assert two.latest_checkpoint("04A8") is None

    def test_what_has_to_be_known_later_is_noted(self, register: Register) -> None:
        register.note({"what": "checkpoint_differs", "kept": None, "came": {"by": "x"}})

    def test_the_first_administrator_is_made_once(self, register: Register) -> None:
        class Nobody:
            def email(self, token: str) -> str:
                return token

        people = PeopleRegister(register, Nobody(), new_key()[0], lambda: NOW)
        assert people.first_administrator(" Ada@Payer.example ").name == "ada@payer.example"
        assert people.first_administrator("ada@payer.example").roles == (Role.ADMINISTRATOR,)
        with pytest.raises(Rejected) as refused:
            people.first_administrator("eve@payer.example")
        assert refused.value.code == "administrator_there"
        assert people.caller("ada@payer.example").may is not None


class TestMemory(PortContract):
    @pytest.fixture
    def places(self) -> Places:
        ledger, register = MemoryLedger(), MemoryRegister({})
        return lambda: ledger, lambda: register


class TestFirestore(PortContract):
    @pytest.fixture
    def places(self, firestore: Place) -> Iterator[Places]:
        made: list[Any] = []

        def kept(thing: Any) -> Any:
            made.append(thing)
            return thing

        def database(name: str) -> Database:
            return Database(firestore.project, name, None, firestore.address)

        yield (
            lambda: kept(FirestoreLedger(database("(default)"))),
            lambda: kept(FirestoreRegister(database("countersign-trust"))),
        )
        for thing in made:
            thing.close()


# Receipt numbers


def test_receipt_numbers_of_many_instances_are_all_different() -> None:
    shared = MemoryLedger()
    code = service_code("payer", "(default)")
    instances = [ReceiptNumbers(code, shared.take_numbers, 3) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: instances[n % 4].next(NOW), range(200)))
    assert len(set(numbers)) == 200


def test_no_desk_can_have_the_code_of_the_service() -> None:
    """A desk's has four characters."""
    from app.domain.receipt import ALPHABET, is_receipt, receipt_number

    codes = {service_code(f"payer-{n}", "(default)") for n in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 5 and code[0] == "S" and set(code) <= set(ALPHABET) for code in codes)
    assert all(is_receipt(receipt_number(NOW, code, 12)) for code in codes)


def test_a_block_that_cannot_be_had_is_asked_for_again() -> None:
    answers: list[Any] = [Offline("Away."), 21]

    def take(count: int) -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    numbers = ReceiptNumbers("S0000", take)
    with pytest.raises(Offline):
        numbers.next(NOW)
    assert "-000N-" in numbers.next(NOW)
