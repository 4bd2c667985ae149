"""What shares policies and form types with other desks, put together. Loaded with the first exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.domain.library_wire import Kind
from app.domain.role import Right
from app.services.change_log import utc_now
from app.services.library_sharing import NOT_SENT, OVERRULED, RENUMBERED, LibrarySharing, Told
from app.services.shared_shelf import FormShelves, PolicyShelves
from app.services.store.store import Notice

if TYPE_CHECKING:
    from app.services.access import Access
    from app.services.connected_access import InStore
    from app.services.library_sharing import Librarian
    from app.services.policy_library import PolicyLibrary
    from app.services.processor_library import ProcessorLibrary
    from app.services.store.store import Store


def library_sharing(
    store: Store,
    in_store: InStore,
    librarian: Callable[[], Librarian],
    policies: Callable[[], PolicyLibrary],
    forms: ProcessorLibrary,
    access: Access,
    tell: Callable[[Notice], None],
) -> LibrarySharing:
    shelves = (PolicyShelves(store, policies, utc_now), FormShelves(store, forms, utc_now))
    return LibrarySharing(
        store, in_store, librarian, shelves, utc_now,
        lambda: access.me.may(Right.ADMINISTER), lambda told: tell(notice_of(told)),
    )  # fmt: skip


def notice_of(told: Told) -> Notice:
    """What a person is told of a version, in words with a next step."""
    which = "policies" if told.kind is Kind.POLICY else "form types"
    look = f"Look at it among the {which}."
    if told.what == RENUMBERED:
        text = (
            f"{told.by} published version {told.version} of {told.title} at another desk; "
            f"yours is version {told.now} now."
        )
    elif told.what == OVERRULED:
        now = f"version {told.now}" if told.now else "no version"
        text = f"{told.by} was first with {told.title}: {now} of it is in force at all desks."
        look = f"What you published is kept as a version. {look}"
    elif told.what == NOT_SENT:
        text = f"Version {told.version} of {told.title} cannot be shared; it is used on this computer alone."
        look = "Shorten its text or split it, and publish it again."
    else:
        text = f"Version {told.version} of “{told.title}”, which {told.by} published, cannot be used here."
        look = "Update the program; until then what was in force stays."
    params = {"title": told.title, "version": told.version, "now": told.now, "by": told.by}
    return Notice(text, look, f"library_{told.what}", params)
