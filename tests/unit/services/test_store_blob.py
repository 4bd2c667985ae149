"""Blobs: bit for bit, encrypted, and never silently anything else."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import threading
import time
from pathlib import Path

import pytest

from app.domain.errors import StorageFailed
from app.services.store import disk
from app.services.store.blob import BlobFolder
from app.services.store.disk import UNFINISHED
from tests.faults.store_sample import KEY

CONTENT = b"%PDF-1.7 a document of nobody " * 400


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    return BlobFolder(tmp_path / "blobs", KEY)


def files(blobs: BlobFolder) -> list[Path]:
    return sorted(p for p in blobs._folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("content", [b"", b"\x00", CONTENT, random.Random(1).randbytes(3_000_000)])
def test_a_file_comes_back_bit_for_bit(blobs: BlobFolder, content: bytes) -> None:
    name = blobs.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert blobs.get(name) == content


def test_the_same_content_twice_is_kept_once(blobs: BlobFolder) -> None:
    assert blobs.put(CONTENT) == blobs.put(CONTENT)
    assert len(files(blobs)) == 1


def test_neither_the_content_nor_its_hash_can_be_seen_in_the_folder(blobs: BlobFolder) -> None:
    name = blobs.put(CONTENT)
    (path,) = files(blobs)
    assert name not in str(path)
    assert b"document of nobody" not in path.read_bytes()
    assert BlobFolder(blobs._folder, bytes(32))._path(name) != path


def test_every_flipped_bit_is_noticed(blobs: BlobFolder) -> None:
    name = blobs.put(b"short")
    (path,) = files(blobs)
    sealed = path.read_bytes()
    for place in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[place // 8] ^= 1 << place % 8
        path.write_bytes(altered)
        with pytest.raises(StorageFailed) as caught:
            blobs.get(name)
        assert caught.value.code == "blob_damaged"


@pytest.mark.parametrize("length", [0, 3, 15, 16, 31, -1])
def test_a_file_that_was_cut_off_is_noticed(blobs: BlobFolder, length: int) -> None:
    name = blobs.put(CONTENT)
    (path,) = files(blobs)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(StorageFailed):
        blobs.get(name)


def test_one_blob_in_the_place_of_another_is_noticed(blobs: BlobFolder) -> None:
    first, second = blobs.put(b"first"), blobs.put(b"second")
    blobs._path(first).write_bytes(blobs._path(second).read_bytes())
    with pytest.raises(StorageFailed):
        blobs.get(first)


def test_a_blob_that_is_gone_is_told_in_words(blobs: BlobFolder) -> None:
    with pytest.raises(StorageFailed) as caught:
        blobs.get("0" * 64)
    assert caught.value.code == "blob_gone"
    assert caught.value.next_step


def test_putting_a_damaged_blob_again_mends_it(blobs: BlobFolder) -> None:
    name = blobs.put(CONTENT)
    (path,) = files(blobs)
    path.write_bytes(b"rubbish")
    assert blobs.put(CONTENT) == name
    assert blobs.get(name) == CONTENT


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_only_a_hash_names_a_blob(blobs: BlobFolder, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        blobs.get(name)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    blobs: BlobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = blobs.put(b"before")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "write", full)
        with pytest.raises(StorageFailed) as caught:
            blobs.put(CONTENT)
    assert caught.value.code == "disk_full"
    assert len(files(blobs)) == 1
    assert blobs.get(kept) == b"before"
    assert blobs.get(blobs.put(CONTENT)) == CONTENT


def test_short_writes_of_the_system_are_completed(blobs: BlobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(disk.os, "write", lambda handle, data: write(handle, data[:1000]))
    assert blobs.get(blobs.put(CONTENT)) == CONTENT


def test_what_a_dead_process_left_half_written_is_swept_away_later(blobs: BlobFolder) -> None:
    blobs.put(CONTENT)
    old, new = (files(blobs)[0].parent / f"{UNFINISHED}{name}" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    BlobFolder(blobs._folder, KEY)
    assert not old.exists()
    assert new.exists()  # another process may be writing it


def test_threads_may_put_the_same_content_at_once(blobs: BlobFolder) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(blobs.put(CONTENT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == len(files(blobs)) == 1
    assert blobs.get(names[0]) == CONTENT


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps files private by the folder's access list")
def test_only_the_owner_may_look(blobs: BlobFolder) -> None:
    blobs.put(CONTENT)
    for path in (blobs._folder, *blobs._folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0
