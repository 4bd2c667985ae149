"""Code lists from where they can be had: ICD-10-CM from a package, HCPCS Level II from the payer's own file.

ICD-10-CM is the work of the US Government (CDC/NCHS, CMS) and comes with the package `simple-icd-10-cm`.
HCPCS Level II is published by CMS each quarter; no package registry carries it, so a workspace keeps the file
an administrator gives it, and until then only the shape is checked. CPT belongs to the AMA: shape only.
"""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from app.domain.code import NO_LISTS, CodeLists
from app.domain.errors import Rejected

_PACKAGE = "simple_icd_10_cm"
_CODE = re.compile(r"[A-Z]\d[0-9A-Z]{1,5}")
_HCPCS = re.compile(r"[A-V]\d{4}")
HCPCS_FILE = "hcpcs.txt"
_LEAST_CODES = 1000


@cache
def icd10() -> CodeLists:
    """ICD-10-CM as the package has it, without running the package: its own loader builds a tree of all texts
    first, which takes seconds and 190 MB; its list of codes is read in a twentieth of a second. Empty lists
    when the package is not there.
    """
    source = _list_file()
    if source is None:
        return NO_LISTS
    codes = sorted(line for line in source.read_text("utf-8").split() if _CODE.fullmatch(line))
    # A code under which others are listed is a heading: only the most specific ones may be billed.
    last = codes[-1:]
    billable = [code for code, after in pairwise(codes) if not after.startswith(code)] + last
    release = source.stem.removeprefix("code-list-").replace("-", " ")
    return CodeLists(frozenset(codes), frozenset(billable), frozenset(), f"ICD-10-CM {release}")


def _list_file() -> Path | None:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    files = sorted(Path(next(iter(found.submodule_search_locations))).glob("data/code-list-*.txt"))
    return files[-1] if files else None


def code_lists(folder: Path) -> CodeLists:
    """What is known on this workspace: `folder` is where it keeps the lists it was given."""
    known = icd10()
    hcpcs, edition = _hcpcs(folder / HCPCS_FILE)
    if not hcpcs:
        return known
    release = ", ".join(part for part in (known.release, f"HCPCS Level II {edition}".strip()) if part)
    return CodeLists(known.icd10, known.billable, hcpcs, release)


def _hcpcs(path: Path) -> tuple[frozenset[str], str]:
    if not path.exists():
        return frozenset(), ""
    first, *codes = path.read_text("utf-8").splitlines()
    return frozenset(codes), first.removeprefix("#").strip()


def take_hcpcs(source: Path, folder: Path) -> CodeLists:
    """Keep the HCPCS Level II codes of a file from CMS (the fixed-width text or a list, one code at the start
    of a line). Raises `Rejected` when the file holds no such list.
    """
    try:
        text = source.read_text("utf-8", errors="replace")
    except OSError as error:
        raise Rejected(
            f"“{source.name}” cannot be read: {error.strerror}.", "Check the path.", code="code_list"
        ) from error
    codes = sorted({m.group() for line in text.splitlines() if (m := _HCPCS.match(line.lstrip()))})
    if len(codes) < _LEAST_CODES:
        raise Rejected(
            f"“{source.name}” does not look like the HCPCS Level II list: {len(codes)} codes were found in it.",
            "Give the text file of the quarterly HCPCS release of CMS.",
            code="code_list",
        )
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{HCPCS_FILE}.new"
    kept.write_text("\n".join([f"# {source.stem}", *codes]) + "\n", "utf-8")
    kept.replace(folder / HCPCS_FILE)
    return code_lists(folder)
