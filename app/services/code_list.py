"""Code lists from where they can be had: ICD-10-CM from a package, HCPCS Level II from the payer's own file.

ICD-10-CM is the work of the US Government (CDC/NCHS, CMS) and comes with the package `simple-icd-10-cm`.
HCPCS Level II is published by CMS each quarter; no package registry carries it, so a workspace keeps the file
an administrator gives it, and until then only the shape is checked. CPT belongs to the AMA: shape only.
"""

from __future__ import annotations

import html
import importlib.util
import mmap
import re
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from app.domain.code import NO_LISTS, CodeLists
from app.domain.errors import Rejected

_PACKAGE = "simple_icd_10_cm"
_CODE = re.compile(r"[A-Z]\d[0-9A-Z]{1,5}")
_HCPCS = re.compile(r"[A-V]\d{4}")
HCPCS_FILE = "hcpcs.txt"
_LEAST_CODES = 1000
_DESC = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)
_INCLUDED = re.compile(r"<(?:inclusionTerm|includes)>(.*?)</(?:inclusionTerm|includes)>", re.DOTALL)
_NOTE = re.compile(r"<note>(.*?)</note>", re.DOTALL)


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
    known = frozenset(codes)

    def names(code: str) -> tuple[str, ...]:
        bare = code.strip().upper().replace(".", "")
        return icd10_names(bare) if bare in known else ()

    return CodeLists(known, frozenset(billable), frozenset(), f"ICD-10-CM {release}", names)


def _list_file() -> Path | None:
    return _newest("data/code-list-*.txt")


def _newest(pattern: str) -> Path | None:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    files = sorted(Path(next(iter(found.submodule_search_locations))).glob(pattern))
    return files[-1] if files else None


@cache
def _tabular() -> mmap.mmap | None:
    """The tabular list as its file has it; a code is looked for where it stands, some thousandths of a second."""
    source = _newest("data/icd10c-tabular-*.xml")
    if source is None or not source.stat().st_size:
        return None
    with source.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@lru_cache(maxsize=2000)
def icd10_names(bare: str) -> tuple[str, ...]:
    """The title of a code (no point, capitals), then what the tabular list says it includes; of one with a seventh
    character those of the code it extends. Nothing without a tabular list.
    """
    tabular = _tabular()
    if tabular is None:
        return ()
    for length in range(len(bare), 2, -1):
        part = bare[:length]
        name = part if length == 3 else f"{part[:3]}.{part[3:]}"
        start = tabular.find(f"<name>{name}</name>".encode())
        if start >= 0:
            ends = [at for at in (tabular.find(end, start) for end in (b"<diag", b"</diag>")) if at >= 0]
            text = tabular[start : min(ends, default=start)].decode("utf-8", "replace")
            included = [note for kept in _INCLUDED.findall(text) for note in _NOTE.findall(kept)]
            found = [*_DESC.findall(text)[:1], *included]
            return tuple(" ".join(html.unescape(words).split()) for words in found)
    return ()


def code_lists(folder: Path) -> CodeLists:
    """What is known on this workspace: `folder` is where it keeps the lists it was given."""
    known = icd10()
    hcpcs, edition = _hcpcs(folder / HCPCS_FILE)
    if not hcpcs:
        return known
    release = ", ".join(part for part in (known.release, f"HCPCS Level II {edition}".strip()) if part)
    return CodeLists(known.icd10, known.billable, hcpcs, release, known.names)


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
