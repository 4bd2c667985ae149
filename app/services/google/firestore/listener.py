"""A listener on the scope of a desk: it says that something may have changed, and nothing else.

Google's own watch opens itself again without a pause while the endpoint is away, a thousand times a second, and dies
of an error in whoever is told. This one holds one stream, lets go of it at the first sign of failure, waits (1 to 60 s,
full jitter) and tells once when it is back, for what was missed. It watches only what is written from its start on:
each change costs one read, its start one for each part of the scope. What it was told of is kept until it is asked
for: a poll would be billed for the same documents again.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.sync import RemoteCase, Scope
from app.services.google.firestore.document import plain
from app.services.google.firestore.failure import translated

if TYPE_CHECKING:
    from app.services.google.firestore.channel import Wire
    from app.services.google.firestore.poll import Poll

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
LONGEST_STREAM = 3600.0
"""Seconds after which a stream is opened anew, so that what it watches does not grow for ever."""
MOST_KEPT = 500
"""How many cases are kept until they are asked for. With more of them the server is asked."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Seen:
    """The versions of cases that this desk wrote or was given: no news to it. Thread-safe; the oldest are forgotten."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._versions: dict[str, str] = {}

    def note(self, case_id: str, update_time: str) -> None:
        with self._lock:
            self._versions.pop(case_id, None)
            self._versions[case_id] = update_time
            if len(self._versions) > self._most:
                del self._versions[next(iter(self._versions))]

    def has(self, case_id: str, update_time: str) -> bool:
        with self._lock:
            return self._versions.get(case_id) == update_time


class Brought:
    """The cases that a stream has told of and nobody has asked for yet. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: dict[str, Any] = {}
        self._whole = False

    def note(self, message: Any) -> None:
        with self._lock:
            self._messages[message.name] = message
            if len(self._messages) > MOST_KEPT:
                self._lose()

    def lose(self) -> None:
        """Something may have been missed: the server has to be asked."""
        with self._lock:
            self._lose()

    def _lose(self) -> None:
        self._messages.clear()
        self._whole = False

    def take(self) -> tuple[Any, ...] | None:
        """All of them, once; None when the server has to be asked. From then on nothing is missed."""
        with self._lock:
            if not self._whole:
                self._whole = True
                return None
            taken = tuple(self._messages.values())
            self._messages.clear()
            return taken


class Listening:
    """One listener: called, it ends. `alive` is False once it has ended, by itself when nobody is signed in."""

    def __init__(
        self,
        connected: Callable[[], Wire],
        poll: Poll,
        scope: Scope,
        poke: Callable[[], None],
        over: Callable[[Listening], None],
        seen: Seen,
        made: Callable[[Any], RemoteCase],
    ) -> None:
        self._connected = connected
        self._poll = poll
        self._scope = scope
        self._poke = poke
        self._over = over
        self._seen = seen
        self._made = made
        self._brought = Brought()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._stream: Any = None
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.opened = 0
        """How often a stream was opened."""
        # A stream blocks whoever reads it: no lane could be lent to it for hours.
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() and not self._ended.is_set()

    def start(self) -> None:
        self._thread.start()

    def heard(self) -> tuple[RemoteCase, ...] | None:
        """The cases it was told of since it was last asked, oldest first: what a poll would find now, without its
        reads. None when something may have been missed, and the server has to be asked.
        """
        taken = self._brought.take() if self.alive else None
        if taken is None:
            return None
        news = (message for message in taken if not self._is_had(message))
        return tuple(sorted(map(self._made, news), key=lambda case: (case.updated_at, case.case_id)))

    def stop(self) -> None:
        """End it as soon as may be, and return at once."""
        self._ended.set()
        self._let_go()

    def __call__(self) -> None:
        """End it, and return when its thread is gone (at once when called from `poke`): after ten seconds at the
        latest, where it is just asking a server that does not answer.
        """
        self.stop()
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join()
        self._over(self)

    def _run(self) -> None:
        failures = 0
        while not self._ended.is_set():
            try:
                with translated("datastore.entities.list"):
                    for settled in self._watched():
                        failures = 0 if settled else failures
                        self._poke()
            except Offline:
                pass  # what happens all day: the network is away, or the server ends a stream
            except (SignInRequired, Rejected):
                # nothing that waiting mends: the poll this leads to says what it is
                if not self._ended.is_set():
                    self._ended.set()
                    self._poke()
            finally:
                self._brought.lose()
                self._let_go()
            failures += 1
            longest = min(LONGEST_WAIT, FIRST_WAIT * 2**failures)
            self._ended.wait(random.uniform(FIRST_WAIT, longest))  # noqa: S311 - spreads desks, hides nothing
        self._over(self)

    def _watched(self) -> Iterator[bool]:
        """Opens one stream and yields whenever something may have changed; True once the server has caught up."""
        from google.cloud.firestore_v1.types import ListenRequest, Target, TargetChange

        wire = self._connected()
        after = self._newest(wire)
        database = wire.database
        with self._lock:
            if self._ended.is_set():
                return
            self._requests = queue.SimpleQueue()
            wanted = 0
            for wanted, query in enumerate(self._poll.pokes(wire.client, self._scope, after), 1):
                asked = Target.QueryTarget(
                    parent=f"{database}/documents",
                    structured_query=query._to_protobuf(),  # noqa: SLF001 - as the client's own watch does
                )
                self._requests.put(
                    ListenRequest(database=database, add_target=Target(query=asked, target_id=wanted))
                )
            self.opened += 1
            self._stream = stream = wire.listen(iter(self._requests.get, None), LONGEST_STREAM)
        # After a RESET the server tells of everything again, so that nothing is missed by it.
        current: set[int] = set()
        for response in stream:
            change = response.target_change
            if "target_change" in response:
                kind = change.target_change_type
                if kind == TargetChange.TargetChangeType.REMOVE:
                    return  # the server gave up on it: the next try says why
                if kind == TargetChange.TargetChangeType.CURRENT and len(current) < wanted:
                    current.update(change.target_ids)
                    if len(current) == wanted:
                        self._brought.lose()  # what was written before it listened is asked for once
                        yield True
            elif len(current) == wanted and not self._is_known(response):
                yield True

    def _is_known(self, response: Any) -> bool:
        """Whether it tells of nothing but a version that this desk has. Any other is kept until it is asked for."""
        if (
            "filter" in response
        ):  # how many there are: what is gone from them was told, or is found by the poll
            return True
        if "document_change" not in response:
            self._brought.lose()
            return False
        from google.cloud.firestore_v1.types import Document

        message = Document.pb(response.document_change.document)
        if self._is_had(message):
            return True
        if response.document_change.target_ids:
            self._brought.note(message)
        else:  # it is none of the scope's any more
            self._brought.lose()
        return False

    def _is_had(self, message: Any) -> bool:
        return self._seen.has(message.name.rpartition("/")[2], message.update_time.ToJsonString())

    def _newest(self, wire: Wire) -> datetime:
        """When the scope was last written to, by the server's clock."""
        from app.services.google.firestore.channel import NEVER, SECONDS

        found = [_EPOCH]
        for query in self._poll.newest(wire.client, self._scope):
            for snapshot in query.stream(retry=NEVER, timeout=SECONDS):
                at = (snapshot.to_dict() or {}).get("_meta", {}).get("updated_at")
                if isinstance(
                    at, datetime
                ):  # no later than now: a time to come would leave out all before it
                    found.append(min(plain(at), plain(snapshot.read_time)))
        return max(found)

    def _let_go(self) -> None:
        """Close the stream and free the thread of grpc that waits for more requests."""
        with self._lock:
            stream, self._stream = self._stream, None
            self._requests.put(None)
        if stream is not None:
            stream.cancel()
