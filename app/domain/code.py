"""Code lists: which ICD-10-CM and HCPCS Level II codes exist. CPT is licensed: only its shape is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass, field


def no_names(_code: str) -> tuple[str, ...]:
    """For whoever has no words of the codes."""
    return ()


_HCPCS = re.compile(r"[A-V]\d{4}")


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The codes of a release, without points and in capitals; an empty list means that it is not known.

    `icd10` holds every code of the tabular list, headings such as `E11` too; `billable` those that may
    stand on a request. `release` says which edition, for people.
    """

    icd10: Set[str] = field(default_factory=frozenset, repr=False)
    billable: Set[str] = field(default_factory=frozenset, repr=False)
    hcpcs: Set[str] = field(default_factory=frozenset, repr=False)
    release: str = ""
    names: Callable[[str], tuple[str, ...]] = field(default=no_names, repr=False, compare=False)
    """The words of an ICD-10-CM code: its title first, then what the list says it includes; nothing when unknown."""

    def title(self, code: str) -> str:
        """What an ICD-10-CM code stands for, "" when it is not known."""
        return next(iter(self.names(code)), "")

    def is_icd10(self, code: str) -> bool:
        return _bare(code) in self.icd10

    def is_billable(self, code: str) -> bool:
        return _bare(code) in self.billable

    def is_hcpcs_shape(self, code: str) -> bool:
        """Whether it looks like HCPCS Level II: a letter and four digits. All else is CPT or nothing."""
        return _HCPCS.fullmatch(_bare(code)) is not None

    def is_hcpcs(self, code: str) -> bool:
        return _bare(code) in self.hcpcs

    def lacks_hcpcs(self, code: str) -> bool:
        """Whether it looks like HCPCS Level II and the list, where there is one, does not have it."""
        return bool(self.hcpcs) and self.is_hcpcs_shape(code) and not self.is_hcpcs(code)


def _bare(code: str) -> str:
    return code.strip().upper().replace(".", "")


NO_LISTS = CodeLists()
"""Nothing is known: only shapes are checked."""


def no_lists() -> CodeLists:
    """For whoever has none: lists are asked for when they are first needed, not at the start."""
    return NO_LISTS
