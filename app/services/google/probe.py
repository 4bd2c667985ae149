"""Whether a processor of Document AI reads for whoever is signed in: one blank page is sent to it, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import Rejected
from app.services import media
from app.services.google.document_ai.failure import ONLINE, Busy, TooLong, translated
from app.services.ports import Progress

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SECONDS = 30.0


def try_processor(name: str, page: bytes, credentials: Credentials, address: str = "") -> str:
    """What the processor is called that answered. `page` is a PDF of one page. Raises `Offline`, `SignInRequired`,
    `Rejected`.
    """
    from google.cloud.documentai_v1 import ProcessRequest, RawDocument

    from app.services.google.document_ai.wire import Wires

    wires = Wires(credentials, address)
    request = ProcessRequest(
        name=name, raw_document=RawDocument(content=page, mime_type=media.PDF), skip_human_review=True
    )
    try:
        with translated(ONLINE):
            wires.of(name).process(request, SECONDS, None, Progress(1, 1))
    except Busy as error:
        raise error.told from error
    except TooLong as error:
        raise Rejected("The processor does not take a page.", code="document_ai_pages") from error
    finally:
        wires.close()
    return "reads"
