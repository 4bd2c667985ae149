"""Tick boxes in the text of a note: which words a box belongs to, and whether it is ticked."""

from __future__ import annotations

import re
from enum import StrEnum


class Tick(StrEnum):
    NONE = "none"
    """No box stands with these words."""
    TICKED = "ticked"
    UNTICKED = "unticked"
    NO = "no"
    """The box that is ticked says no."""
    UNCLEAR = "unclear"


_BOX = re.compile(
    r"(?P<on>\[\s?[xX✓✔*+]\s?\]|\(\s?[xX✓✔]\s?\)|[☑☒✓✔■]|(?<![A-Za-z0-9])_+[xX]_+)"
    r"|(?P<off>\[\s{0,3}\]|\[_+\]|\(\s{1,3}\)|[☐□○]|(?<![A-Za-z0-9_])_{2,3}(?=\s*[A-Za-z]))"
    r"|(?P<odd>[✗✘])"
)
_YES = re.compile(r"\s*[:.]?\s*(?:yes|y|present|positive|pos)\b(?!\s+of)", re.IGNORECASE)
_NO = re.compile(r"\s*[:.]?\s*(?:no|n|none|absent|negative|neg|denies)\b(?!\s+of)", re.IGNORECASE)
_AFFIRMING = re.compile(
    r"\s*(?:yes|completed?|done|performed|present|positive|true|attended)\b", re.IGNORECASE
)
_LABEL_AHEAD = re.compile(r"\b(?:yes|y|no|n)\s*:?\s*$", re.IGNORECASE)


def tick_of(text: str, start: int, end: int) -> Tick:
    """What the box of the words text[start:end] says; `NONE` where no box is near."""
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return Tick.NONE
    answers = [_answer(text, boxes, n) for n in range(len(boxes))]
    if any(answers):
        return _of_question(boxes, answers, start)
    before = [b for b in boxes if b.end() <= start]
    after = [b for b in boxes if b.start() >= end]
    leading = not text[: boxes[0].start()].strip(" -•*:") or text[: boxes[0].start()].rstrip().endswith(":")
    box = before[-1] if before and leading else None
    if box is None and not leading and after:
        box = after[0]
    if box is None and leading and end <= boxes[0].start():
        return _of_options(text, boxes)
    if box is None:
        # "Symptoms: [x] dawn phenomenon" has its box before; a word before the first box has none.
        return Tick.NONE if leading or not before else Tick.UNCLEAR
    if box.lastgroup == "odd":
        return Tick.UNCLEAR
    return Tick.TICKED if box.lastgroup == "on" else Tick.UNTICKED


def _of_options(text: str, boxes: list[re.Match[str]]) -> Tick:
    """What the options behind a colon say of the words in front of it ("SDM: [ ] completed")."""
    ticked = []
    for n, box in enumerate(boxes):
        if box.lastgroup == "on":
            ticked.append(text[box.end() : boxes[n + 1].start() if n + 1 < len(boxes) else len(text)])
    if not ticked:
        return Tick.UNTICKED
    return Tick.TICKED if len(ticked) == 1 and _AFFIRMING.match(ticked[0]) else Tick.UNCLEAR


def _answer(text: str, boxes: list[re.Match[str]], n: int) -> str:
    """ "yes" or "no" when the words of a box are that: those behind it, or in front of it."""
    stop = boxes[n + 1].start() if n + 1 < len(boxes) else len(text)
    behind = text[boxes[n].end() : stop]
    since = boxes[n - 1].end() if n else 0
    ahead = text[since : boxes[n].start()].rstrip(" :")
    if _LABEL_AHEAD.search(text[: boxes[0].start()]):
        # "Yes [x]  No [ ]": the words stand before their boxes.
        said = _LABEL_AHEAD.search(ahead)
        return ("yes" if said.group()[:1] in "yY" else "no") if said else ""
    if len(behind.split()) <= 2 or n + 1 == len(boxes):
        if _YES.match(behind):
            return "yes"
        if _NO.match(behind):
            return "no"
    return ""


def _of_question(boxes: list[re.Match[str]], answers: list[str], start: int) -> Tick:
    """The answer to the question that words stand in: the run of yes and no boxes that follows it."""
    ahead = [n for n in range(len(boxes)) if boxes[n].start() >= start and answers[n]]
    if ahead:
        run = [ahead[0]]
        for n in ahead[1:]:
            if n == run[-1] + 1 and answers[n] not in [answers[m] for m in run]:
                run.append(n)
    else:
        # "[x] Yes [ ] No  Dawn phenomenon": the answers stand before the question.
        run = [n for n in range(len(boxes)) if answers[n]][-2:]
    on = [answers[n] for n in run if boxes[n].lastgroup == "on"]
    if any(boxes[n].lastgroup == "odd" for n in run) or len(on) > 1:
        return Tick.UNCLEAR
    if not on:
        return Tick.UNTICKED
    return Tick.TICKED if on[0] == "yes" else Tick.NO
