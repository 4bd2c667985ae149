"""Signing in with Google, against a sign-in server on loopback that refuses what Google's refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.google import sign_in
from app.services.google.identity import GoogleIdentity
from app.services.google.project import installations
from app.services.google.sign_in import Client, refuse_environment
from tests.identity_server import CLIENT_ID, SECRET, Accounts, Browser, accounts


class Vault:
    """A safe place that holds one token."""

    def __init__(self) -> None:
        self.kept = ""

    def keep(self, email: str, token: str) -> None:
        self.kept = token

    def token(self) -> str:
        return self.kept

    def forget(self) -> None:
        self.kept = ""


@dataclass
class Desk:
    server: Accounts
    browser: Browser
    vault: Vault = field(default_factory=Vault)
    now: float = 1000.0

    def identity(self, email: str = "", **more: Any) -> GoogleIdentity:
        return GoogleIdentity(
            Client(CLIENT_ID, SECRET),
            self.vault,
            email,
            accounts=sign_in.Accounts.at(self.server.url),
            clock=lambda: self.now,
            **{"seconds": 10.0, **more},
        )


@pytest.fixture
def desk() -> Iterator[Desk]:
    with accounts() as server:
        browser = Browser()
        yield Desk(server, browser)
        browser.close()


def test_a_person_signs_in_with_the_browser_and_is_known_by_their_email(desk: Desk) -> None:
    desk.server.person = "Ada@Payer.Example"
    identity = desk.identity()
    assert identity.sign_in(desk.browser) == "ada@payer.example"
    desk.browser.close()
    assert identity.email == "ada@payer.example"
    assert identity.access_token() in desk.server.access
    assert "You are signed in." in desk.browser.pages[0]
    assert desk.vault.kept in desk.server.refresh
    assert not desk.server.refused


def test_the_code_alone_is_worth_nothing_without_the_verifier(desk: Desk) -> None:
    seen: list[str] = []

    def stolen(address: str) -> None:
        asked = dict(parse_qsl(urlsplit(address).query))
        place = httpx.get(address).headers["location"]
        code = dict(parse_qsl(urlsplit(place).query))["code"]
        body = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"],
            "client_id": CLIENT_ID, "client_secret": SECRET, "code_verifier": asked["code_challenge"],
        }  # fmt: skip
        seen.append(httpx.post(f"{desk.server.url}/token", data=body).json()["error"])

    with pytest.raises(SignInRequired) as refused:
        desk.identity(seconds=0.1).sign_in(stolen)
    assert refused.value.code == "sign_in_timeout"
    assert seen == ["invalid_grant"]


def test_an_answer_with_another_state_signs_nobody_in(desk: Desk) -> None:
    desk.server.state = "x" * 43
    with pytest.raises(SignInRequired) as refused:
        desk.identity().sign_in(desk.browser)
    assert refused.value.code == "sign_in_state"
    assert not desk.server.asked, "the code of a forged answer is never exchanged"
    desk.browser.close()
    assert "You are not signed in." in desk.browser.pages[0]


def test_every_try_has_a_state_a_nonce_and_a_challenge_of_its_own(desk: Desk) -> None:
    addresses: list[str] = []
    for _ in range(2):
        with pytest.raises(SignInRequired):
            desk.identity(seconds=0.05).sign_in(addresses.append)
    first, second = (dict(parse_qsl(urlsplit(address).query)) for address in addresses)
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("path", ["favicon.ico", "?nothing=here", "other?code=1&state=2"])
def test_a_request_for_something_else_does_not_end_the_waiting(desk: Desk, path: str) -> None:
    desk.browser.before.append(path)
    assert desk.identity().sign_in(desk.browser) == "ada@payer.example"


def test_a_connection_that_says_nothing_does_not_end_the_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.google.redirect._PATIENCE", 0.1)

    def opened(address: str) -> None:
        home = urlsplit(dict(parse_qsl(urlsplit(address).query))["redirect_uri"])
        silent.append(socket.create_connection((home.hostname or "", home.port or 0)))
        desk.browser(address)

    silent: list[socket.socket] = []
    assert desk.identity().sign_in(opened) == "ada@payer.example"
    silent[0].close()


def test_a_request_under_another_name_of_this_computer_is_turned_away(desk: Desk) -> None:
    statuses: list[int] = []

    def opened(address: str) -> None:
        asked = dict(parse_qsl(urlsplit(address).query))

        def go() -> None:
            forged = f"{asked['redirect_uri']}?code=1&state={asked['state']}"
            statuses.append(httpx.get(forged, headers={"Host": "evil.example"}).status_code)
            desk.browser(address)

        thread = threading.Thread(target=go)
        thread.start()
        threads.append(thread)

    threads: list[threading.Thread] = []
    assert desk.identity().sign_in(opened) == "ada@payer.example"
    threads[0].join()
    assert statuses == [404]


def test_nobody_is_waited_for_longer_than_the_time(desk: Desk) -> None:
    with pytest.raises(SignInRequired) as over:
        desk.identity(seconds=0.05).sign_in(lambda _address: None)
    assert over.value.code == "sign_in_timeout"


def test_a_sign_in_can_be_stopped_from_another_thread(desk: Desk) -> None:
    identity = desk.identity(seconds=60)
    with pytest.raises(SignInRequired) as stopped:
        identity.sign_in(lambda _address: identity.cancel_sign_in())
    assert stopped.value.code == "sign_in_stopped"
    identity.cancel_sign_in()  # nothing waits: nothing happens


def test_a_person_who_does_not_allow_it_is_told_so(desk: Desk) -> None:
    desk.server.allows = False
    with pytest.raises(SignInRequired) as denied:
        desk.identity().sign_in(desk.browser)
    assert denied.value.code == "sign_in_denied"


def test_a_box_that_was_not_ticked_is_told_and_what_was_granted_is_given_back(desk: Desk) -> None:
    desk.server.ticks = False
    with pytest.raises(SignInRequired) as unticked:
        desk.identity().sign_in(desk.browser)
    assert unticked.value.code == "sign_in_scope"
    assert not desk.server.refresh
    assert desk.vault.kept == ""


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another.apps.googleusercontent.com"},
        {"iss": "https://accounts.evil.example"},
        {"nonce": "of another try"},
        {"email_verified": False},
        {"email": ""},
    ],
)
def test_what_is_said_of_a_person_has_to_be_meant_for_this_sign_in(
    desk: Desk, claims: dict[str, Any]
) -> None:
    desk.server.claims = claims
    with pytest.raises(SignInRequired) as refused:
        desk.identity().sign_in(desk.browser)
    assert refused.value.code == "sign_in_claims"
    assert desk.vault.kept == ""


def test_a_client_that_google_does_not_know_is_told_as_such(desk: Desk) -> None:
    identity = GoogleIdentity(
        Client(CLIENT_ID, "wrong"), desk.vault, accounts=sign_in.Accounts.at(desk.server.url), seconds=10
    )
    with pytest.raises(Rejected) as refused:
        identity.sign_in(desk.browser)
    assert refused.value.code == "sign_in_client"


def test_whoever_is_not_admitted_is_not_signed_in_and_their_grant_ends(desk: Desk) -> None:
    def admit(email: str) -> None:
        raise Rejected(f"not {email}")

    identity = desk.identity("grace@payer.example", admit=admit)
    with pytest.raises(Rejected):
        identity.sign_in(desk.browser)
    assert identity.email == "grace@payer.example"
    assert desk.vault.kept == ""
    assert not desk.server.refresh


def test_tokens_are_renewed_before_they_run_out_and_not_sooner(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    first = identity.access_token()
    desk.now += 3600 - 301
    assert identity.access_token() == first
    desk.now += 2
    assert identity.access_token() != first
    assert [body["grant_type"] for body in desk.server.asked] == ["authorization_code", "refresh_token"]


def test_many_who_ask_at_once_cost_one_renewal(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.now += 3600
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: identity.access_token(), range(24)))
    assert len(tokens) == 1
    assert len(desk.server.asked) == 2


def test_a_token_that_still_holds_is_used_while_the_network_is_away(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    first = identity.access_token()
    desk.server.answers = 503
    desk.now += 3600 - 60
    assert identity.access_token() == first
    desk.now += 61
    with pytest.raises(Offline):
        identity.access_token()
    desk.server.answers = 0
    assert identity.access_token() in desk.server.access


def test_who_was_signed_in_is_so_after_a_restart_and_without_a_network(desk: Desk) -> None:
    desk.identity().sign_in(desk.browser)
    again = desk.identity("ada@payer.example")
    assert again.email == "ada@payer.example"
    assert len(desk.server.asked) == 1, "knowing who it is asks nobody"
    assert again.id_token().count(".") == 2


@pytest.mark.parametrize(("rapt", "code"), [(False, "sign_in_ended"), (True, "sign_in_again")])
def test_a_grant_that_was_taken_back_asks_to_sign_in_again(desk: Desk, rapt: bool, code: str) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.now += 3600
    desk.server.rapt = rapt
    desk.server.refresh.clear()
    with pytest.raises(SignInRequired) as ended:
        identity.access_token()
    assert ended.value.code == code
    assert identity.email == "ada@payer.example", "editing goes on under the name"


def test_another_person_under_the_same_grant_is_refused(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.now += 3600
    desk.server.refresh = dict.fromkeys(desk.server.refresh, "eve@payer.example")
    with pytest.raises(SignInRequired) as refused:
        identity.access_token()
    assert refused.value.code == "not_you"


def test_signing_out_ends_the_grant_at_the_server_and_here(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    token = desk.vault.kept
    identity.sign_out()
    assert desk.server.revoked == [token]
    assert (identity.email, desk.vault.kept) == ("", "")
    with pytest.raises(SignInRequired):
        identity.access_token()


def test_signing_out_without_a_network_still_forgets_here(desk: Desk) -> None:
    identity = GoogleIdentity(
        Client(CLIENT_ID, SECRET), desk.vault, "ada@payer.example",
        accounts=sign_in.Accounts.at("http://127.0.0.1:9"),
    )  # fmt: skip
    desk.vault.kept = "1//token"
    identity.sign_out()
    assert (identity.email, desk.vault.kept) == ("", "")


def test_no_token_shows_where_objects_are_shown(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    shown = repr(identity._grant) + repr(identity)
    assert identity.access_token() not in shown
    assert desk.vault.kept not in shown


def test_client_libraries_get_a_new_token_when_a_service_did_not_take_the_last(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    credentials: Any = identity.credentials()
    credentials.refresh(None)
    first = credentials.token
    assert credentials.valid
    credentials.refresh(None)  # as the transport does after a 401
    assert credentials.token not in ("", first)


def test_client_libraries_are_told_in_their_own_words(desk: Desk) -> None:
    from google.auth.exceptions import RefreshError, TransportError

    with pytest.raises(RefreshError):
        desk.identity().credentials().refresh(None)
    desk.vault.kept = "1//token"
    desk.server.answers = 503
    with pytest.raises(TransportError):
        desk.identity("ada@payer.example").credentials().refresh(None)


def test_the_key_file_of_a_service_account_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        refuse_environment({"GOOGLE_APPLICATION_CREDENTIALS": "/a/key.json"})
    assert refused.value.code == "service_account"


@pytest.mark.parametrize("name", ["FIRESTORE_EMULATOR_HOST", "STORAGE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"])
def test_a_switch_to_an_emulator_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        refuse_environment({name: "127.0.0.1:1"})
    assert name in str(refused.value)


def test_development_may_switch_and_a_released_program_never_does() -> None:
    switched = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}
    refuse_environment(switched, development=True)
    with pytest.raises(Rejected):
        refuse_environment(switched, development=True, frozen=True)
    refuse_environment({}, frozen=True)


def _project(name: str, number: int, region: str, title: str = "") -> dict[str, Any]:
    return {
        "name": f"projects/{number}", "projectId": name, "displayName": title or name, "state": "ACTIVE",
        "labels": {"countersign": region},
    }  # fmt: skip


def test_the_picker_lists_installations_over_every_page_with_their_addresses(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.server.projects = [
        _project("payer-two", 2, "europe-west4", "Zeta"),
        _project("payer-one", 1, "1", "Alpha"),
    ]
    found = installations(identity, desk.server.url)
    assert [(p.project, p.title, p.service_url) for p in found] == [
        ("payer-one", "Alpha", ""),
        ("payer-two", "Zeta", "https://countersign-endpoint-2.europe-west4.run.app"),
    ]


def test_the_picker_asks_to_sign_in_when_the_token_is_not_taken(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.server.access.clear()
    with pytest.raises(Actionable) as refused:
        installations(identity, desk.server.url)
    assert isinstance(refused.value, SignInRequired)


def test_a_renewal_that_leaves_out_who_it_is_is_one(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    first = identity.id_token()
    desk.server.silent = True
    desk.now += 3600 - 299
    assert identity.access_token() in desk.server.access
    assert len(desk.server.asked) == 2
    assert identity.id_token() == first
    desk.now += 300
    with pytest.raises(SignInRequired):
        identity.id_token()
    assert identity.access_token() in desk.server.access, "what needs no name goes on"
    assert identity.email == "ada@payer.example"


def test_after_a_restart_a_renewal_without_a_name_still_opens_the_services(desk: Desk) -> None:
    desk.identity().sign_in(desk.browser)
    desk.server.silent = True
    again = desk.identity("ada@payer.example")
    assert again.access_token() in desk.server.access
    with pytest.raises(SignInRequired):
        again.id_token()


def test_a_scope_that_was_taken_back_asks_to_sign_in_again(desk: Desk) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.now += 3600
    desk.server.kept = "openid https://www.googleapis.com/auth/userinfo.email"
    with pytest.raises(SignInRequired) as ended:
        identity.access_token()
    assert ended.value.code == "sign_in_scope"


@pytest.mark.parametrize("policy", ["admin_policy_enforced", "org_internal"])
def test_what_an_administrator_forbids_is_told_as_such(desk: Desk, policy: str) -> None:
    identity = desk.identity()
    identity.sign_in(desk.browser)
    desk.server.policy = policy
    desk.now += 3600
    for ask in (identity.access_token, lambda: identity.sign_in(desk.browser)):
        with pytest.raises(SignInRequired) as refused:
            ask()
        assert refused.value.code == "sign_in_policy"
        assert "administrator" in refused.value.next_step
