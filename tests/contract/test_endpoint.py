"""The endpoint over a real server on loopback: who asks, what they may, and what is signed."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.domain.box import Box
from app.domain.case import Json
from app.domain.change import MISSING
from app.domain.determination import Determination, Outcome, determination_document
from app.domain.errors import Actionable, Conflict, Offline, Rejected, SignInRequired
from app.domain.evidence import Evidence
from app.domain.role import NotAllowed, Person, Role
from app.domain.sync import Answer, Push, Pushed, Receipt
from app.domain.sync_wire import Checkpoint, kept_checkpoint_document, push_document
from app.services.google.endpoint import Endpoint, GuardedCaseRemote, connection_at
from app.services.signing import confirmed, confirmed_checkpoint, new_key, sign
from tests.scripted import ScriptedProcessor
from tests.serve_parts import ADMIN, CLERK, DOCTOR, NURSE, PROJECT, Service, SignedIn, http, service

CASE = "c1"
NOW = datetime.now(UTC)


@pytest.fixture
def serve() -> Iterator[Service]:
    with service(ScriptedProcessor()) as made:
        made.cases.push(Push(CASE, (change("made", "received", CLERK),), None, case_document()))
        yield made


def case_document() -> Json:
    line = {"order": 0, "service": {"code": "E0601"}, "determination": None}
    return {
        "case_id": CASE, "receipt": "R-1", "intake_status": "verified", "status": "in_queue", "waiting_for": None,
        "documents": {"d1": {"name": "a.pdf", "kind": "form"}, "d2": {"name": "b.pdf", "kind": "clinical"},
                      "d3": {"name": "c.pdf", "kind": "fax_cover"}},
        "request": {"lines": {"r1": dict(line), "r2": {**line, "order": 1}}},
        "patient": "Canary Patientname", "_meta": {"rev": "made", "schema": 1, "deleted_at": None},
    }  # fmt: skip


def change(mutation_id: str, action: str, by: str, *entries: Json) -> Receipt:
    writes = [{"path": f"determinations.{e['line']}", "value": e} for e in entries]
    body = {"change_id": mutation_id, "writes": writes}
    return Receipt(mutation_id, CASE, action, by, NOW, "04A7", 1, "", "", body)


def made(outcome: Outcome = Outcome.APPROVE, by: str = NURSE, **more: Any) -> Determination:
    role = Role.PHYSICIAN if by == DOCTOR else Role.UR_SPECIALIST
    defaults: dict[str, Any] = {
        "line_id": "r1", "reason": "The criteria are met.", "role": role, "at": NOW,
        "determination_id": "m1", "title": "Somebody", "receipt": "",
    }  # fmt: skip
    return Determination(outcome=outcome, by=by, **(defaults | more))


def with_receipt(
    decided: Determination, *opened: str, declared: tuple[str, ...] = ()
) -> tuple[Json, dict[str, str]]:
    """A determination with the review receipt it names, as a desk makes the two."""
    receipt = {
        "what": "review receipt", "case_id": CASE, "determination": determination_document(decided),
        "person": {"name": decided.by}, "looks": [{"document": d, "page": 1, "seconds": 3.0} for d in opened],
        "declared": list(declared),
    }  # fmt: skip
    text = json.dumps(receipt, ensure_ascii=False, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()
    return determination_document(replace(decided, receipt=name)), {name: text}


def pushing(
    serve: Service, *entries: Json, by: str = "", ids: tuple[str, ...] = ("m1",), **more: Any
) -> Push:
    kept = serve.cases.case(CASE)
    updates: dict[tuple[str, ...], Any] = {("determinations", e["line"]): e for e in entries}
    author = by or str(entries[0]["by"])
    receipts = tuple(change(i, "determined", author, *entries) for i in ids)
    push = Push(CASE, receipts, kept.update_time, updates=updates, determines=True)
    return replace(push, **more)


def endpoint_of(serve: Service, email: Any = NURSE, **claims: Any) -> Endpoint:
    return serve.endpoint(email, **claims)


def refused(serve: Service, push: Push, email: str, opened: dict[str, str] | None = None) -> Actionable:
    """The refusal of a push, after which the case is as it was."""
    before = serve.cases.document(CASE)
    with pytest.raises(Actionable) as error:
        endpoint_of(serve, email).push(push, opened)
    assert serve.cases.document(CASE) == before
    return error.value


def determined(serve: Service, line: str = "r1") -> Json:
    found: Json = serve.cases.document(CASE)["determinations"][line]
    return found


# What is signed


def test_an_approval_of_a_nurse_is_signed_and_written(serve: Service) -> None:
    entry = determination_document(made())
    pushed = endpoint_of(serve).push(pushing(serve, entry))
    assert pushed == Pushed(Answer.APPLIED, serve.cases.case(CASE).update_time)
    kept = determined(serve)
    assert confirmed(serve.public_key, CASE, "r1", kept)
    assert {k: v for k, v in kept.items() if k not in ("signature", "title")} == {
        k: v for k, v in entry.items() if k != "title"
    }
    assert kept["title"] == "Nora Nurse"  # as the register has it, not as the desk says
    document = serve.cases.document(CASE)
    assert document["request"]["lines"]["r1"]["determination"] == kept
    assert document["request"]["lines"]["r2"]["determination"] is None
    assert {r.mutation_id for r in serve.cases.history(CASE)} == {"made", "m1"}


def test_the_same_push_again_is_told_to_have_been_applied(serve: Service) -> None:
    push = pushing(serve, determination_document(made()))
    endpoint = endpoint_of(serve)
    endpoint.push(push)
    assert endpoint.push(push).answer is Answer.RECEIPT_THERE


def test_a_push_on_an_older_version_is_told_so_and_changes_nothing(serve: Service) -> None:
    push = pushing(serve, determination_document(made()))
    kept = serve.cases.case(CASE)
    serve.cases.push(
        Push(CASE, (change("x", "stated", NURSE),), kept.update_time, updates={("note",): "elsewhere"})
    )
    before = serve.cases.document(CASE)
    assert endpoint_of(serve).push(push).answer is Answer.BASE_MOVED
    assert serve.cases.document(CASE) == before


def test_a_case_that_is_gone_is_told(serve: Service) -> None:
    push = pushing(serve, determination_document(made()))
    serve.cases.cases.clear()
    assert endpoint_of(serve).push(push).answer is Answer.GONE


def test_what_is_sent_beside_a_determination_is_written_with_it(serve: Service) -> None:
    push = pushing(serve, determination_document(made()))
    push = replace(
        push,
        updates={
            **push.updates,
            ("status",): "in_progress",
            ("waiting_for",): MISSING,
            ("_meta", "rev"): "m1",
        },
        reviews={"rev-1": {"prompt": "p"}},
    )
    endpoint_of(serve).push(push)
    document = serve.cases.document(CASE)
    assert document["status"] == "in_progress"
    assert "waiting_for" not in document
    assert document["_meta"]["rev"] == "m1"
    assert serve.cases.reviews(CASE)["rev-1"] == {"prompt": "p"}


def test_a_determination_in_the_request_that_was_not_signed_does_not_get_in(serve: Service) -> None:
    entry = determination_document(made())
    push = pushing(serve, entry)
    forged = {"outcome": "deny", "by": DOCTOR}
    push = replace(push, updates={**push.updates, ("request", "lines", "r2", "determination"): forged})
    endpoint_of(serve).push(push)
    assert serve.cases.document(CASE)["request"]["lines"]["r2"]["determination"] is None


def test_a_new_case_that_was_decided_offline_is_signed_too(serve: Service) -> None:
    document = case_document() | {"case_id": "c2", "determinations": {"r1": determination_document(made())}}
    receipt = replace(change("m1", "determined", NURSE, document["determinations"]["r1"]), case_id="c2")
    push = Push("c2", (receipt,), None, document, determines=True)
    assert endpoint_of(serve).push(push).answer is Answer.APPLIED
    assert confirmed(serve.public_key, "c2", "r1", serve.cases.document("c2")["determinations"]["r1"])


# Who may what


def test_a_denial_of_a_nurse_is_refused_in_words(serve: Service) -> None:
    decided = made(Outcome.DENY, NURSE)
    entry, opened = with_receipt(decided, "d1", "d2")
    error = refused(serve, pushing(serve, entry), NURSE, opened)
    assert isinstance(error, NotAllowed)
    assert "physician" in str(error)
    assert error.next_step == "Refer it to a physician."
    assert "refused" in serve.events()


def test_a_nurse_who_calls_herself_a_physician_is_refused(serve: Service) -> None:
    entry, opened = with_receipt(made(Outcome.DENY, NURSE, role=Role.PHYSICIAN), "d1", "d2")
    assert isinstance(refused(serve, pushing(serve, entry), NURSE, opened), NotAllowed)


def test_a_denial_in_the_name_of_a_physician_is_refused(serve: Service) -> None:
    entry, opened = with_receipt(made(Outcome.DENY, DOCTOR), "d1", "d2")
    assert refused(serve, pushing(serve, entry), NURSE, opened).code == "not_you"
    assert isinstance(refused(serve, pushing(serve, entry, by=NURSE), NURSE, opened), NotAllowed)
    approval, _ = with_receipt(made(Outcome.APPROVE, DOCTOR), "d1", "d2")
    assert refused(serve, pushing(serve, approval, by=NURSE), NURSE, opened).code == "not_you"


def test_a_physician_may_deny_once_the_evidence_was_opened(serve: Service) -> None:
    entry, opened = with_receipt(made(Outcome.DENY, DOCTOR), "d1", "d2")
    assert endpoint_of(serve, DOCTOR).push(pushing(serve, entry), opened).answer is Answer.APPLIED
    assert confirmed(serve.public_key, CASE, "r1", determined(serve))
    (name,) = opened
    kept = serve.cases.reviews(CASE)[f"receipt-{name}"]
    assert hashlib.sha256(kept["text"].encode()).hexdigest() == determined(serve)["receipt"]


def test_a_document_that_was_read_elsewhere_may_be_declared(serve: Service) -> None:
    entry, opened = with_receipt(made(Outcome.DENY, DOCTOR), "d1", declared=("d2",))
    assert endpoint_of(serve, DOCTOR).push(pushing(serve, entry), opened).answer is Answer.APPLIED


@pytest.mark.parametrize("looked_at", [(), ("d1",), ("d2", "d3")])
def test_a_denial_without_every_document_opened_is_refused(
    serve: Service, looked_at: tuple[str, ...]
) -> None:
    entry, opened = with_receipt(made(Outcome.DENY, DOCTOR), *looked_at)
    assert refused(serve, pushing(serve, entry), DOCTOR, opened).code == "evidence_unopened"


def test_a_denial_that_cites_one_document_and_a_policy_takes_having_opened_those(serve: Service) -> None:
    evidence = (Evidence("BMI 31", "d2", 1, Box(0.1, 0.1, 0.2, 0.2), 0, 6),)
    decided = made(Outcome.DENY, DOCTOR, evidence=evidence, review_id="rev-1", policy="cpap@3")
    for looked_at, fine in ((("d2",), False), (("policy:cpap@3",), False), (("d2", "policy:cpap@2"), False),
                            (("d2", "policy:cpap@3"), True)):  # fmt: skip
        entry, opened = with_receipt(decided, *looked_at)
        push = pushing(serve, entry)
        if fine:
            assert endpoint_of(serve, DOCTOR).push(push, opened).answer is Answer.APPLIED
        else:
            assert refused(serve, push, DOCTOR, opened).code == "evidence_unopened"


def test_a_denial_without_what_was_on_screen_is_refused(serve: Service) -> None:
    entry, _ = with_receipt(made(Outcome.DENY, DOCTOR), "d1", "d2")
    assert refused(serve, pushing(serve, entry), DOCTOR).code == "evidence_unopened"


def test_what_was_on_screen_of_another_determination_case_or_person_does_not_count(serve: Service) -> None:
    decided = made(Outcome.DENY, DOCTOR)
    entry, opened = with_receipt(decided, "d1", "d2")
    (text,) = opened.values()
    for name, value in (("case_id", "c9"), ("what", "note"), ("person", {"name": NURSE}), ("looks", None),
                        ("determination", determination_document(replace(decided, reason="Another.")))):  # fmt: skip
        other = json.dumps(json.loads(text) | {name: value})
        digest = hashlib.sha256(other.encode()).hexdigest()
        push = pushing(serve, entry | {"receipt": digest})
        assert refused(serve, push, DOCTOR, {digest: other}).code == "receipt_differs"
    altered = {next(iter(opened)): text.replace("d1", "d9")}
    assert refused(serve, pushing(serve, entry), DOCTOR, altered).code == "receipt_differs"


@pytest.mark.parametrize("email", [CLERK, ADMIN])
def test_who_decides_nothing_determines_nothing(serve: Service, email: str) -> None:
    entry = determination_document(made(by=email))
    assert isinstance(refused(serve, pushing(serve, entry), email), NotAllowed)


def test_somebody_who_is_not_in_the_register_any_more_is_refused(serve: Service) -> None:
    serve.register._people[NURSE] = replace(serve.register._people[NURSE], active=False)
    push = pushing(serve, determination_document(made()))
    assert refused(serve, push, NURSE).code == "not_registered"
    assert refused(serve, push, "stranger@payer.example").code == "not_registered"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"reason": "  "}, "no_reason"),
        ({"outcome": Outcome.PEND}, "nothing_missing"),
        ({"outcome": Outcome.DISMISS, "ground": "clinical"}, "no_ground"),
        ({"outcome": Outcome.DISMISS}, "no_ground"),
        ({"line_id": "r9"}, "no_line"),
        ({"at": NOW + timedelta(hours=1)}, "determined_ahead"),
        ({"determination_id": "m7"}, "determined_other"),
        ({"supersedes": "m0"}, "determined_other"),
    ],
)
def test_what_is_left_out_or_not_true_is_refused(serve: Service, more: dict[str, Any], code: str) -> None:
    push = pushing(serve, determination_document(made(**more)))
    assert refused(serve, push, NURSE).code == code


def test_a_case_whose_form_nobody_verified_is_not_decided(serve: Service) -> None:
    kept = serve.cases.case(CASE)
    updates = {("intake_status",): "needs_review", ("status",): ""}
    serve.cases.push(Push(CASE, (change("x", "reopened", CLERK),), kept.update_time, updates=updates))
    push = pushing(serve, determination_document(made()))
    assert refused(serve, push, NURSE).code == "not_in_review"


@pytest.mark.parametrize(
    "entry",
    [
        None, "approve", [], {}, {"outcome": "approve"},
        determination_document(made()) | {"extra": 1},
        determination_document(made()) | {"outcome": "maybe"},
        determination_document(made()) | {"line": "r2"},
        determination_document(made()) | {"at": "now"},
        determination_document(made()) | {"evidence": [7]},
        {k: v for k, v in determination_document(made()).items() if k != "granted"},
    ],
)  # fmt: skip
def test_what_is_no_determination_is_refused(serve: Service, entry: object) -> None:
    push = pushing(serve, determination_document(made()))
    push = replace(push, updates={("determinations", "r1"): entry})
    assert refused(serve, push, NURSE).code == "no_determination"


def test_a_determination_is_not_taken_away(serve: Service) -> None:
    endpoint_of(serve).push(pushing(serve, determination_document(made())))
    for path in (("determinations", "r1"), ("determinations",)):
        push = replace(pushing(serve, determination_document(made())), updates={path: MISSING})
        push = replace(push, receipts=(change("m2", "determined", NURSE),))
        assert isinstance(refused(serve, push, NURSE), Rejected)


def test_a_push_that_determines_nothing_is_refused(serve: Service) -> None:
    push = replace(pushing(serve, determination_document(made())), updates={("note",): "x"})
    assert refused(serve, push, NURSE).code in ("not_determined", "no_determination")


def test_the_author_of_every_change_that_determines_is_the_caller(serve: Service) -> None:
    """Also of one whose place a later one in the same batch takes."""
    entry = determination_document(made(determination_id="m2"))
    denial = determination_document(made(Outcome.DENY, NURSE))
    push = pushing(serve, entry)
    earlier = change("m1", "determined", NURSE, denial)
    later = change("m2", "determined", NURSE, entry)
    assert isinstance(refused(serve, replace(push, receipts=(earlier, later)), NURSE), NotAllowed)
    of_another = change("m1", "determined", DOCTOR, denial)
    assert refused(serve, replace(push, receipts=(of_another, later)), NURSE).code == "not_you"


# What stands already


def decide_first(serve: Service, by: str = NURSE, **more: Any) -> None:
    entry = determination_document(made(by=by, **more))
    assert endpoint_of(serve, by).push(pushing(serve, entry)).answer is Answer.APPLIED


def again(by: str, **more: Any) -> Json:
    return determination_document(made(by=by, determination_id="m2", supersedes="m1", **more))


def test_its_author_corrects_a_determination_on_the_same_day(serve: Service) -> None:
    decide_first(serve)
    push = pushing(serve, again(NURSE, reason="Better said.", at=NOW + timedelta(seconds=5)), ids=("m2",))
    assert endpoint_of(serve).push(push).answer is Answer.APPLIED
    assert determined(serve)["reason"] == "Better said."


def test_a_nurse_does_not_take_the_place_of_what_is_decided_on_another_day_or_by_another(
    serve: Service,
) -> None:
    decide_first(serve, at=NOW - timedelta(days=3))
    assert refused(serve, pushing(serve, again(NURSE), ids=("m2",)), NURSE).code == "decided"
    serve.register._people["other@payer.example"] = Person(
        "other@payer.example", "Olga", (Role.UR_SPECIALIST,)
    )
    push = pushing(serve, again("other@payer.example"), ids=("m2",))
    assert refused(serve, push, "other@payer.example").code == "decided"
    push = pushing(serve, again(DOCTOR), ids=("m2",))
    assert endpoint_of(serve, DOCTOR).push(push).answer is Answer.APPLIED


def test_nobody_but_a_physician_decides_anew_after_the_letter_went_out(serve: Service) -> None:
    decide_first(serve)
    kept = serve.cases.case(CASE)
    letter = {("letters",): {"l1": {"determinations": ["m1"], "draft": False}}}
    serve.cases.push(Push(CASE, (change("x", "lettered", NURSE),), kept.update_time, updates=letter))
    assert refused(serve, pushing(serve, again(NURSE), ids=("m2",)), NURSE).code == "decided"


def test_a_forged_determination_is_not_confirmed_and_binds_nobody(serve: Service) -> None:
    """Whoever may write a case may write this into it, past the service."""
    kept = serve.cases.case(CASE)
    private, _ = new_key()
    forged = determination_document(made(Outcome.DENY, DOCTOR, at=NOW - timedelta(days=9)))
    forged["signature"] = sign(private, CASE, "r1", forged)
    forge = Push(
        CASE, (change("x", "stated", CLERK),), kept.update_time, updates={("determinations",): {"r1": forged}}
    )
    serve.cases.push(forge)
    assert not confirmed(serve.public_key, CASE, "r1", determined(serve))
    push = pushing(serve, again(NURSE, at=NOW), ids=("m2",))
    push = replace(push, updates={("determinations", "r1"): again(NURSE) | {"supersedes": ""}})
    assert endpoint_of(serve).push(push).answer is Answer.APPLIED
    assert confirmed(serve.public_key, CASE, "r1", determined(serve))


def test_a_line_that_is_sent_along_unchanged_keeps_its_signature(serve: Service) -> None:
    """A desk that has not seen the signature yet sends the line as it made it."""
    decide_first(serve)
    signed = determined(serve)
    push = pushing(
        serve,
        determination_document(made(by=DOCTOR, line_id="r2", determination_id="m2")),
        ids=("m2",),
    )
    both = {"r1": determination_document(made()), "r2": push.updates["determinations", "r2"]}
    push = replace(push, updates={("determinations",): both})
    assert endpoint_of(serve, DOCTOR).push(push).answer is Answer.APPLIED
    assert determined(serve) == signed
    assert confirmed(serve.public_key, CASE, "r2", determined(serve, "r2"))


def test_what_was_decided_before_a_workspace_was_connected_comes_along_unsigned(serve: Service) -> None:
    """Under a name that only that workspace knew. Nobody denies by that: it is shown as not confirmed."""
    entry = determination_document(made(Outcome.DENY, "local-doctor"))
    assert endpoint_of(serve).push(pushing(serve, entry)).answer is Answer.APPLIED
    kept = determined(serve)
    assert kept == entry | {"imported_by": NURSE}
    assert not confirmed(serve.public_key, CASE, "r1", kept)
    # what came along binds: a nurse does not put her own in its place, nor another local name's
    push = pushing(serve, again(NURSE), ids=("m2",))
    assert refused(serve, push, NURSE).code == "decided"
    push = pushing(serve, again("local-nurse"), ids=("m2",))
    assert refused(serve, push, NURSE).code == "not_you"
    entry, opened = with_receipt(made(Outcome.APPROVE, DOCTOR, determination_id="m2", supersedes="m1"), "d1")
    push = pushing(serve, entry, ids=("m2",))
    assert endpoint_of(serve, DOCTOR).push(push, opened).answer is Answer.APPLIED
    assert confirmed(serve.public_key, CASE, "r1", determined(serve))


# Tokens


def test_an_expired_a_foreign_and_an_early_token_are_refused(serve: Service) -> None:
    now = int(datetime.now(UTC).timestamp())
    wrongs: list[dict[str, object]] = [
        {"exp": now - 60},
        {"aud": "another-client"},
        {"aud": None},
        {"iss": "https://accounts.evil.example"},
        {"iss": None},
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
        {"iat": now + 600},
        {"exp": None},
    ]
    for claims in wrongs:
        with pytest.raises(SignInRequired):
            endpoint_of(serve, **({"email": NURSE} | claims)).me()


def test_a_token_that_was_altered_or_signed_by_another_key_is_refused(serve: Service) -> None:
    token = serve.issuer.token(NURSE)
    head, body, signature = token.split(".")
    other = serve.issuer.token(DOCTOR)
    for wrong in (
        f"{head}.{other.split('.')[1]}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.SIGNATURE_REMOVED_BY_GOOGLE",
        f"{head}.{body}.",
        serve.issuer.signed({"email": DOCTOR}, algorithm="none"),
        serve.issuer.signed({"email": DOCTOR}, kid="k9"),
        "a.b.c", "...", "x" * 9000, "ü.ü.ü",
    ):  # fmt: skip
        answer = http.get(f"{serve.url}/v1/me", headers={"Authorization": f"Bearer {wrong}".encode()})
        assert answer.status_code == 401, wrong[:20]


def test_nobody_without_a_token_gets_past_what_is_open_to_all(serve: Service) -> None:
    for method, place in (("GET", "/v1/me"), ("GET", "/v1/people"), ("PUT", "/v1/people/a@b.example"),
                          ("POST", "/v1/checkpoints"), ("GET", "/v1/checkpoints/04A7"),
                          ("POST", f"/v1/cases/{CASE}/push")):  # fmt: skip
        answer = http.request(method, serve.url + place, json={})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (
            http.request(method, serve.url + place, headers={"Authorization": "Basic x"}).status_code == 401
        )


def test_keys_are_kept_and_fetched_again_when_a_token_names_a_new_one(serve: Service) -> None:
    endpoint = endpoint_of(serve)
    for _ in range(3):
        endpoint.me()
    assert serve.issuer.asked == 1
    serve.issuer.away = True
    assert endpoint.me().email == NURSE  # a key that was Google's a moment ago


def test_keys_that_cannot_be_had_are_no_refusal(serve: Service) -> None:
    serve.issuer.away = True
    with pytest.raises(Offline):
        endpoint_of(serve).me()


# The register


def test_everybody_is_told_who_they_are_and_what_they_may(serve: Service) -> None:
    me = endpoint_of(serve, DOCTOR.upper()).me()
    assert (me.email, me.title, me.roles) == (DOCTOR, "Dr. Doe", (Role.PHYSICIAN,))
    assert abs(me.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert {p.name for p in endpoint_of(serve).people()} == {NURSE, DOCTOR, ADMIN, CLERK}


def test_an_administrator_adds_and_changes_people_and_it_is_written_down(serve: Service) -> None:
    endpoint = endpoint_of(serve, ADMIN)
    wanted = Person("New@Payer.example", "Neu  Ling", (Role.PHYSICIAN, Role.CASE_MANAGER))
    found = endpoint.put_person(wanted)
    assert found == Person("new@payer.example", "Neu Ling", (Role.CASE_MANAGER, Role.PHYSICIAN))
    assert endpoint.put_person(wanted) == found
    (audit,) = serve.register.audit
    assert (audit["by"], audit["email"], audit["before"]) == (ADMIN, "new@payer.example", None)
    assert endpoint_of(serve, "new@payer.example").me().roles == found.roles
    endpoint.put_person(replace(found, active=False))
    with pytest.raises(NotAllowed):
        endpoint_of(serve, "new@payer.example").me()


@pytest.mark.parametrize("email", [NURSE, DOCTOR, CLERK])
def test_nobody_else_changes_people(serve: Service, email: str) -> None:
    mine = Person(email, "Me", (Role.ADMINISTRATOR,))
    with pytest.raises(NotAllowed):
        endpoint_of(serve, email).put_person(mine)
    assert serve.register.audit == []


def test_the_last_administrator_stays(serve: Service) -> None:
    endpoint = endpoint_of(serve, ADMIN)
    for less in (
        Person(ADMIN, "Ada", (Role.CASE_MANAGER,)),
        Person(ADMIN, "Ada", (Role.ADMINISTRATOR,), False),
    ):
        with pytest.raises(Rejected) as error:
            endpoint.put_person(less)
        assert error.value.code == "last_administrator"
    endpoint.put_person(Person(NURSE, "Nora", (Role.ADMINISTRATOR,)))
    assert endpoint.put_person(Person(ADMIN, "Ada", (Role.CASE_MANAGER,))).roles == (Role.CASE_MANAGER,)


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Person("no address", "X", (Role.PHYSICIAN,)), "email_shape"),
        (Person("a@b@c", "X", (Role.PHYSICIAN,)), "email_shape"),
        (Person("a@b.example", "X", ()), "no_role"),
        (Person("a@b.example", "X" * 200, (Role.PHYSICIAN,)), "title_shape"),
        (Person("a@b.example", "X\x1bY", (Role.PHYSICIAN,)), "title_shape"),
    ],
)
def test_what_is_no_person_is_refused(serve: Service, person: Person, code: str) -> None:
    with pytest.raises(Rejected) as error:
        endpoint_of(serve, ADMIN).put_person(person)
    assert error.value.code == code


# Checkpoints


def test_a_checkpoint_is_kept_once_and_signed(serve: Service) -> None:
    endpoint = endpoint_of(serve)
    checkpoint = Checkpoint("04A7", 12, "ab" * 32, NOW)
    kept = endpoint.checkpoint(checkpoint)
    assert (kept.checkpoint, kept.by) == (checkpoint, NURSE)
    assert confirmed_checkpoint(serve.public_key, kept_checkpoint_document(kept))
    assert endpoint_of(serve, DOCTOR).checkpoint(checkpoint) == kept


def test_a_second_different_checkpoint_of_a_number_is_refused_and_told(serve: Service) -> None:
    endpoint = endpoint_of(serve)
    endpoint.checkpoint(Checkpoint("04A7", 12, "ab" * 32, NOW))
    with pytest.raises(Conflict):
        endpoint.checkpoint(Checkpoint("04A7", 12, "cd" * 32, NOW))
    endpoint.checkpoint(Checkpoint("04A7", 13, "cd" * 32, NOW))
    endpoint.checkpoint(Checkpoint("04A8", 12, "cd" * 32, NOW))
    (line,) = [line for line in serve.lines() if line["event"] == "checkpoint_differs"]
    assert (line["severity"], line["desk"], line["sequence"]) == ("ERROR", "04A7", 12)
    (note,) = serve.register.audit
    assert (note["what"], note["came"]["hash"]) == ("checkpoint_differs", "cd" * 32)


# The connection, and what everybody may ask


def test_a_desk_learns_how_to_connect_without_being_signed_in(serve: Service) -> None:
    found = connection_at(serve.url)
    assert (found.project, found.service_url, found.public_key) == (PROJECT, serve.url, serve.public_key)
    assert endpoint_of(serve).connection() == found


def test_health_and_metrics_are_told(serve: Service) -> None:
    assert http.get(f"{serve.url}/healthz").json() == {"alive": True}
    assert http.get(f"{serve.url}/readyz").status_code == 200
    endpoint_of(serve).push(pushing(serve, determination_document(made())))
    text = http.get(f"{serve.url}/metrics").text
    assert 'countersign_determining_pushes_total{answer="applied"} 1.0' in text
    assert "countersign_working 0.0" in text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"), (b"{", "application/json"), (b'{"a": NaN}', "application/json"),
        (b"[" * 50_000, "application/json"), (b"{}", "text/plain"), (b"\xff\xfe", "application/json"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(serve: Service, body: bytes, kind: str) -> None:
    headers = {"Authorization": f"Bearer {serve.issuer.token()}", "Content-Type": kind}
    answer = http.post(f"{serve.url}/v1/cases/{CASE}/push", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "wire_not_understood")


def test_a_push_to_the_address_of_another_case_is_refused(serve: Service) -> None:
    headers = {"Authorization": f"Bearer {serve.issuer.token()}"}
    push = push_document(pushing(serve, determination_document(made())))
    for place in ("c2", "a%20b", "..%2fc1"):
        answer = http.post(f"{serve.url}/v1/cases/{place}/push", json=push, headers=headers)
        assert answer.status_code in (404, 422)
    assert "determinations" not in serve.cases.document(CASE)


def test_more_than_the_service_takes_at_once_is_refused(serve: Service) -> None:
    headers = {"Authorization": f"Bearer {serve.issuer.token()}", "Content-Type": "application/json"}
    body = b'{"a": "' + b"x" * (9 * 1024 * 1024) + b'"}'
    try:
        answer = http.post(f"{serve.url}/v1/checkpoints", content=body, headers=headers, timeout=30)
        assert answer.status_code == 413
    except httpx.HTTPError:
        pass  # the server may hang up before all of it was sent


# The desk's side


class Recording:
    """A queue that counts what comes straight to it."""

    def __init__(self) -> None:
        self.pushed: list[Push] = []

    def push(self, push: Push) -> Pushed:
        self.pushed.append(push)
        return Pushed(Answer.APPLIED, "u1")


def test_a_desk_sends_what_determines_through_the_endpoint_and_all_else_to_the_queue(serve: Service) -> None:
    straight = Recording()
    entry, opened = with_receipt(made(Outcome.DENY, DOCTOR), "d1", "d2")
    guarded = GuardedCaseRemote(straight, endpoint_of(serve, DOCTOR), opened.get)  # type: ignore[arg-type]
    push = pushing(serve, entry)
    plain = Push(CASE, (change("x", "stated", DOCTOR),), push.base, updates={("note",): "x"})
    assert guarded.push(plain).update_time == "u1"
    assert guarded.push(replace(push, determines=False)).answer is Answer.APPLIED
    # it says so itself, whatever is in it: the endpoint answers, which knows the case as it is by now
    assert guarded.push(replace(plain, determines=True)).answer is Answer.BASE_MOVED
    assert straight.pushed == [plain]
    assert confirmed(serve.public_key, CASE, "r1", determined(serve))


def test_an_endpoint_that_is_away_is_offline() -> None:
    endpoint = Endpoint("http://127.0.0.1:9", SignedIn("token"), timeout=1)
    with pytest.raises(Offline) as error:
        endpoint.me()
    endpoint.close()
    assert error.value.code == "endpoint_away"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "payer.example",
        "http://payer.example",
        "ftp://x",
        "https://",
        "https://a/?q=1",
        "http://127.0.0.1:x",
    ],
)
def test_what_is_no_address_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(Rejected) as error:
        Endpoint(url, SignedIn(""))
    assert error.value.code == "endpoint_address"


def test_no_name_or_value_of_a_patient_reaches_the_log(serve: Service) -> None:
    """The canary: a name in every place of a request, through every refusal."""
    canary = "Canary Patientname"
    endpoint = endpoint_of(serve, DOCTOR)
    fine = determination_document(made(by=DOCTOR, reason=canary))
    endpoint.push(pushing(serve, fine))
    for spoiled in (
        fine | {"outcome": canary}, fine | {canary: 1}, fine | {"at": canary}, fine | {"evidence": canary},
        fine | {"reason": canary, "by": canary}, fine | {"receipt": canary},
    ):  # fmt: skip
        push = replace(pushing(serve, fine, ids=("m9",)), updates={("determinations", "r1"): spoiled})
        with pytest.raises(Actionable) as error:
            endpoint.push(push)
        assert canary not in str(error.value) + repr(error.value.params)
    headers = {"Authorization": f"Bearer {serve.issuer.token()}"}
    body = push_document(pushing(serve, fine)) | {canary: canary}
    for place in (f"/v1/cases/{CASE}/push", f"/v1/{canary}", f"/v1/cases/{canary}/push", f"/?name={canary}"):
        http.post(serve.url + place, json=copy.deepcopy(body), headers=headers)
        http.get(
            serve.url + place, headers={**headers, "traceparent": canary, "X-Cloud-Trace-Context": canary}
        )
    text = serve.out.getvalue()
    assert len(serve.lines()) > 15
    assert "Canary" not in text
    assert "Patientname" not in text
