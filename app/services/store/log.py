"""The write-ahead log of the database, looked at before the database does.

SQLite ends reading its log at the first frame that does not check out and says nothing: after a power
cut that is the write that was cut off. A bit that flipped further in front would take acknowledged
changes with it, unseen. The frames behind it tell the two apart.
(Format: https://www.sqlite.org/fileformat2.html, section 4.)
"""

from __future__ import annotations

import struct
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.services.store.failure import damaged
from app.services.store.head import PAGE, Seal

_HEADER = 32
_FRAME = 24
_MAGIC = 0x377F0682
_VERSION = 3_007_000
_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Frame:
    commit: bool
    salts: tuple[int, int]
    sums: tuple[int, int]
    body: bytes


def examine(path: Path) -> bool:
    """Whether the last write was cut off. Raises `Damaged` when something before it was altered.

    Only while no process has the database open.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    if len(data) < _HEADER + _FRAME:
        return False
    magic, _, size, _, *salts = struct.unpack(">6I", data[:24])
    order = ">" if magic & 1 else "<"
    sums = struct.unpack(">2I", data[24:_HEADER])
    if magic & ~1 != _MAGIC or not 512 <= size <= 65536 or _sum(data[:24], (0, 0), order) != sums:
        raise damaged()
    frames = _frames(data, size)
    at = 0
    while at < len(frames) and frames[at].salts == tuple(salts):
        if _sum(frames[at].body, sums, order) != frames[at].sums:
            break
        sums = frames[at].sums
        at += 1
    return _cut_off(frames[at:], (salts[0], salts[1]))


def mended(data: bytes, seal: Seal | None) -> tuple[bytes, bool]:
    """The log with its sums made right, so that the database reads on behind a frame that was altered.

    Only to rescue what can be read. With the seal, frames whose page does not hold are left out, so that
    an older state of that page is read instead; whether any was is the second value.
    """
    frames = _frames(data, PAGE)
    if not frames:
        return b"", False
    salts = Counter(frame.salts for frame in frames).most_common(1)[0][0]
    order = "<" if sys.byteorder == "little" else ">"
    header = struct.pack(">6I", _MAGIC | (order == ">"), _VERSION, PAGE, 0, *salts)
    sums = _sum(header, (0, 0), order)
    whole = [header, struct.pack(">2I", *sums)]
    left_out = False
    for frame in frames:
        if salts[0] != frame.salts[0] and salts[1] != frame.salts[1]:
            break
        if seal is not None and not seal.holds(struct.unpack(">I", frame.body[:4])[0], frame.body[8:]):
            left_out = True
            continue
        sums = _sum(frame.body, sums, order)
        whole += [frame.body[:8], struct.pack(">4I", *salts, *sums), frame.body[8:]]
    return b"".join(whole), left_out


def _cut_off(rest: list[_Frame], salts: tuple[int, int]) -> bool:
    """What the frames from the first bad one on say: nothing, a write cut off, or damage, which raises.

    Frames of an earlier round of the log have other salts, both of them.
    """
    ours = [frame for frame in rest if frame.salts[0] == salts[0] or frame.salts[1] == salts[1]]
    if not ours:
        return False
    commits = [place for place, frame in enumerate(ours) if frame.commit]
    if commits and commits[0] + 1 < len(ours):
        raise damaged()  # a transaction was written behind this one: this one had been acknowledged
    # Several frames and no end: a transaction that was given up, overwritten in part by the next.
    return bool(commits) or len(ours) == 1


def _frames(data: bytes, size: int) -> list[_Frame]:
    frames = []
    for start in range(_HEADER, len(data) - _FRAME - size + 1, _FRAME + size):
        head = struct.unpack(">6I", data[start : start + _FRAME])
        body = data[start : start + 8] + data[start + _FRAME : start + _FRAME + size]
        frames.append(_Frame(head[1] != 0, (head[2], head[3]), (head[4], head[5]), body))
    return frames


def _sum(data: bytes, sums: tuple[int, ...], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) & _WORD
        second = (second + words[place + 1] + first) & _WORD
    return first, second
