"""How the criteria engine judges fragments of notes: false met, false not met, wrongly insufficient; and how fast.

python -m tests.benchmarks.criteria [--json] [--pages 200]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.material import Material, Status
from tests.unit.services.criteria.fragments import A1C, FINDING, HEAD, LEAVES, MDI, TESTING
from tests.unit.services.criteria.hard_fragments import HARD
from tests.unit.services.criteria.harder_fragments import HARDER
from tests.unit.services.criteria.more_fragments import MORE
from tests.unit.services.criteria.support import ask, judged, material, note, policy

ALL = {**LEAVES, **MORE, **HARD, **HARDER}
EXPECTED = {"m": Status.MET, "n": Status.NOT_MET, "i": Status.INSUFFICIENT}


@dataclass(frozen=True)
class Miss:
    leaf: str
    text: str
    expected: Status
    found: Status
    why: str

    @property
    def kind(self) -> str:
        if self.found is Status.MET:
            return "false met"
        return "false not met" if self.found is Status.NOT_MET else "wrongly insufficient"


def misses() -> Iterator[Miss]:
    """The fragments that are judged otherwise than written."""
    for name, leaf in ALL.items():
        for expected, text in leaf.fragments:
            found = judged(HEAD + text, leaf.test, leaf.concepts)
            if found.status is not EXPECTED[expected]:
                yield Miss(name, text, EXPECTED[expected], found.status, found.why)


def long_case(pages: int) -> Material:
    """A case of so many pages of notes, each of the fragments in another order."""
    every = [text for leaf in (FINDING, A1C, MDI, TESTING) for _, text in leaf.fragments]
    made = [HEAD + "\n".join(every[(n * 17 + k * 5) % len(every)] for k in range(40)) for n in range(pages)]
    return material(note(*made))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pages", type=int, default=200)
    chosen = parser.parse_args(arguments)
    wrong = list(misses())
    total = sum(len(leaf.fragments) for leaf in ALL.values())
    kinds = {
        k: sum(m.kind == k for m in wrong) for k in ("false met", "false not met", "wrongly insufficient")
    }
    case = long_case(chosen.pages)
    judged_by = policy(FINDING.test, FINDING.concepts)
    begun = time.perf_counter()
    ask(case, judged_by)
    seconds = time.perf_counter() - begun
    figures = {"fragments": total, **kinds, "pages": chosen.pages, "seconds": round(seconds, 3)}
    if chosen.json:
        print(json.dumps({**figures, "misses": [{**m.__dict__, "kind": m.kind} for m in wrong]}, default=str))
    else:
        for miss in wrong:
            print(f"{miss.kind:21} {miss.leaf:16} {miss.text!r}\n{'':21} {miss.why}")
        print(", ".join(f"{k}: {v}" for k, v in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
