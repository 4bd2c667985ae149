"""The policies of a workspace: what came with the program, and what an administrator published, version by version."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain.case import Json, to_time
from app.domain.errors import Rejected
from app.domain.policy import Policy, code_matches, policy_from
from app.domain.request import Line, codes_in
from app.domain.role import Right
from app.services.shelving import next_version, sharing_of
from app.services.store.packing import to_text
from app.services.store.policy_shelf import PUBLISHED, RETIRED, ShelvedPolicy, packed_policy
from app.services.store.store import Store

BUILT_IN, HERE = "built_in", "here"
ELSEWHERE = "shared"
"""The origin of what was published at another desk."""
PROGRAM = "program"
"""Who publishes what comes with the program."""

Check = Callable[[str, Right], object]
"""Raises `SignInRequired` or `NotAllowed` with a sentence when the person of this name may not do it."""


def anybody(_name: str, _right: Right, /) -> None:
    """`Check` of a place where nobody asks."""


class NoSuchPolicy(Rejected):
    """The workspace knows no policy, or no version of it, by that name."""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a policy as lists show it. `origin` is `built_in`, `here` or `shared`; `by` and `at` say who
    published it ("" for what came with the program). `sharing` is one of `SHARED`, `WAITS`, "" where nothing is shared.
    """

    policy_id: str
    version: str
    title: str
    origin: str
    in_force: bool
    effective: str
    by: str = ""
    at: str = ""
    sharing: str = ""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What the store held when it was last looked at."""

    revision: int
    rows: tuple[ShelvedPolicy, ...]


class PolicyLibrary:
    """Every version of every policy, and which are in force.

    `policies`, `policy`, `versions` and `for_line` answer from memory, from any thread; the program's own files are
    parsed when one of them is first asked. `refresh`, `publish`, `retire` and `restore` belong to the store's lane.
    What another program published is seen at the next `refresh`, which every review begins with: it also keeps
    the program's own policies in the store, so that one a review was made with can be read when the program has
    a newer. Raises `NoSuchPolicy`, `Rejected` with a sentence, `StorageFailed`.
    """

    def __init__(
        self,
        store: Store,
        built_in: Callable[[], Iterable[Policy]],
        now: Callable[[], datetime],
        check: Check = anybody,
        changed: Callable[[], None] | None = None,
    ) -> None:
        """`built_in` loads what came with the program. `changed` is told when somebody published, retired or restored a
        policy here, and when a version is asked for that is not here: in the store's lane or another; None where
        nothing is shared with other desks. Belongs to the store's lane; nothing is parsed yet.
        """
        self._changed = changed
        self._store = store
        self._load = built_in
        self._now = now
        self._check = check
        self._lock = threading.Lock()
        self._own: dict[str, Policy] | None = None
        self._parsed: dict[tuple[str, str], Policy] = {}
        self._shelf = _Shelf(-1, ())
        self._forced: tuple[int, dict[str, str]] | None = None
        self._look()

    # From memory, from any thread

    def policies(self) -> tuple[Policy, ...]:
        """The policies in force, by id."""
        return tuple(self._policy(name, version) for name, version in sorted(self._in_force().items()))

    def policy(self, policy_id: str, version: str = "") -> Policy:
        """A version of a policy; the one in force (or the last there was) when none is named."""
        if not version:
            version = self._in_force().get(policy_id, "") or self._last(policy_id)
        return self._policy(policy_id, version)

    def versions(self, policy_id: str | None = None) -> tuple[PolicyVersion, ...]:
        """Every version, or those of one policy: by policy, the latest first."""
        in_force, own = self._in_force(), self._built_in()
        rows = self._shelf.rows
        shares = self._changed is not None
        found = [_listed(row, in_force.get(row.policy_id) == row.version, shares) for row in rows]
        for policy in own.values():
            if _kept_as(rows, policy) is None:
                version = _free_version(rows, policy)
                coming = _shelved(_as_version(policy, version), BUILT_IN, PUBLISHED, {})
                found.append(_listed(coming, in_force.get(policy.policy_id) == version))
        found = [v for v in reversed(found) if policy_id in (None, v.policy_id)]
        if policy_id is not None and not found:
            raise no_such_policy(policy_id)
        return tuple(sorted(found, key=lambda v: v.policy_id))

    def for_line(self, line: Line) -> tuple[Policy, ...]:
        """The policies in force that a line of a request falls under, best first; none where nothing fits.

        By the service's code; where no policy names it, by whole words of its description, the longer match first.
        A code that a policy names settles it, whatever the description says.
        """
        policies = self.policies()
        codes = codes_in(line.code)
        by_code = [p for p in policies if any(code_matches(code, p.applies.codes) for code in codes)]
        if by_code:
            ranked = [(_described(p, line.description), p) for p in by_code]
        else:
            ranked = [(length, p) for p in policies if (length := _described(p, line.description))]
        return tuple(p for _, p in sorted(ranked, key=lambda pair: (-pair[0], pair[1].policy_id)))

    # In the store's lane

    def refresh(self) -> None:
        """Take in what other programs published, and keep the program's own policies in the store."""
        self._look()
        for policy in self._built_in().values():
            self._keep(policy)
        self._look()

    def publish(self, data: Mapping[str, Any] | str, text: str, by: str) -> Policy:
        """Keep a policy (its data, or a YAML text) with its source text, and bring it into force.

        It bears the version it names where that is free, else the next one. Refused with what is wrong, and
        when nothing differs from the version in force. Asks for `Right.ADMINISTER`.
        """
        self._check(by, Right.ADMINISTER)
        self.refresh()
        if isinstance(data, str):
            from app.services.policy_file import (
                policy_of_text,
            )  # YAML is kept off the way to the first window

            policy = policy_of_text(data, text)
        else:
            policy = policy_from(data, text)
        at = self._now()

        def choose(rows: tuple[ShelvedPolicy, ...]) -> ShelvedPolicy:
            mine = [row for row in rows if row.policy_id == policy.policy_id]
            for row in mine:
                if row.state == PUBLISHED and row.detail.get("digest") == _digest(policy):
                    raise Rejected(
                        f"Nothing differs from version {row.version}, which is in force.",
                        "Change the policy first.",
                        code="nothing_new",
                        version=row.version,
                    )
            built_in = any(row.detail.get("origin") == BUILT_IN for row in mine)
            version = next_version(policy.version, {row.version for row in mine}, built_in=built_in)
            return _shelved(_as_version(policy, version), HERE, PUBLISHED, {"by": by, "at": to_time(at)})

        made = self._store.policies.publish(choose, by, at)
        assert made is not None  # noqa: S101  `choose` always gives one
        self._tell()
        return self._policy(made.policy_id, made.version)

    def retire(self, policy_id: str, by: str) -> PolicyVersion:
        """Take a policy out of force: its lines need a person from now on. Asks for `Right.ADMINISTER`."""
        self._check(by, Right.ADMINISTER)
        self.refresh()
        version = self._in_force().get(policy_id, "")
        if not version:
            title = self.policy(policy_id).title
            raise Rejected(f"{title} is not in force.", "Nothing was changed.", code="not_in_force")
        self._store.policies.settle(policy_id, version, RETIRED, by, self._now())
        self._tell()
        return self._version(policy_id, version)

    def restore(self, policy_id: str, version: str, by: str) -> PolicyVersion:
        """Bring a version back into force; the one in force is retired by it. Asks for `Right.ADMINISTER`."""
        self._check(by, Right.ADMINISTER)
        self.refresh()
        title = self.policy(policy_id, version).title
        if not self._store.policies.settle(policy_id, version, PUBLISHED, by, self._now()):
            raise Rejected(f"Version {version} of {title} is in force already.", code="in_force_already")
        self._tell()
        return self._version(policy_id, version)

    def forget(self, policy_id: str, version: str) -> None:
        """A version has another number from now on."""
        self._parsed.pop((policy_id, version), None)

    def _tell(self) -> None:
        self._look()
        if self._changed is not None:
            self._changed()

    def _version(self, policy_id: str, version: str) -> PolicyVersion:
        return next(v for v in self.versions(policy_id) if v.version == version)

    def _keep(self, policy: Policy) -> None:
        """Keep a policy of the program. It comes into force unless somebody here retired the program's own, or
        published another.
        """
        if _kept_as(self._shelf.rows, policy) is not None:
            return

        def choose(rows: tuple[ShelvedPolicy, ...]) -> ShelvedPolicy | None:
            if _kept_as(rows, policy) is not None:
                return None
            state = PUBLISHED if _follows(rows, policy.policy_id) else RETIRED
            kept = _as_version(policy, _free_version(rows, policy))
            return _shelved(kept, BUILT_IN, state, {"by": PROGRAM})

        self._store.policies.publish(choose, PROGRAM, self._now(), audited=False)

    def _look(self) -> None:
        revision = self._store.policies.revision()
        if revision != self._shelf.revision:
            self._shelf = _Shelf(revision, self._store.policies.versions())

    # What is known

    def _built_in(self) -> dict[str, Policy]:
        with self._lock:
            if self._own is None:
                self._own = {policy.policy_id: policy for policy in self._load()}
            return self._own

    def _in_force(self) -> dict[str, str]:
        shelf, known = self._shelf, self._forced
        if known is not None and known[0] == shelf.revision:
            return known[1]
        rows = shelf.rows
        found = {row.policy_id: row.version for row in rows if row.state == PUBLISHED}
        for policy in self._built_in().values():
            # as it will be once it is kept
            if _kept_as(rows, policy) is None and _follows(rows, policy.policy_id):
                found[policy.policy_id] = _free_version(rows, policy)
        self._forced = (shelf.revision, found)
        return found

    def _last(self, policy_id: str) -> str:
        every = [row.version for row in self._shelf.rows if row.policy_id == policy_id]
        if every:
            return every[-1]
        raise no_such_policy(policy_id)

    def _policy(self, policy_id: str, version: str) -> Policy:
        for row in self._shelf.rows:
            if (row.policy_id, row.version) == (policy_id, version):
                return self._opened(row)
        own = self._built_in().get(policy_id)
        if own is not None and version in (own.version, _free_version(self._shelf.rows, own)):
            return _as_version(own, version)
        if self._changed is not None:
            self._changed()  # a case may name what was published at another desk just now
        raise no_such_policy(policy_id, version)

    def _opened(self, row: ShelvedPolicy) -> Policy:
        """The policy of a row, parsed once: a version never changes."""
        key = (row.policy_id, row.version)
        found = self._parsed.get(key)
        if found is None:
            data, text = row.unpacked
            found = self._parsed[key] = policy_from(data, text)
        return found


def _listed(row: ShelvedPolicy, in_force: bool, shares: bool = False) -> PolicyVersion:
    detail = row.detail
    origin = str(detail.get("origin", HERE))
    own = origin == BUILT_IN
    return PolicyVersion(
        row.policy_id, row.version, str(detail.get("title", "")), origin, in_force,
        str(detail.get("effective", "")), "" if own else str(detail.get("by", "")), str(detail.get("at", "")),
        sharing_of(origin, detail, shares),
    )  # fmt: skip


def shared_policy(policy: Policy, by: str, at: datetime, now: datetime) -> ShelvedPolicy:
    """A policy that somebody published at another desk, not in force yet."""
    detail = {"by": by, "at": to_time(at), "shared_at": to_time(now)}
    return _shelved(policy, ELSEWHERE, RETIRED, detail)


def renumbered(row: ShelvedPolicy, version: str) -> ShelvedPolicy:
    """The same policy as another version."""
    data, text = row.unpacked
    made = packed_policy({**data, "version": version}, text)
    return replace(row, version=version, body=made)


def _shelved(policy: Policy, origin: str, state: str, detail: Json) -> ShelvedPolicy:
    effective = policy.effective.isoformat() if policy.effective else ""
    detail = {
        "origin": origin, "title": policy.title, "effective": effective, "digest": _digest(policy), **detail,
    }  # fmt: skip
    body = packed_policy(dict(policy.raw or {}), policy.text)
    return ShelvedPolicy(policy.policy_id, policy.version, state, body, detail)


def _as_version(policy: Policy, version: str) -> Policy:
    if policy.version == version:
        return policy
    return replace(policy, version=version, raw={**(policy.raw or {}), "version": version})


def _digest(policy: Policy) -> str:
    """What a policy says, its version aside."""
    said = to_text([{**(policy.raw or {}), "version": ""}, policy.text])
    return hashlib.sha256(said.encode("ascii")).hexdigest()


def _kept_as(rows: Iterable[ShelvedPolicy], policy: Policy) -> str | None:
    """The version a policy of the program is kept under as it is now; None when it is not."""
    digest = _digest(policy)
    for row in rows:
        same = row.policy_id == policy.policy_id and row.detail.get("origin") == BUILT_IN
        if same and row.detail.get("digest") == digest and row.version.partition("+")[0] == policy.version:
            return row.version
    return None


def _free_version(rows: Iterable[ShelvedPolicy], policy: Policy) -> str:
    """The version a policy of the program will be kept under: a version never changes, so one that differs under
    an old number gets one of its own.
    """
    there = {row.version for row in rows if row.policy_id == policy.policy_id}
    version, count = policy.version, 1
    while version in there:
        count += 1
        version = f"{policy.version}+{count}"
    return version


def _follows(rows: Iterable[ShelvedPolicy], policy_id: str) -> bool:
    """Whether the workspace goes with the program's own policy."""
    mine = [row for row in rows if row.policy_id == policy_id]
    return not mine or any(row.detail.get("origin") == BUILT_IN and row.state == PUBLISHED for row in mine)


def _described(policy: Policy, description: str) -> int:
    """The characters of the longest term of the policy in a description; 0 where none is, or what it says is
    something else.
    """
    plain = _words(description)
    for other in policy.applies.but_not:
        plain = plain.replace(f" {_words(other).strip()} ", " | ")
    return max((len(term) for t in policy.applies.terms if (term := _words(t)) in plain), default=0)


def _words(text: str) -> str:
    """Lower-case words, plurals as singulars, with a blank on either side."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return f" {' '.join(w[:-1] if len(w) > 3 and w.endswith('s') and not w.endswith('ss') else w for w in words)} "


def no_such_policy(policy_id: str, version: str = "") -> NoSuchPolicy:
    what = f"version “{version}” of the policy “{policy_id}”" if version else f"policy “{policy_id}”"
    return NoSuchPolicy(
        f"There is no {what} in this workspace.",
        "“countersign policies list” shows those there are.",
        code="no_such_policy",
    )
