"""Buckets of this computer alone: what lies on the disk, and what happens when it is touched."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.domain.errors import Conflict, StorageFailed
from app.services.local import bucket_folder
from app.services.local.bucket_folder import FolderBuckets

KEY = bytes(range(32))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_nothing_of_a_file_can_be_read_off_the_disk(tmp_path: Path) -> None:
    FolderBuckets(tmp_path, KEY).put(
        "pa_forms_bkt", "cases/c-77", b"a form of somebody", metadata={"case_id": "c-77"}
    )
    (path,) = files(tmp_path)
    assert path.is_relative_to(tmp_path / "pa_forms_bkt")
    assert b"somebody" not in path.read_bytes()
    assert b"c-77" not in path.read_bytes()
    assert "c-77" not in str(path)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    FolderBuckets(tmp_path, KEY).put("pa_forms_bkt", "a", b"x")
    other = FolderBuckets(tmp_path, bytes(32))
    assert other.stat("gs://pa_forms_bkt/a") is None
    with pytest.raises(StorageFailed):
        other.list("pa_forms_bkt")


def test_a_bit_that_flips_anywhere_is_noticed(tmp_path: Path) -> None:
    buckets = FolderBuckets(tmp_path, KEY)
    stored = buckets.put("pa_forms_bkt", "a", b"form" * 20, "application/pdf", {"case_id": "c1"})
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(StorageFailed) as caught:
            buckets.get(stored.uri)
        assert caught.value.next_step
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at])
        with pytest.raises(StorageFailed):
            buckets.get(stored.uri)
    path.write_bytes(whole)
    assert buckets.get(stored.uri) == b"form" * 20


def test_a_file_put_in_the_place_of_another_is_noticed(tmp_path: Path) -> None:
    buckets = FolderBuckets(tmp_path, KEY)
    buckets.put("pa_forms_bkt", "a", b"one")
    (first,) = files(tmp_path)
    buckets.put("pa_forms_bkt", "b", b"two")
    (second,) = set(files(tmp_path)) - {first}
    second.write_bytes(first.read_bytes())
    with pytest.raises(StorageFailed):
        buckets.get("gs://pa_forms_bkt/b")


@pytest.mark.parametrize("links", [True, False], ids=["links", "a disk without links"])
def test_of_two_programs_that_store_under_one_name_one_is_told(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked and found the name free before either writes."""
    if not links:

        def refuse(_from: Path, _to: Path) -> None:
            raise OSError(95, "not supported")

        monkeypatch.setattr(bucket_folder.os, "link", refuse)
    real = bucket_folder.write_durably
    both = threading.Barrier(2)

    def together(path: Path, content: bytes) -> None:
        real(path, content)
        if links:
            both.wait(10)

    monkeypatch.setattr(bucket_folder, "write_durably", together)
    told: list[str] = []

    def put(content: bytes) -> None:
        try:
            FolderBuckets(tmp_path, KEY).put("pa_forms_bkt", "a", content)
        except Conflict:
            told.append("conflict")
        else:
            told.append(content.decode())

    threads = [threading.Thread(target=put, args=(content,)) for content in (b"one", b"two")]
    for thread in threads:
        thread.start()
        if not links:
            thread.join(10)
    for thread in threads:
        thread.join(10)
    assert min(told) == "conflict"
    kept = FolderBuckets(tmp_path, KEY).get("gs://pa_forms_bkt/a").decode()
    assert sorted(told)[1] == kept
    assert len(files(tmp_path)) == 1
