"""The watched folder: only whole files are taken, and what was taken is gone from it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.services.watched_folder import WatchedFolder


def test_a_file_is_offered_once_it_has_stopped_growing(tmp_path: Path) -> None:
    watched = WatchedFolder(tmp_path)
    path = tmp_path / "fax.pdf"
    path.write_bytes(b"half")
    assert watched.look() == ()
    path.write_bytes(b"half and the other half")
    assert watched.look() == ()
    assert watched.look() == (path,)


def test_files_still_being_written_by_name_are_left_alone(tmp_path: Path) -> None:
    for name in (".hidden.pdf", "fax.pdf.part", "fax.tmp"):
        (tmp_path / name).write_bytes(b"x")
    watched = WatchedFolder(tmp_path)
    watched.look()
    assert watched.look() == ()


def test_a_link_out_of_the_folder_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.pdf").write_bytes(b"x")
    (tmp_path / "in" / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    watched = WatchedFolder(tmp_path / "in")
    watched.look()
    assert watched.look() == ()


def test_a_file_that_was_taken_in_is_removed(tmp_path: Path) -> None:
    watched = WatchedFolder(tmp_path)
    path = tmp_path / "fax.pdf"
    path.write_bytes(b"x")
    watched.look()
    assert watched.look() == (path,)
    watched.settle(path)
    assert not path.exists()
    assert watched.look() == ()


def test_a_file_that_cannot_be_removed_is_not_offered_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = WatchedFolder(tmp_path)
    path = tmp_path / "fax.pdf"
    path.write_bytes(b"x")
    watched.look()
    watched.look()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    watched.settle(path)
    assert watched.look() == ()
    os.utime(path, ns=(1, 1))  # another file under the same name
    watched.look()
    assert watched.look() == (path,)


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert WatchedFolder(tmp_path / "gone").look() == ()
