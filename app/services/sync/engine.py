"""The sync engine: one pure step between the store and the server.

No Qt, no thread, no sleep, no time or chance of its own: what a step does follows from what it is given, so that a
simulator can run a million of them and every failure is a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from app.domain.change import Action
from app.domain.errors import (
    Actionable,
    Conflict,
    Offline,
    Rejected,
    SignInRequired,
    StorageFailed,
    Unreadable,
)
from app.domain.news_page import NewsPage
from app.domain.sync import Answer, Cursor, RemoteCase
from app.domain.sync import Link as LinkState
from app.services.store.aside_shelf import ASK, NOT_UNDERSTOOD
from app.services.store.sync_row import Due, Incoming, Link
from app.services.sync.step import Remote, Step, SyncStore

POLL = timedelta(minutes=5)
OVERLAP = timedelta(minutes=5)
"""The server's time is that of the request, not of the commit: what comes late is found by asking for these again."""
AHEAD = timedelta(days=1)
"""How far the server's time may be ahead of this desk's."""
GLANCE = timedelta(seconds=20)
"""How far back a poll goes that something pointed to: a desk that went back five minutes with every change of anybody
would read each version a hundred times. The poll that is due every five minutes finds what this one misses.
"""
SHORTEST, LONGEST = 1.0, 60.0
"""Seconds until a case is tried again, with full jitter."""
ASKED_AGAIN = 25.0
"""Seconds after which a server that is away is asked again at the latest: once it answers, nothing waits any longer."""
PAGE = 100
AT_ONCE = 10
"""How many cases are taken in within one transaction: a person's edit waits for no more than that."""
NOT_YOU = "not_you"
"""What the endpoint answers to a determination of somebody else than who is signed in."""
_DOWN = 2
"""From how many failures in a row on the server is taken to be away."""
_FORMS = frozenset({"form", "fax_cover"})
Heard = Callable[[], tuple[RemoteCase, ...] | None]
"""What a listener brought since it was last asked; None when the server has to be asked."""


def sync_once(
    store: SyncStore,
    remote: Remote,
    clock: Callable[[], datetime],
    random: Random,
    *,
    poked: bool = False,
    heard: Heard | None = None,
) -> Step:
    """Do the next thing between the store and the server, and say when to come back. `poked` says that something may
    have changed at the server, or that it may be reached again: nothing waits for another try then. `heard` gives what
    a listener brought, where nothing but that listener said so.

    What can be expected to fail is in the step and never raised; whatever was left open by it is looked up by the
    receipts the next time.
    """
    now = clock()
    try:
        return _Stepping(store, remote, clock, random, store.link(remote.scope), now, poked, heard).run()
    except StorageFailed as error:
        return Step(
            "failed",
            now + timedelta(seconds=random.uniform(SHORTEST, ASKED_AGAIN)),
            LinkState.STOPPED,
            reason=error.reason,
            next_step=error.next_step,
            code=error.code,
        )


@dataclass(slots=True)
class _Stepping:
    store: SyncStore
    remote: Remote
    clock: Callable[[], datetime]
    random: Random
    link: Link
    now: datetime
    poked: bool
    heard: Heard | None = None
    changed: list[str] = field(default_factory=list)
    """Cases that came in changed, told of also when the step fails later."""
    conflicts: int = 0

    def run(self) -> Step:
        poked = self.poked
        if poked and self.link.tries:  # tried at once; the news are asked for as soon as the server answers
            self._keep(retry_at=None, polled_at=None)
        if poked:
            self.store.reconnected()
        link = self.link
        if link.retry_at is not None and self.now < link.retry_at <= self.now + timedelta(seconds=LONGEST):
            return self._step("waiting", link.retry_at)
        news = poked or self._poll_due()
        if news:
            self.store.arrived(self.remote.scope.person)
        # While the server is away what waits is tried first: it says as well whether the server is back.
        first = news and not link.tries
        due = None if first else self.store.due(self.now, uploads=self._uploads)
        if due is None and (news or link.tries >= _DOWN):
            return self._tried(self._poll, "")
        if due is None:
            return self._idle()
        return self._tried(lambda: self._do(due), due.case_id, due.tries, _author(due))

    @property
    def _uploads(self) -> bool:
        return self.remote.buckets is not None and self.remote.content is not None

    def _poll_due(self) -> bool:
        """Whether to ask for news: at the start, every five minutes, and until a poll is done."""
        polled = self.link.polled_at
        return self.link.page is not None or polled is None or not polled <= self.now < polled + POLL

    def _idle(self) -> Step:
        wakes = [at for at in (self.store.wake(self.now), (self.link.polled_at or self.now) + POLL) if at]
        return self._step("idle", max(min(wakes), self.now + timedelta(seconds=SHORTEST)))

    def _tried(self, work: Callable[[], Step], case_id: str, tries: int = 0, author: str = "") -> Step:
        """Do one thing with the server, and note how it went."""
        try:
            step = work()
        except Offline as error:
            return self._failed(error, case_id, tries, sign_in=False)
        except SignInRequired as error:
            return self._failed(error, "", tries, sign_in=True)
        except (Rejected, Conflict, Unreadable) as error:
            return self._refused(error, case_id, author)
        if self.link.tries:
            away = self.link.tries >= _DOWN
            # What was missed while the server was away is asked for.
            self._keep(
                tries=0,
                retry_at=None,
                sign_in=False,
                polled_at=None if away and step.did != "polled" else self.link.polled_at,
                reason="",
                next_step="",
                code="",
            )
            if away:
                self.store.reconnected()
        return replace(step, state=self._state())

    def _failed(self, error: Actionable, case_id: str, tries: int, *, sign_in: bool) -> Step:
        if case_id:
            self.store.failed(case_id, self._later(tries, LONGEST))
        self._keep(
            tries=self.link.tries + 1,
            retry_at=self._later(self.link.tries, ASKED_AGAIN),
            polled_at=None if self.poked else self.link.polled_at,
            sign_in=sign_in,
            reason=error.reason,
            next_step=error.next_step,
            code=error.code,
        )
        return self._step("failed", self.link.retry_at or self.now, case_id)

    def _later(self, tries: int, longest: float) -> datetime:
        most = min(longest, SHORTEST * 2 ** min(tries + 1, 10))
        return self.now + timedelta(seconds=self.random.uniform(SHORTEST, most))

    def _refused(self, error: Actionable, case_id: str, author: str = "") -> Step:
        if case_id and author and error.code == NOT_YOU:
            self.store.hold(case_id, author)  # at a desk that people share it is sent when they are back
            return self._step("refused", self.now, case_id)
        if case_id:
            self.store.park(case_id, error.reason, error.next_step, error.code)
            return replace(self._step("refused", self.now, case_id), reason=error.reason)
        # Not even asking is allowed: it is asked again, seldom, and the screen says why.
        self._keep(
            tries=self.link.tries + 1,
            retry_at=self.now + timedelta(seconds=ASKED_AGAIN),
            reason=error.reason,
            next_step=error.next_step,
            code=error.code,
        )
        return replace(
            self._step("refused", self.now + timedelta(seconds=ASKED_AGAIN)), state=LinkState.STOPPED
        )

    # Pull

    def _poll(self) -> Step:
        link = self.link
        since = link.page
        glance = link.glance if link.page is not None else link.high is not None and not self._poll_due()
        if link.page is None and self.heard is not None:
            brought = self.heard()  # a whole poll finds all of it
            if glance and brought is not None:
                return self._brought(brought)
        start = link.near if glance else link.high
        if since is None and start is not None:
            since = Cursor(start.updated_at - (GLANCE if glance else OVERLAP))
        page = self.remote.cases.changed(self.remote.scope, since, PAGE)
        self._adopt(page)
        last = Cursor(page[-1].updated_at, page[-1].case_id) if page else since
        more = len(page) >= PAGE and last != since  # what cannot be ordered would be asked for for ever
        # A time that has not come yet was written by no server: going on from it would leave out all that is to come.
        seen = [*(Cursor(case.updated_at, case.case_id) for case in page), since]
        come = [at for at in seen if at is not None and at.updated_at <= self.now + AHEAD]
        near = max((at for at in (link.near, *come) if at is not None), key=_order, default=None)
        whole = not more and not glance
        looked = page.at if isinstance(page, NewsPage) else None
        began = None if glance else looked if link.page is None else link.began
        self._keep(
            page=last if more else None,
            glance=glance,
            near=near,
            began=began if more else None,
            # a whole poll that finds nothing has still looked: when it began is how far it has come
            high=link.high if not whole else near if began is None else Cursor(began),
            polled_at=self.now if whole else link.polled_at,
            synced_at=link.synced_at if more else self.now,
        )
        return self._step("polled", self.now)

    def _brought(self, cases: tuple[RemoteCase, ...]) -> Step:
        """Take in what a listener brought: it is paid for already. The next whole poll looks whether that was all."""
        self._adopt(cases)
        come = [Cursor(case.updated_at, case.case_id) for case in cases]
        seen = [at for at in (self.link.near, *come) if at is not None and at.updated_at <= self.now + AHEAD]
        self._keep(near=max(seen, key=_order, default=None), synced_at=self.now)
        return self._step("polled", self.now)

    def _adopt(self, cases: tuple[RemoteCase, ...]) -> None:
        """Take in cases, a few at a time. Where changes wait here, it is asked first which of them are there."""
        incoming = [self._incoming(case) for case in cases]
        for start in range(0, len(incoming), AT_ONCE):
            few = incoming[start : start + AT_ONCE]
            doubtful = self._take_in(few, merge=False)
            for one in few:
                if one.case.case_id not in doubtful:
                    continue
                try:
                    self._reconcile(one.case.case_id, one)
                except Rejected as error:
                    self.store.park(one.case.case_id, error.reason, error.next_step, error.code)

    def _take_in(self, incoming: list[Incoming], *, merge: bool) -> tuple[str, ...]:
        adopted = self.store.adopt(incoming, self.now, merge=merge)
        self.changed += adopted.changed
        self.conflicts += adopted.conflicts
        if merge and adopted.aside:  # what waits of it has nothing that it could be laid over
            raise Rejected(NOT_UNDERSTOOD, ASK, code="remote_not_understood")
        return adopted.doubtful

    def _incoming(self, case: RemoteCase) -> Incoming:
        made = case.document.get("determinations")
        if not isinstance(made, dict):  # none, or what the store sets aside
            return Incoming(case)
        refused = tuple(
            line
            for line, entry in made.items()
            if not (isinstance(entry, dict) and self.remote.confirmed(case.case_id, line, entry))
        )
        return Incoming(case, refused)

    def _reconcile(self, case_id: str, known: Incoming | None = None) -> None:
        """Lay what waits here over the server's version. Receipts first: what is there was our own earlier try.

        `known` is the version that was read before the receipts are: it does when none of them is there.
        """
        waits = self.store.waits(case_id)
        there = self.remote.cases.receipts(case_id, waits) if waits else frozenset[str]()
        if there:
            self.store.acknowledge_found(case_id, [one for one in waits if one in there])
            known = None
        if known is None:
            case = self._read(case_id)
            known = self._incoming(case) if case is not None else None
        if known is not None:
            self._take_in([known], merge=True)

    def _read(self, case_id: str) -> RemoteCase | None:
        """The case as the server has it now; None when it is gone, which is noted."""
        case = self.remote.cases.case(case_id)
        if case is None:
            self.store.gone(case_id, self.now)
            self.changed.append(case_id)
        return case

    # Push

    def _do(self, due: Due) -> Step:
        if due.reread:
            self._reconcile(due.case_id)
            return self._step("reread", self.now, due.case_id)
        if due.upload is not None:
            return self._bring_up(due)
        return self._push(due)

    def _bring_up(self, due: Due) -> Step:
        upload = due.upload
        if upload is None or self.remote.buckets is None or self.remote.content is None:
            return self._step("idle", self.now)
        try:
            content = self.remote.content(upload.sha256)
        except StorageFailed as error:  # the file is gone or altered: of this case alone
            return self._refused(error, due.case_id)
        kept = self.remote.buckets.put(
            "pa_forms_bkt" if upload.kind in _FORMS else "clinical_docs",
            f"{due.case_id}/{upload.sha256}",
            content,
            upload.media_type,
            {
                "case_id": due.case_id,
                "document_id": upload.document_id,
                "kind": upload.kind,
                "desk": due.desk,
            },
        )
        self.store.uploaded(due.case_id, upload.sha256, kept.uri)
        return self._step("uploaded", self.now, due.case_id)

    def _push(self, due: Due) -> Step:
        push = due.push
        if push is None:
            return self._step("idle", self.now)
        pushed = self.remote.cases.push(push)
        if pushed.answer is Answer.APPLIED:
            # The service signs a determination: what it wrote is more than what was sent.
            self.store.acknowledge(due, pushed.update_time, reread=push.determines)
            return self._step("pushed", self.now, due.case_id)
        waits = self.store.waits(due.case_id)
        there = self.remote.cases.receipts(due.case_id, waits)
        if there:
            self.store.acknowledge_found(due.case_id, [one for one in waits if one in there])
        case = self._read(due.case_id)
        if case is not None:
            if not there and case.update_time == push.base:
                raise Offline(
                    "The server's answers do not fit together.", "It is tried again.", code="answers_differ"
                )
            self._take_in([self._incoming(case)], merge=True)
        return self._step("pushed" if there else "reread", self.now, due.case_id)

    # How it stands

    def _keep(self, **changes: object) -> None:
        self.link = replace(self.link, **changes)  # type: ignore[arg-type]
        self.store.keep_link(self.remote.scope, self.link)

    def _state(self) -> LinkState:
        if self.link.sign_in:
            return LinkState.SIGN_IN
        return LinkState.OFFLINE if self.link.tries else LinkState.SYNCED

    def _step(self, did: str, again_at: datetime, case_id: str = "") -> Step:
        return Step(
            did,
            again_at,
            self._state(),
            case_id,
            tuple(dict.fromkeys(self.changed)),
            self.conflicts,
            reason=self.link.reason,
            next_step=self.link.next_step,
            code=self.link.code,
        )


def _author(due: Due) -> str:
    """Who decides in what is to be sent; "" where nobody does."""
    made = due.push.receipts if due.push is not None and due.push.determines else ()
    return next((receipt.by for receipt in made if receipt.action == Action.DETERMINED), "")


def _order(cursor: Cursor) -> tuple[datetime, str]:
    return (cursor.updated_at, cursor.case_id)
