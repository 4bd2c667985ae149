"""What every form processor promises (`ports.FormProcessor`), kept by the one on this computer and by Document AI.

Both read the same drawn forms with the real workers. The service reads the scan's text, which it is handed along as an
answering machine would see it: nothing in here knows the answers before the file is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pymupdf
import pytest

from app.domain.errors import Cancelled, Offline, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction, Part
from app.domain.form import FieldKind, FieldState
from app.domain.processor import FormDefinition
from app.services import media, sample_form
from app.services.google.document_ai.processor import DocumentAIFormProcessor
from app.services.local.document_opener import WorkerDocumentOpener
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import FormProcessor, Progress
from app.services.processors import load_calibration, load_definitions
from app.services.sample_form import Sample
from tests.document_ai_server import DocumentAIServer, Zone, document_ai_server

PROCESSORS = Path(__file__).resolve().parents[2] / "resources" / "processors"
DEFINITIONS = {d.form_type: d for d in load_definitions(PROCESSORS)}


@pytest.fixture(scope="module")
def local() -> Iterator[OcrFormProcessor]:
    made = OcrFormProcessor(tuple(DEFINITIONS.values()), {"": load_calibration(PROCESSORS)})
    yield made
    made.close()


@pytest.fixture(scope="module")
def server() -> Iterator[DocumentAIServer]:
    with document_ai_server() as made:
        yield made


@pytest.fixture(scope="module")
def cloud(local: OcrFormProcessor, server: DocumentAIServer) -> Iterator[DocumentAIFormProcessor]:
    opener = WorkerDocumentOpener()

    def cut(document: Document, pages: Sequence[int], turns: Sequence[int]) -> bytes:
        opened = opener(document)
        try:
            return opened.cut(pages, turns)
        finally:
            opened.close()

    names = {
        form_type: server.processor(form_type.replace("_", "-"), *zones(d))
        for form_type, d in DEFINITIONS.items()
    }
    made = DocumentAIFormProcessor(
        names, DEFINITIONS.get, local.read_except, cut, server.credentials(), address=server.address
    )
    yield made
    made.close()
    opener.close_all()


@pytest.fixture(params=["ocr", "document_ai"])
def processor(
    request: pytest.FixtureRequest, local: OcrFormProcessor, cloud: DocumentAIFormProcessor
) -> FormProcessor:
    return local if request.param == "ocr" else cloud


def zones(definition: FormDefinition) -> tuple[Zone, ...]:
    """Where a processor of a form looks, as one is trained to: where the form has its answers."""
    found = []
    for each in definition.fields:
        kind = "tick" if each.kind is FieldKind.TICK_BOX else "text"
        found.append(Zone(each.name, each.zone, each.page - 1, kind))
    return tuple(found)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_form, "ARRIVALS", (sample_form._wheelchair,))
        (made,) = sample_form.make_samples(tmp_path_factory.mktemp("samples"))
    return made


@pytest.fixture(scope="module")
def scanned(sample: Sample) -> bytes:
    """A letter, and behind it a scan of a known form. Under the scan lies what is on it as text nobody sees: the
    service of the test has no eyes, and a reading here does not go by such text.
    """
    document = pymupdf.open()
    document.new_page().insert_text((72, 90), "Dear colleague, please find the form behind this letter.")
    with pymupdf.open(sample.path) as arrived:
        shown = arrived[sample.page - 1].get_pixmap(dpi=150)
        size = arrived[sample.page - 1].rect
    page = document.new_page(width=size.width, height=size.height)
    page.insert_image(page.rect, pixmap=shown)
    for field in DEFINITIONS[sample.form_type].fields:
        said = sample.answers.get(field.name)
        if said:
            y = (field.zone.y0 + field.zone.y1) / 2 * size.height + 2
            text = "X" if said is True else str(said)
            page.insert_text((field.zone.x0 * size.width + 1, y), text, fontsize=4, render_mode=3)
    return bytes(document.tobytes())


def read(processor: FormProcessor, content: bytes) -> Extraction:
    return processor.process(Document("doc", media.sniff(content), content))


def check(extraction: Extraction) -> None:
    """What holds for every extraction of every processor."""
    pages = sorted(p for part in extraction.parts for p in part.pages)
    assert pages == list(range(1, extraction.page_count + 1)), "every page belongs to exactly one part"
    for form in extraction.forms:
        paths = [f.path for f in form.fields]
        assert len(paths) == len(set(paths))
        assert [f.order for f in form.fields] == sorted(f.order for f in form.fields)
        for field in form.fields:
            assert 0.0 <= field.confidence <= 1.0
            assert 0.0 <= field.placement_confidence <= 1.0
            assert field.page in form.pages
            assert field.box is not None
            assert 0.0 <= field.box.x0 < field.box.x1 <= 1.0
            assert 0.0 <= field.box.y0 < field.box.y1 <= 1.0
            assert field.document_id == "doc"
            assert field.state is FieldState.UNSEEN
            assert field.value not in field.suggestions


def test_a_known_form_is_told_apart_and_read_into_its_own_names(
    processor: FormProcessor, scanned: bytes, sample: Sample, server: DocumentAIServer
) -> None:
    server.sent.clear()
    seen: list[Progress] = []
    extraction = processor.process(Document("doc", media.PDF, scanned), seen.append)
    check(extraction)
    assert seen[-1] == Progress(2, 2)
    (form,) = extraction.forms
    definition = DEFINITIONS[sample.form_type]
    assert (form.form_type, form.processor_version, form.pages) == (
        sample.form_type,
        definition.version,
        (2,),
    )
    found = {f.path: f for f in form.fields}
    assert {f.name for f in definition.fields} <= set(found)
    answered = {name: said for name, said in sample.answers.items() if said and name in found}
    right = [name for name, said in answered.items() if str(found[name].value) == str(said)]
    assert len(right) >= 0.9 * len(answered) > 10
    for name in right:
        zone = next(f.zone for f in definition.fields if f.name == name)
        lies = found[name].box
        assert lies is not None
        assert zone.padded(0.03, 0.03).contains(*lies.centre)
    for sent in server.sent:
        with pymupdf.open(stream=sent) as file:
            assert file.page_count == 1
            assert "Dear colleague" not in file[0].get_text()


def test_an_unknown_form_is_read_here(processor: FormProcessor, server: DocumentAIServer) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for number, text in enumerate(("REQUEST", "Patient name: Ann Other", "Date of birth: 01/02/1980")):
        page.insert_text((72, 90 + 30 * number), text, fontsize=14)
    server.sent.clear()
    extraction = read(processor, document.tobytes())
    check(extraction)
    assert extraction.forms[0].form_type == "generic"
    assert server.sent == []


def test_the_person_can_stop_the_reading(processor: FormProcessor, scanned: bytes) -> None:
    def stop(_progress: Progress) -> None:
        raise Cancelled("Reading was stopped.")

    with pytest.raises(Cancelled):
        processor.process(Document("doc", media.PDF, scanned), stop)


@pytest.mark.parametrize(("content", "code"), [(b"", "empty_file"), (b"%PDF-1.4\nbroken", "broken")])
def test_what_cannot_be_read_says_why_and_what_to_do(
    processor: FormProcessor, content: bytes, code: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        processor.process(Document("doc", media.PDF if content else "", content))
    assert caught.value.code == code
    assert caught.value.next_step


def test_a_service_that_is_away_is_told(cloud: DocumentAIFormProcessor, scanned: bytes) -> None:
    def told(_document: Document, _elsewhere: frozenset[str], _watch: object = None) -> Extraction:
        form = FormExtraction("bsc_dme", "1", (2,), ())
        return Extraction(2, (form,), (Part("clinical", (1,)), Part("form", (2,))))

    away = DocumentAIFormProcessor(
        cloud._processors, DEFINITIONS.get, told, cloud._cut, cloud._credentials,
        address="127.0.0.1:1", wait=lambda _seconds: None,
    )  # fmt: skip
    with pytest.raises(Offline) as caught:
        read(away, scanned)
    assert caught.value.next_step
    away.close()
