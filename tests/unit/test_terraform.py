"""The set-up of the cloud, as far as it can be checked without Google's providers: it parses, every name it uses is
there, and what it promises of buckets, rights and keys stands in it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

from app.domain.connection import BUCKETS, connection_from

ROOT = Path(__file__).resolve().parents[2]
CLOUD = ROOT / "installer" / "cloud"
FOLDER = CLOUD / "terraform"
FILES = sorted(FOLDER.glob("*.tf"))


@cache
def parsed() -> dict[str, list[Any]]:
    """Every block of all files by its kind."""
    found: dict[str, list[Any]] = {}
    for path in FILES:
        with path.open() as file:
            for kind, blocks in hcl2.load(file).items():
                if isinstance(blocks, list):
                    found.setdefault(kind, []).extend(blocks)
    return found


def named(block: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, inner in block.items():
        if isinstance(inner, dict):
            for name, body in inner.items():
                if isinstance(body, dict):
                    yield bare(kind), bare(name), body


def bare(text: str) -> str:
    return text.strip('"')


def resources(kind: str = "") -> dict[str, dict[str, Any]]:
    return {
        f"{found}.{name}": body
        for block in parsed()["resource"]
        for found, name, body in named(block)
        if not kind or found == kind
    }


def code() -> str:
    """All files as one text without comments."""
    return "\n".join(
        re.sub(r"(^|\s)#.*$", "", line) for path in FILES for line in path.read_text("utf-8").splitlines()
    )


def locals_of() -> set[str]:
    return {bare(name) for block in parsed()["locals"] for name in block if not name.startswith("__")}


def test_every_file_parses_and_holds_something() -> None:
    assert len(FILES) > 10
    assert len(resources()) > 50


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_the_files_are_formatted() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", str(FOLDER)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_variable_and_local_that_is_used_is_declared_and_the_other_way_round() -> None:
    declared = {bare(name) for block in parsed()["variable"] for name in block}
    used = set(re.findall(r"\bvar\.(\w+)", code()))
    assert used - declared == set()
    assert declared - used == set()
    used = set(re.findall(r"\blocal\.(\w+)", code()))
    assert used - locals_of() == set()
    assert locals_of() - used == set()


def test_every_resource_that_is_named_is_there() -> None:
    there = set(resources()) | {
        f"data.{kind}.{name}" for block in parsed()["data"] for kind, name, _ in named(block)
    }
    text = re.sub(r'^\s*(resource|data)\s+"\w+"\s+"\w+"', "", code(), flags=re.MULTILINE)
    named_there = {found.group(0) for found in re.finditer(r"\b(?:data\.)?google_\w+\.\w+", text)}
    assert named_there
    assert named_there - there == set()


def test_each_of_the_seven_buckets_is_made_private_encrypted_and_under_its_own_name() -> None:
    (buckets,) = [block["buckets"] for block in parsed()["locals"] if "buckets" in block]
    assert {bare(name) for name in buckets if not name.startswith("__")} == set(BUCKETS)
    made = resources("google_storage_bucket")
    assert len(made) == 2
    for name, body in made.items():
        assert body["uniform_bucket_level_access"] is True, name
        assert bare(body["public_access_prevention"]) == "enforced", name
        assert "default_kms_key_name" in str(body["encryption"]), name
        assert "retention_policy" in str(body), name
        assert body["force_destroy"] is False, name


def test_nobody_gets_more_than_their_work_takes() -> None:
    text = code()
    assert not re.search(r"roles/(owner|editor|viewer)\b", text)
    assert "allUsers" not in text
    assert "allAuthenticatedUsers" not in text
    assert not re.search(r"roles/\w+\.admin\b", text)
    assert "google_service_account_key" not in text
    for name, body in resources("google_project_iam_custom_role").items():
        assert not [p for p in body["permissions"] if "delete" in p.lower() or "setIamPolicy" in p], name


def test_a_desk_has_every_right_in_firestore_that_its_code_asks_for_and_deletes_nothing() -> None:
    """What the adapter says it needs where it is refused is what it asks for: the role of a desk holds that."""
    source = [path.read_text("utf-8") for path in (ROOT / "app/services/google/firestore").glob("*.py")]
    asked = {right for text in source for right in re.findall(r'"(datastore\.\w+\.\w+)"', text)}
    role = resources("google_project_iam_custom_role")["google_project_iam_custom_role.desk"]
    granted = {bare(right) for right in role["permissions"]}
    assert {"datastore.entities.get", "datastore.entities.list", "datastore.entities.update"} <= asked
    assert asked <= granted
    assert not any(re.search(r"\.delete\(|DELETE_DOCUMENT|recursive_delete", text) for text in source)


def test_what_desks_and_the_service_delete_lies_in_one_folder_on_its_way() -> None:
    rights = resources("google_storage_bucket_iam_member")
    deleting = {name for name, body in rights.items() if "objectUser" in str(body["role"])}
    own, batches, processors = (
        f"google_storage_bucket_iam_member.{name}" for name in ("administrators", "batches", "document_ai")
    )
    assert deleting == {own, batches, processors}
    assert "google_project_service_identity" in str(rights[processors])  # Google's own, at work for us
    condition = str(rights[batches]["condition"])
    source = (ROOT / "app/services/google/document_ai/batch.py").read_text("utf-8")
    assert condition.count("working/document_ai/") == 2
    assert "objectListPrefix" in condition
    assert '"working/document_ai' in source
    assert {bare(str(body["member"])) for name, body in rights.items() if name == own} == {
        '${local.people["administrators"]}'
    }


def test_whoever_works_with_it_finds_its_project() -> None:
    role = resources("google_project_iam_custom_role")["google_project_iam_custom_role.finds"]
    assert [bare(right) for right in role["permissions"]] == ["resourcemanager.projects.get"]


def test_desks_have_no_right_in_the_database_of_roles_and_checkpoints() -> None:
    members = resources("google_project_iam_member")
    of_trust = {name for name, body in members.items() if "trust_only" in str(body)}
    assert of_trust == {
        "google_project_iam_member.endpoint_trust",
        "google_project_iam_member.ingestion_library",
    }
    library = resources("google_project_iam_custom_role")["google_project_iam_custom_role.library"]
    assert {str(right).strip('"').rpartition(".")[2] for right in library["permissions"]} == {"get", "list"}
    for name, body in members.items():
        if "custom_role.desk" in str(body["role"]) or "custom_role.trust" in str(body["role"]):
            assert "condition" in body, f"{name} is for every database"


def test_only_the_endpoint_reads_the_key_that_signs() -> None:
    readers = resources("google_secret_manager_secret_iam_member")
    assert [str(body["member"]) for body in readers.values()] == ["${google_service_account.endpoint.member}"]
    assert "google_secret_manager_secret_version" not in code()  # a key in the state would be no secret


def test_both_databases_are_encrypted_with_our_key_recoverable_and_backed_up() -> None:
    databases = resources("google_firestore_database")
    assert len(databases) == 2
    for body in databases.values():
        assert "kms_key_name" in str(body["cmek_config"])
        assert bare(body["point_in_time_recovery_enablement"]) == "POINT_IN_TIME_RECOVERY_ENABLED"
    for schedule in resources("google_firestore_backup_schedule").values():
        assert {bare(name) for name in _map_of(schedule["for_each"])} == {"cases", "trust"}


def _map_of(value: Any) -> list[str]:
    return (
        [name for name in value if not name.startswith("__")]
        if isinstance(value, dict)
        else re.findall(r"(\w+) *[=:]", str(value))
    )


def test_the_indexes_are_those_the_adapter_queries_by() -> None:
    indexes = json.loads((CLOUD / "firestore.indexes.json").read_text("utf-8"))
    assert indexes["indexes"]
    for index in indexes["indexes"]:
        assert {"collectionGroup", "queryScope", "fields"} <= set(index)
    unindexed = {o["fieldPath"] for o in indexes["fieldOverrides"] if not o["indexes"]}
    assert {"fields", "tables"} <= unindexed


def test_the_connection_that_is_put_out_is_one_that_a_desk_takes() -> None:
    (made,) = [
        body["connection"]["value"] if "connection" in body else block['"connection"']["value"]
        for block in parsed()["output"]
        for body in [{bare(k): v for k, v in block.items()}]
        if "connection" in body
    ]
    names = set(re.findall(r"(\w+)\s*[=:] ", str(made).partition("jsonencode")[2]))
    text = {
        "project": "some-project",
        "location": "europe-west3",
        "client_id": "id",
        "service_url": "https://x",
    }
    known = {name for name in names if name != "for"} & set(connection_from(text).__dataclass_fields__)
    assert {
        "project",
        "location",
        "client_id",
        "service_url",
        "database",
        "buckets",
        "processors",
        "search",
    } <= known


def test_the_dashboard_is_json_that_names_the_services_and_the_metrics_that_are_made() -> None:
    text = (FOLDER / "dashboard.json.tftpl").read_text("utf-8")
    dashboard = json.loads(text.replace("${ingestion}", "one").replace("${endpoint}", "other"))
    assert len(dashboard["mosaicLayout"]["tiles"]) >= 8
    (counted,) = [block["counted"] for block in parsed()["locals"] if "counted" in block]
    asked = set(re.findall(r"user/countersign/(\w+)", text))
    assert asked <= {bare(name) for name in counted}


def test_everything_the_program_asks_of_google_is_switched_on() -> None:
    text = code()
    for api in (
        "aiplatform",
        "discoveryengine",
        "documentai",
        "eventarc",
        "firestore",
        "run",
        "secretmanager",
        "storage",
    ):
        assert f'"{api}.googleapis.com"' in text, api
