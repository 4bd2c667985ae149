"""Sample clinical documents: notes, reports and letters that never were, typed, scanned or faxed.

What they say is invented from end to end, and says so at its foot. Nothing in them was copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal

from app.services import sample_damage as damage
from app.services import sample_paper as paper

if TYPE_CHECKING:  # heavy: imported where samples are drawn
    from PIL.Image import Image

Way = Literal["typed", "scanned", "faxed"]

FOOT = "Sample document: nobody in it exists, and nothing in it happened."
WIDTH, HEIGHT, LEFT, TOP = 612, 792, 64, 72
"""A letter page and its margins, in points."""


@dataclass(frozen=True, slots=True)
class Note:
    """A document on paper: its file's name, how it came, and its pages as lines; `#` begins a heading.

    A `typed` one is a PDF with its text; the others are pictures of pages. `header` is the line a fax machine prints
    at the top, with `{page}` and `{pages}` in it.
    """

    name: str
    way: Way
    pages: tuple[tuple[str, ...], ...]
    header: str = ""


def draw_note(note: Note, folder: Path, random: Random) -> Path:
    """Write the document into the folder. The same note and chance give the same file, bit for bit."""
    path = folder / note.name
    if note.way == "typed":
        path.write_bytes(typed(note.pages))
        return path
    return paper.save(path, [_came(note, number, random) for number in range(1, len(note.pages) + 1)])


def typed(pages: Iterable[Sequence[str]]) -> bytes:
    """A PDF with these lines on its pages, in Times, with a text layer and nothing else."""
    streams = [_page(lines, number) for number, lines in enumerate(pages, 1)]
    count = len(streams)
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{face} /Encoding /WinAnsiEncoding >>".encode()
            for face in ("Times-Roman", "Times-Bold")
        ),
    ]
    for number, stream in enumerate(streams):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return _file(objects)


def _came(note: Note, number: int, random: Random) -> Image:
    """A page of the note as it came off the line or the glass."""
    lines = (*note.pages[number - 1], "", "", FOOT)
    if note.way == "scanned":
        picture = paper.page_of_text(lines, paper.SERIF_BLACK)
        return damage.scanned(damage.skewed(picture, random.uniform(-0.4, 0.4)), random)
    picture = paper.page_of_text(lines, paper.TYPEWRITER)
    header = note.header.format(page=f"{number:02}", pages=f"{len(note.pages):02}")
    return damage.faxed(picture, random, header, lines=1)


def _page(lines: Sequence[str], number: int) -> bytes:
    """The drawing commands of one page. Tinos is as wide as Times, letter for letter: lines are measured with it."""
    out: list[str] = []
    y = float(HEIGHT - TOP)
    for line in lines:
        heading = line.startswith("#")
        size = 15 if heading else 11
        words = line.lstrip("# ")
        for part in paper.wrapped(paper.font_of("Tinos", 100), words, (WIDTH - 2 * LEFT) * 100 / size) or [
            ""
        ]:
            out.append(_text("F2" if heading else "F1", size, LEFT, y, part))
            y -= size * (1.7 if heading else 1.42)
    out.append(_text("F1", 8, LEFT, 40, f"{FOOT} Page {number}"))
    return "\n".join(out).encode("cp1252")


def _text(face: str, size: int, x: float, y: float, words: str) -> str:
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{face} {size} Tf {x:.0f} {y:.1f} Td ({escaped}) Tj ET"


def _file(objects: Sequence[bytes]) -> bytes:
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        made += b"%010d 00000 n \n" % place
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)
