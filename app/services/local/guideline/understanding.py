"""From what was typed to what is looked for: terms recognized, synonyms added, spelling mended."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from app.services.local.guideline.lexicon import CODE, code_names, english, lexicon
from app.services.local.guideline.query import EMPTY, Other, Sought, Stems, Unit, typed
from app.services.local.guideline.spelling import SHORTEST
from app.services.local.guideline.token import Token, codelike, stem_of, stems
from app.services.local.guideline.vocabulary import Vocabulary

_COMPLETED, _COMPLETED_TOO = 0.8, 0.3
"""What the end of an unfinished word counts: where the word alone is none, and where it is one already."""
_MENDED = (0.9, 0.6, 0.5)
_PERHAPS = 0.4
"""A rare word that looks like a frequent one may be a slip of its writer: both are looked for."""
_OFTEN = 50
_FEW = 2
_LEARNED = 0.8
_TOGETHER = 0.8
_SHORTEST_HALF = 3


@dataclass(frozen=True, slots=True)
class Understood:
    """What is looked for. `corrected` is the whole query with its words mended, "" when none was."""

    units: tuple[Unit, ...]
    corrected: str


def understand(text: str, vocabulary: Vocabulary, *, as_typed: bool = False) -> Understood:
    asked = typed(text)
    units = [_phrase(tokens, vocabulary) for tokens in asked.phrases]
    if asked.either:
        units[0].others = [Other(unit.stems, 1.0) for unit in units[1:]]
        units = units[:1]
    words: list[Sought] = []
    mended: list[tuple[Token, str]] = []
    for number, token in enumerate(asked.words):
        word = Sought(token, asked.capitals[number], asked.empty[number], asked.joined[number])
        last = asked.open and number == len(asked.words) - 1
        if word.empty and not last:
            word.forms = [Other((token.stem,), 1.0)]
            word.times = vocabulary.times(token.stem)
        else:
            meant = _forms(word, vocabulary, last=last, as_typed=as_typed)
            if meant:
                mended.append((token, meant))
        words.append(word)
    units += _units(words, vocabulary)
    corrected = text
    for token, meant in sorted(mended, key=lambda m: m[0].start, reverse=True):
        corrected = corrected[: token.start] + meant + corrected[token.end :]
    return Understood(tuple(units), corrected if mended else "")


def _phrase(tokens: tuple[Token, ...], vocabulary: Vocabulary) -> Unit:
    return Unit([_plain(t, vocabulary) for t in tokens], phrase=True)


def _plain(token: Token, vocabulary: Vocabulary) -> Sought:
    times = vocabulary.times(token.stem)
    return Sought(token, forms=[Other((token.stem,), 1.0)], times=times)


def _forms(word: Sought, vocabulary: Vocabulary, *, last: bool, as_typed: bool) -> str:
    """Fill in what stands for a word; returns the spelling that was meant when it was mended."""
    token = word.token
    word.times = vocabulary.times(token.stem)
    word.forms = [Other((token.stem,), 1.0)]
    meant = ""
    if last and len(token.word) > 1:
        weight = _COMPLETED_TOO if word.times else _COMPLETED
        for stem in vocabulary.completions(token.word):
            if stem != token.stem and stem not in EMPTY:
                word.forms.append(Other((stem,), weight))
    elif codelike(token.word) and not word.times:
        for stem in vocabulary.completions(token.word):  # a category stands for its codes: E11 for E11.65
            word.forms.append(Other((stem,), _COMPLETED))
    if not as_typed and len(word.forms) == 1:
        meant = _mend(word, vocabulary)
    if not word.times:
        word.times = max((vocabulary.times(form.stems[0]) for form in word.forms), default=0)
    return meant


def _mend(word: Sought, vocabulary: Vocabulary) -> str:
    token = word.token
    if codelike(token.word) or len(token.word) < SHORTEST:
        return ""
    known = token.word in lexicon().words or (token.stem,) in lexicon().same
    if (word.times == 0 and known) or word.times > _FEW:
        return ""
    found = vocabulary.mendings(token.word)
    if word.times == 0 and token.stem in english():  # a word, though no document holds it: kept as it is
        for mending in found[:1]:
            if mending.cost <= 1.0 and vocabulary.times(stem_of(mending.word)):
                word.forms.append(Other((stem_of(mending.word),), _PERHAPS))
        return ""
    if word.times:
        for mending in found[:1]:
            usual = vocabulary.times(stem_of(mending.word))
            if usual >= _OFTEN * word.times and mending.cost <= 1.0 and mending.word != token.word:
                word.forms.append(Other((stem_of(mending.word),), _PERHAPS))
        return ""
    apart = _apart(token.word, vocabulary)
    if apart and (not found or found[0].cost > 1.0):
        return ""  # two words run together: `_units` looks for them
    for mending, weight in zip(found, _MENDED, strict=False):
        word.forms.append(Other((stem_of(mending.word),), weight))
    return found[0].word if found else ""


def _apart(word: str, vocabulary: Vocabulary) -> Stems:
    """The two known words that a word was run together from, the most usual pair; () when there is none."""
    best: tuple[int, Stems] = (0, ())
    for at in range(_SHORTEST_HALF, len(word) - _SHORTEST_HALF + 1):
        one, two = stem_of(word[:at]), stem_of(word[at:])
        times = min(vocabulary.times(one), vocabulary.times(two))
        best = max(best, (times, (one, two)))
    single = (word[:1], stem_of(word[1:]))  # cpeptide
    if len(word) > SHORTEST and not best[0]:
        best = (min(map(vocabulary.times, single)), single)
    return best[1] if best[0] else ()


def _units(words: list[Sought], vocabulary: Vocabulary) -> list[Unit]:
    """Words that are one term together, the longest first; then every word with what else is said for it."""
    known = lexicon()
    units: list[Unit] = []
    at = 0
    while at < len(words):
        pair = words[at : at + 2]
        if len(pair) == 2 and _beside(pair) and _lettered(*pair):
            units.append(
                Unit(pair, _others(pair, vocabulary))
            )  # C-peptide, hepatitis C: a letter is part of a term
            at += 2
            continue
        for size in range(min(known.longest, len(words) - at), 0, -1):
            group = words[at : at + size]
            if size > 1 and not _beside(group):
                continue
            if size > 1 and (group[0].empty or group[-1].empty):
                continue
            others = _others(group, vocabulary)
            if size > 1 and others:
                units.append(Unit([word for word in group if not word.empty], others, term=_stems_of(group)))
            elif size == 1 and not group[0].empty:
                units.append(Unit(group, others))
            elif size > 1:
                continue
            at += size
            break
    return units


def _lettered(one: Sought, two: Sought) -> bool:
    """Whether a letter and a word are one term; a hyphen says which word it belongs to."""
    return (_letter(one) and not _letter(two)) or (_letter(two) and not two.joined)


def _letter(word: Sought) -> bool:
    return len(word.token.word) == 1 and word.token.word.isalpha() and not word.empty


def _stems_of(group: list[Sought]) -> Stems:
    return tuple(word.token.stem for word in group)


def _beside(group: list[Sought]) -> bool:
    return all(0 < b.token.start - a.token.end <= 24 for a, b in pairwise(group))


def _others(group: list[Sought], vocabulary: Vocabulary) -> list[Other]:
    known = lexicon()
    found: dict[Stems, float] = {}

    def add(stems_: Stems, weight: float) -> None:
        if stems_ and stems_ != own:
            found[stems_] = max(weight, found.get(stems_, 0.0))

    own = _stems_of(group)
    spelled = [own]
    if len(group) == 1:
        spelled += [form.stems for form in group[0].forms[1:] if form.weight in _MENDED]
    else:
        mended = tuple(
            next((f.stems[0] for f in w.forms[1:] if f.weight in _MENDED), w.token.stem) for w in group
        )
        if mended != own:
            spelled.append(mended)
    for number, term in enumerate(spelled):
        share = 1.0 if number == 0 else 0.8
        for stems_, weight in known.others(term):
            add(stems_, weight * share)
        for short in vocabulary.short_forms(" ".join(term)):
            add((short,), _LEARNED * share)
    if len(group) == 1:
        word = group[0]
        for stems_, weight in known.meanings(word.token.word, capitals=word.capitals):
            add(stems_, weight)
            if weight >= 0.6:
                for also, less in known.others(stems_)[:4]:
                    add(also, weight * less)
        for long in vocabulary.long_forms(word.token.stem):
            add(tuple(long.split()), _LEARNED)
        if codelike(word.token.word) and len(word.token.word) >= 3:
            name = code_names().get(word.token.word[:4]) or code_names().get(word.token.word[:3])
            if name:
                add(tuple(stems(name.split(",")[0]))[:5], CODE)
        elif not word.times:
            add(_apart(word.token.word, vocabulary), _TOGETHER)
    elif len(group) == 2:
        joined = stem_of(group[0].token.word + group[1].token.word)
        if vocabulary.times(joined) and len(joined) > SHORTEST:
            add((joined,), _TOGETHER)
    return [
        Other(stems_, weight)
        for stems_, weight in sorted(found.items(), key=lambda item: -item[1])
        if all(vocabulary.times(s) for s in stems_)
    ]
