"""Where the files that come with the program are: icons, fonts, processors, demo material."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = "resources"


def resource(*parts: str) -> Path:
    """The path of a file or folder of `resources/`, from source, installed, or frozen in one folder.

    Raises `FileNotFoundError` with the place looked at: a resource that is missing is a broken build.
    """
    path = _root().joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"The program's own file {'/'.join(parts)} is missing in {_root()}.")
    return path


def _root() -> Path:
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return Path(frozen) / FOLDER
    beside = Path(__file__).resolve().parents[1] / FOLDER
    if beside.is_dir():
        return beside
    # An installed copy carries its resources as a package of data beside `app`, or inside it.
    spec = find_spec(FOLDER)
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(__file__).resolve().parent / FOLDER
