"""What connecting a workspace asks beyond this computer, before it is connected and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.composition.cloud import Cloud, Ground, google_identity
from app.composition.place import CloudPlaces
from app.domain.connection import Connection
from app.services.change_log import utc_now
from app.services.connecting import Connecting, Project
from app.services.token_vault import SIGNED_IN

if TYPE_CHECKING:
    from app.services.access import Access
    from app.services.change_log import ChangeLog
    from app.services.connected_access import Register
    from app.services.google.endpoint import Endpoint
    from app.services.ports import Identity


class Google:
    """`connecting.Outside` over Google's sign-in, the ingestion service and Resource Manager."""

    def __init__(self, ground: Ground, cloud: Cloud | None, places: CloudPlaces) -> None:
        self._ground, self._cloud, self._places = ground, cloud, places
        self._identities: dict[tuple[str, str], Identity] = {}
        self._endpoints: dict[str, Endpoint] = {}

    def identity(self, connection: Connection) -> Identity:
        if self._cloud is not None and connection == self._cloud.connection:
            return self._cloud.identity
        if self._places.identity is not None:
            return self._places.identity
        which = (connection.client_id, connection.project)
        if which not in self._identities:
            record = self._ground.in_store(self._ground.store.recall, SIGNED_IN) or {}
            email = str(record.get("email", ""))
            self._identities[which] = google_identity(connection, self._places, self._ground, email)
        return self._identities[which]

    def register(self, connection: Connection) -> Register:
        if self._cloud is not None and connection == self._cloud.connection:
            return self._cloud.endpoint
        from app.services.google.endpoint import Endpoint

        url = self._places.service or connection.service_url
        if url not in self._endpoints:
            self._endpoints[url] = Endpoint(url, self.identity(connection))
        return self._endpoints[url]

    def described(self, url: str) -> Connection:
        from app.services.google.endpoint import connection_at

        return connection_at(url)

    def projects(self, connection: Connection) -> tuple[Project, ...]:
        from app.services.google.project import installations

        return installations(self.identity(connection), self._places.projects)

    def signed_in(self) -> None:
        if self._cloud is not None:
            self._cloud.signed_in()

    def size(self) -> int:
        return sum(
            path.stat().st_size
            for path in (self._ground.place.folder / "blobs").glob("*/*")
            if path.is_file()
        )

    def close(self) -> None:
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._endpoints.clear()


def connecting(
    ground: Ground, access: Access, changes: ChangeLog, cloud: Cloud | None, places: CloudPlaces
) -> Connecting:
    """The service that connects; loaded where it is asked for."""
    return Connecting(
        ground.store, ground.in_store, access, changes, Google(ground, cloud, places),
        cloud.connection if cloud is not None else None, ground.place.folder, utc_now,
        plain=places != CloudPlaces(),
    )  # fmt: skip


def cloud_clients() -> tuple[str, ...]:
    """The client libraries of the cloud, each tried without a network; raises what a broken installation raises."""
    from app.services.google.clients import make_clients

    return make_clients()
