"""Everything of a review put together: what the window and the command line work with."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.deciding import Deciding
from app.services.letter import Letters
from app.services.noting import Noting
from app.services.review import Reviewing
from app.services.review_receipt import Receipts


@dataclass(frozen=True, slots=True)
class ReviewRoom:
    """The services of the review. `reviewing` may be called in any lane (asking: in `review`); the others belong to
    the store's lane, but for `letters.printed`.
    """

    reviewing: Reviewing
    noting: Noting
    deciding: Deciding
    receipts: Receipts
    letters: Letters
