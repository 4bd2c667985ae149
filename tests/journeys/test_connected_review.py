"""A connected desk reviews: the project's two models are there by themselves, and its search app answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.connection import Connection
from app.domain.guideline import SearchQuery
from app.services.google.cloud_storage import CloudBuckets
from app.services.guideline_answering import publish
from app.services.model_library import PROMPT_MODEL, UR_MODEL
from app.services.review import ENGINE
from app.workstation import CloudPlaces, Workstation
from tests.emulator import Place
from tests.loopback import Fails, Loopback, Says, serving
from tests.payer import Payer, payer
from tests.scripted import ScriptedProcessor, scripted_backends
from tests.serve_parts import NURSE
from tests.storage_server import REGION, TOKEN
from tests.unit.domain.test_imported import REQUEST
from tests.vertex_search_server import CONFIG, SearchApp, search_app
from tests.views.review_shop import NoReader

pytest_plugins = ("tests.emulator",)
ENDPOINT = "projects/{project}/locations/europe-west4/endpoints/4321"


@dataclass
class ReviewPayer(Payer):
    """A project with models and a search app besides."""

    vertex: Loopback = field(default_factory=lambda: Loopback([]))
    search: SearchApp = field(default_factory=SearchApp)

    @property
    def connection(self) -> Connection:
        made = super().connection
        return replace(
            made,
            search=CONFIG,
            prompt_model="gemini-2.5-flash",
            ur_model=ENDPOINT.format(project=made.project),
        )

    def places(self, email: str = NURSE) -> CloudPlaces:
        made = super().places(email)
        assert made.identity is not None
        self.search.tokens |= {made.identity.access_token()}
        return replace(
            made, models=self.vertex.url, search=self.search.address, search_roots=self.search.roots
        )


@pytest.fixture
def project(firestore: Place) -> Iterator[ReviewPayer]:
    with ExitStack() as stack:
        base = stack.enter_context(payer(firestore))
        buckets = CloudBuckets(
            Connection(base.place.project, REGION, "c", "https://127.0.0.1"),
            base.storage.credentials(TOKEN), api_endpoint=base.storage.url,
        )  # fmt: skip
        stack.callback(buckets.close)
        vertex = stack.enter_context(serving(Says("{}"), kind="vertex"))
        vertex.project = base.place.project
        app = stack.enter_context(search_app(lambda uri: buckets.get(uri).decode()))
        app.project = base.place.project
        yield ReviewPayer(base.place, base.line, base.storage, base.service, vertex=vertex, search=app)


def a_request(station: Workstation) -> str:
    (taken,) = station.in_store(station.importing.take, json.dumps([REQUEST]).encode(), station.person)
    return str(taken.case.case_id)


def ask(station: Workstation, case_id: str, model: str) -> Any:
    reviewing = station.review.reviewing
    return reviewing.ask(case_id, reviewing.propose_prompt(case_id), model, station.person)


def test_the_models_of_the_connection_are_offered_and_answer(project: ReviewPayer, tmp_path: Path) -> None:
    with project.desk(tmp_path / "one", online=False) as desk:
        reviewing = desk.review.reviewing
        assert [info.name for info in reviewing.infos()] == [ENGINE, UR_MODEL]
        assert [info.name for info in reviewing.prompt_infos()] == [PROMPT_MODEL]
        case_id = a_request(desk)
        project.vertex.script[:] = [Says("I cannot help.", stop="safety")]
        review = ask(desk, case_id, UR_MODEL)
        if (
            project.vertex.asked
        ):  # a policy fits the request: it was really asked, in the endpoint's own place
            assert "safety" in review.problem
        assert review.model.version == "tuned 4321"
        project.vertex.script[:] = [Fails(401)]
        assert not project.vertex.refused


def test_the_search_app_answers_what_was_published_and_this_computer_when_it_is_away(
    project: ReviewPayer, tmp_path: Path
) -> None:
    behind = replace(scripted_backends(ScriptedProcessor()), documents=NoReader())
    with project.desk(tmp_path / "one", backends=behind, online=False) as desk:
        guidelines = desk.guidelines()
        assert guidelines.there is not None
        policy = desk.policies.policies()[0]
        guidelines.index._put_policy(policy, "d", in_force=True)
        done = publish(guidelines.index.search, guidelines.there)
        assert [(item.outcome, item.source_id) for item in done] == [("added", policy.key)]
        words = " ".join(policy.title.split()[:4])
        answer = guidelines.searching.answer(SearchQuery(f"{words} "), desk.person)
        assert answer.answered_by == "Vertex AI Search"
        assert {hit.source.source_id for hit in answer.hits} == {policy.key}
        project.search.down = True
        answer = guidelines.searching.answer(SearchQuery(f"{words} "), desk.person)
        assert (answer.answered_by, answer.note) == ("", "Vertex AI Search cannot be reached.")
        assert answer.hits
