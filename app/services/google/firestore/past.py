"""What stands beside a case: the receipts of what was done to it, and what models were asked about it.

Read again from a time on (`written_at`, the server's), so that a desk pays for what is new. Each index is the one that
Firestore keeps of a single field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain.case import Json
from app.domain.sync import Receipt
from app.services.google.firestore import document

if TYPE_CHECKING:
    from app.services.google.firestore.remote import Deadline

DESKS = "pa_desks"
"""The codes of desks, each with the random name of the workspace that has it: no person, no computer."""
_WRITTEN = "written_at"


def receipts_of(case: Any, since: datetime | None, deadline: Deadline) -> tuple[Receipt, ...]:
    """The receipts of a case (its document reference), in the order of their time."""
    found = (receipt_from(each.to_dict() or {}) for each in _written(case, "mutations", since, deadline))
    return tuple(sorted(found, key=lambda receipt: (receipt.at, receipt.mutation_id)))


def reviews_of(case: Any, since: datetime | None, deadline: Deadline) -> Mapping[str, Json]:
    """The reviews of a case by their ids."""
    return {
        str(each.id): document.from_firestore((each.to_dict() or {}).get("review", {}))
        for each in _written(case, "reviews", since, deadline)
    }


def claimed(client: Any, code: str, workspace: str, deadline: Deadline) -> bool:
    """Create the entry of a desk's code, or find whose it is."""
    from google.api_core.exceptions import AlreadyExists
    from google.cloud.firestore import SERVER_TIMESTAMP

    place = client.collection(DESKS).document(code)
    batch = client.batch()
    batch.create(place, {"workspace": workspace, "claimed_at": SERVER_TIMESTAMP})
    try:
        batch.commit(retry=None, timeout=deadline.left)
    except AlreadyExists:  # it may be our own, of a call whose answer was lost
        kept = place.get(retry=None, timeout=deadline.left)
        return bool((kept.to_dict() or {}).get("workspace") == workspace)
    return True


def _written(case: Any, part: str, since: datetime | None, deadline: Deadline) -> Iterable[Any]:
    from google.cloud.firestore_v1.base_query import FieldFilter

    from app.services.google.firestore.channel import NEVER

    query = case.collection(part)
    if since is not None:
        query = query.where(filter=FieldFilter(_WRITTEN, ">=", since)).order_by(_WRITTEN)
    found: Iterable[Any] = query.stream(retry=NEVER, timeout=deadline.left)
    return found


def receipt_to(receipt: Receipt) -> Json:
    made: Json = {
        "mutation_id": receipt.mutation_id,
        "case_id": receipt.case_id,
        "action": receipt.action,
        "by": receipt.by,
        "at": receipt.at,
        "desk": receipt.desk,
        "sequence": receipt.sequence,
        "previous": receipt.previous,
        "hash": receipt.hash,
        "body": document.to_firestore(receipt.body, "body", 1),
    }
    document.check_size((made,), receipt.case_id)
    from google.cloud.firestore import SERVER_TIMESTAMP

    return made | {"written_at": SERVER_TIMESTAMP}


def receipt_from(data: Mapping[str, Any]) -> Receipt:
    return Receipt(
        str(data.get("mutation_id", "")),
        str(data.get("case_id", "")),
        str(data.get("action", "")),
        str(data.get("by", "")),
        document.plain(data["at"]),
        str(data.get("desk", "")),
        int(data.get("sequence", 0)),
        str(data.get("previous", "")),
        str(data.get("hash", "")),
        document.from_firestore(data.get("body", {})),
    )
