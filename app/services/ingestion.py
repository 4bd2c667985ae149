"""Taking files in from beginning to end, one after the other: for the command line and for services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.case import Case, IntakeStatus
from app.domain.errors import Actionable, Conflict, StorageFailed
from app.services.intake import Intake, ReadAgain
from app.services.lanes import Lanes
from app.services.ports import FormProcessor, Watch

READER = "reader"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file: its cases (none when it could not even be opened), and how long reading took.

    `known` says that the same bytes had arrived before. `refused` says why no case was made, or why the
    case that was made could not be read: the disk refused.
    """

    path: Path
    cases: tuple[Case, ...]
    seconds: float | None = None
    known: bool = False
    refused: Actionable | None = None


@dataclass(frozen=True, slots=True)
class Ingestion:
    lanes: Lanes
    intake: Intake
    processor: FormProcessor

    def take_in(self, path: Path, by: str, watch: Watch | None = None) -> Ingested:
        """Take one file in and read it. Never raises for what a file holds: that is what `unreadable` is for."""
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = Actionable(
                f"“{path.name}” cannot be read: {error.strerror}.",
                "Check the file and its rights.",
                code="file_refused",
            )
            return Ingested(path, (), refused=reason)
        try:
            arrival = self._in_store(self.intake.arrive, content, path.name, by)
        except StorageFailed as error:  # a smaller file may still find room
            return Ingested(path, (), refused=error)
        # One that is being read may be left over from a program that died: `read` finds out.
        if arrival.case.intake_status not in (IntakeStatus.RECEIVED, IntakeStatus.READING):
            cases = self._in_store(self.intake.cases_of_the_same_file, arrival.case.case_id)
            return Ingested(path, cases, known=arrival.known)
        try:
            cases, seconds = self.read(arrival.case.case_id, watch)
        except StorageFailed as error:
            kept = self._in_store(self.intake.case, arrival.case.case_id)
            return Ingested(path, (kept,), known=arrival.known, refused=error)
        return Ingested(path, cases, seconds, known=arrival.known)

    def read(self, case_id: str, watch: Watch | None = None) -> tuple[tuple[Case, ...], float | None]:
        """Read a case that has arrived; (its cases, seconds of reading)."""
        try:
            document = self._in_store(self.intake.begin_reading, case_id, READER)
            extraction = self.lanes.submit("reading", self.processor.process, document, watch).result()
        except Conflict:  # another program reads it, or has read it
            return (self._in_store(self.intake.case, case_id),), None
        except Actionable as error:
            return (self._in_store(self.intake.fail_reading, case_id, error, READER),), None
        cases = self._in_store(self.intake.finish_reading, case_id, extraction, READER)
        return cases, extraction.seconds

    def read_again(self, case_id: str, by: str, watch: Watch | None = None) -> ReadAgain:
        """Read a case in review with the versions in force; what people did to it stays.

        Raises `Rejected` with the reason, `Unreadable` when the file cannot be read now: the case stays as it was.
        """
        document = self._in_store(self.intake.begin_reading_again, case_id)
        extraction = self.lanes.submit("reading", self.processor.process, document, watch).result()
        found: ReadAgain = self._in_store(self.intake.finish_reading_again, case_id, extraction, by)
        return found

    def _in_store(self, function: Callable[..., Any], *arguments: object) -> Any:
        return self.lanes.submit("store", function, *arguments).result()


def files_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those anywhere below the folders named, in order; hidden ones left out."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file() and not any(
                    part.startswith(".") for part in found.relative_to(path).parts
                ):
                    yield found
        else:
            yield path
