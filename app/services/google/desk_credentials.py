"""The person at the desk as Google's client libraries want to know them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError, TransportError

from app.domain.errors import Offline, SignInRequired
from app.services.ports import Identity

UNKNOWN = 300.0
"""Seconds that a token is taken to hold where nobody says."""


@runtime_checkable
class Lasting(Protocol):
    """An identity that says how long its token holds and can be told that one was not taken."""

    def lifetime(self) -> float: ...

    def refused(self) -> None: ...


class DeskCredentials(Credentials):
    """Asks the identity of the desk for a token whenever the last runs out. Holds no secret of its own.

    A client library gets `RefreshError` when somebody has to sign in, `TransportError` when the network is away, as
    from credentials of Google's own.
    """

    def __init__(self, identity: Identity) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._identity = identity

    def refresh(self, request: object) -> None:  # noqa: ARG002 - the identity asks by itself
        identity = self._identity
        lasting = identity if isinstance(identity, Lasting) else None
        if (
            lasting is not None and self.token and not self.expired
        ):  # it was sent, and a service did not take it
            lasting.refused()
        try:
            self.token = identity.access_token()
        except SignInRequired as error:
            raise RefreshError(str(error)) from error  # type: ignore[no-untyped-call]
        except Offline as error:
            raise TransportError(str(error)) from error  # type: ignore[no-untyped-call]
        seconds = max(lasting.lifetime(), 1.0) if lasting is not None else UNKNOWN
        # the library takes its own few minutes off again (`REFRESH_THRESHOLD`)
        self.expiry = (datetime.now(UTC) + timedelta(seconds=seconds + 225)).replace(tzinfo=None)
