"""The projects that a person may see and that hold a Countersign installation."""

from __future__ import annotations

import re
from typing import Any

from app.domain.errors import Offline, Rejected, SignInRequired
from app.services.connecting import Project
from app.services.ports import Identity

SEARCH = "https://cloudresourcemanager.googleapis.com"
LABEL = "countersign"
"""The label of a project with an installation; its value is the region of the endpoint (any other is only a mark)."""
ENDPOINT = "countersign-endpoint"
_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_SECONDS = 15.0
_MOST_PAGES = 20


def installations(identity: Identity, url: str = "") -> tuple[Project, ...]:
    """The projects with the label, by their titles (Resource Manager v3, `projects:search`).

    The address of the endpoint follows from the project's number and the label's region, as Cloud Run makes it.
    Raises `SignInRequired`, `Offline`, `Rejected`.
    """
    import httpx

    found: list[Project] = []
    asked: dict[str, str | int] = {"query": f"labels.{LABEL}:* state:ACTIVE", "pageSize": 100}
    headers = {"Authorization": f"Bearer {identity.access_token()}"}
    with httpx.Client(timeout=_SECONDS, headers=headers, follow_redirects=False) as client:
        for _ in range(_MOST_PAGES):
            try:
                answer = client.get(f"{url or SEARCH}/v3/projects:search", params=asked)
            except httpx.HTTPError as error:
                raise _unreachable() from error
            said = _read(answer.status_code, answer.text, answer)
            found += [made for made in map(_project, said.get("projects", ())) if made is not None]
            asked["pageToken"] = str(said.get("nextPageToken", ""))
            if not asked["pageToken"]:
                break
    return tuple(sorted(found, key=lambda project: (project.title.casefold(), project.project)))


def _read(status: int, _text: str, answer: Any) -> dict[str, Any]:
    if status == 401:
        raise SignInRequired("You are not signed in any more.", "Sign in.", code="sign_in_ended")
    if status == 403:
        raise Rejected(
            "You may not look for projects.",
            "Ask for the role roles/browser, or connect with --url or --file.",
            code="projects_refused",
        )
    if status != 200:
        raise _unreachable()
    try:
        said = answer.json()
    except ValueError as error:
        raise _unreachable() from error
    return said if isinstance(said, dict) else {}


def _project(entry: Any) -> Project | None:
    try:
        name, number = str(entry["projectId"]), str(entry["name"]).removeprefix("projects/")
        region = str(entry["labels"][LABEL])
    except (KeyError, TypeError):
        return None
    known = _REGION.fullmatch(region) and number.isdigit()
    url = f"https://{ENDPOINT}-{number}.{region}.run.app" if known else ""
    return Project(name, str(entry.get("displayName") or name), url)


def _unreachable() -> Offline:
    return Offline("Google Cloud does not answer.", "Check the network.", code="projects_offline")
