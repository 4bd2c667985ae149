"""The worker processes: frames, limits, and what is left of a document when its worker is lost."""

from __future__ import annotations

import io
import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.extraction import Document
from app.services import media
from app.services.document_worker import process, wire
from app.services.document_worker.process import WorkerGone, WorkerProcess
from app.services.local.document_opener import WorkerDocument, WorkerDocumentOpener

ROOT = Path(__file__).resolve().parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def pdf(pages: int = 1, **options: object) -> bytes:
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=300, height=400)
        page.insert_text((40, 60), f"page {number + 1} of a letter", fontsize=14)
        page.draw_rect(pymupdf.Rect(10, 10, 40, 30), fill=(1, 0, 0))
    return bytes(document.tobytes(**options))


@pytest.fixture
def opener() -> Iterator[WorkerDocumentOpener]:
    made = WorkerDocumentOpener()
    yield made
    made.close_all()


Open = Callable[[bytes], WorkerDocument]


@pytest.fixture
def opened(opener: WorkerDocumentOpener) -> Open:
    return lambda content: opener(Document("d", media.sniff(content), content))


def pixels(document: WorkerDocument, *arguments: object) -> np.ndarray:
    shown = document.render(*arguments)  # type: ignore[arg-type]
    return np.frombuffer(shown.pixels, np.uint8).reshape(shown.height, shown.width, 3)


# -- frames


def test_a_frame_comes_back_as_it_was_sent() -> None:
    head, payload = wire.encoded({"call": "röntgen", "n": 3}, b"\x00\xff")
    lengths = wire.lengths(head[: wire.HEAD_SIZE])
    assert lengths == (len(head) - wire.HEAD_SIZE, 2)
    assert wire.decoded(head[wire.HEAD_SIZE :], payload) == wire.Frame(
        {"call": "röntgen", "n": 3}, b"\x00\xff"
    )


@pytest.mark.parametrize(
    "head",
    [
        struct.pack(">4sII", b"\x80\x04\x95.", 10, 0),  # a pickle begins like this
        struct.pack(">4sII", wire.MARK, wire.MAX_HEADER + 1, 0),
        struct.pack(">4sII", wire.MARK, 2, wire.MAX_PAYLOAD + 1),
    ],
)
def test_what_is_no_frame_is_refused_before_memory_is_taken(head: bytes) -> None:
    with pytest.raises(wire.BadFrame):
        wire.lengths(head)


@pytest.mark.parametrize("header", [b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    with pytest.raises(wire.BadFrame):
        wire.decoded(header, b"")


# -- pages


def test_pages_are_sized_drawn_and_searched(opened: Open) -> None:
    document = opened(pdf(3))
    assert [(p.width, p.height) for p in document.pages] == [(300, 400)] * 3
    assert pixels(document, 0, 2.0).shape == (800, 600, 3)
    assert tuple(pixels(document, 0, 1.0)[20, 20]) == (255, 0, 0)
    words = document.words(1)
    assert [w.text for w in words] == ["page", "2", "of", "a", "letter"]
    assert words[0].box.x0 == pytest.approx(40 / 300, abs=0.01)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_the_page_turned_clockwise(opened: Open, turns: int) -> None:
    document = opened(pdf())
    turned = pixels(document, 0, 1.0, None, turns).astype(int)
    expected = np.rot90(pixels(document, 0, 1.0), -turns)
    assert turned.shape == expected.shape
    # Letters are smoothed along their own axes: their edges differ a little, the red mark must not.
    assert np.abs(turned - expected).mean() < 1.0
    red = (expected == (255, 0, 0)).all(axis=2)
    assert (turned[red] == (255, 0, 0)).all()


def test_a_clip_is_cut_from_the_turned_page(opened: Open) -> None:
    document = opened(pdf())
    whole = pixels(document, 0, 1.0, None, 1)
    part = pixels(document, 0, 1.0, Box(0.5, 0.0, 1.0, 0.5), 1)
    assert np.array_equal(part, whole[:150, 200:])


def test_every_page_of_a_tiff_can_be_opened(opened: Open) -> None:
    out = io.BytesIO()
    frames = [Image.new("1", (170, 220), n % 2) for n in range(3)]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:], compression="group4", dpi=(100, 100))
    document = opened(out.getvalue())
    assert len(document.pages) == 3
    shades = [int(pixels(document, n, 1.0).mean()) for n in range(3)]
    assert shades == [0, 255, 0]


def test_a_tiff_of_sixteen_bits_shows_what_was_scanned(opened: Open) -> None:
    ramp = np.tile(np.linspace(0, 65535, 200, dtype=np.uint16), (100, 1))
    out = io.BytesIO()
    Image.fromarray(ramp).save(out, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}, dpi=(72, 72))
    shown = pixels(opened(out.getvalue()), 0, 1.0)
    assert np.abs(shown[50, :, 0].astype(int) - np.linspace(0, 255, 200)).max() < 4


def test_a_photo_stands_as_its_camera_was_held(opened: Open) -> None:
    picture = Image.new("RGB", (200, 100), "white")
    picture.paste("black", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise when shown
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, dpi=(72, 72))
    document = opened(out.getvalue())
    shown = pixels(document, 0, 1.0)
    assert shown.shape[0] > shown.shape[1]
    assert shown[5, -5].max() < 60
    assert shown[-5, 5].min() > 200


# -- files that must not be opened


def test_a_locked_file_says_so(opened: Open) -> None:
    with pytest.raises(Unreadable) as caught:
        opened(pdf(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="o", user_pw="u"))
    assert caught.value.code == "encrypted"
    assert "password" in caught.value.reason
    assert caught.value.next_step


def test_a_file_locked_against_changes_alone_is_opened(opened: Open) -> None:
    assert opened(pdf(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="o", user_pw="")).pages


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7\n" + b"\x00garbage" * 50, b"\xff\xd8\xff" + b"\x12" * 400, b"II*\x00" + b"\xff" * 100],
    ids=["pdf", "jpeg", "tiff"],
)
def test_a_broken_file_says_so(opened: Open, content: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        opened(content)
    assert caught.value.reason
    assert caught.value.next_step


def test_a_file_of_thousands_of_pages_is_refused(opened: Open) -> None:
    document = pymupdf.open()
    for _ in range(2001):
        document.new_page(width=100, height=100)
    with pytest.raises(Unreadable) as caught:
        opened(document.tobytes())
    assert caught.value.code == "too_many_pages"
    assert caught.value.params == {"pages": 2001}


def test_a_page_as_large_as_a_field_costs_itself_alone(opened: Open) -> None:
    document = pymupdf.open()
    document.new_page(width=200_000, height=200_000)
    document.new_page().insert_text((72, 72), "Member name")
    shown = opened(document.tobytes())
    assert len(shown.pages) == 2
    for ask in (lambda: shown.render(0, 1.0), lambda: shown.words(0)):
        with pytest.raises(Unreadable) as caught:
            ask()
        assert caught.value.code == "page_size"
    assert [w.text for w in shown.words(1)] == ["Member", "name"]
    assert shown.render(1, 1.0).width == 595


def test_a_picture_is_never_larger_than_memory_allows(opened: Open) -> None:
    shown = opened(pdf()).render(0, 100.0)
    assert shown.width * shown.height <= 61_000_000


# -- workers that are lost


@posix
def test_a_killed_worker_costs_one_call_and_the_next_one_works(opened: Open) -> None:
    document = opened(pdf())
    before = document.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    with pytest.raises(Unreadable):
        document.render(0, 1.0)
    assert document.render(0, 1.0).width == 300
    assert document.pid != before


@posix
def test_a_worker_that_hangs_is_killed_when_its_time_is_up() -> None:
    worker = WorkerProcess("pages")
    worker.call("open", {"media_type": media.PDF}, pdf(), seconds=60)
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerGone) as caught:
        worker.call("render", {"page": 0, "scale": 1.0}, seconds=0.3)
    assert caught.value.why == "late"
    assert not worker.running


@posix
def test_a_worker_that_takes_no_input_is_killed_when_its_time_is_up() -> None:
    worker = WorkerProcess("pages")
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerGone) as caught:
        worker.call("open", {"media_type": media.PDF}, b"x" * 4_000_000, seconds=0.3)
    assert caught.value.why == "late"


def test_closing_everything_leaves_no_process(opener: WorkerDocumentOpener, opened: Open) -> None:
    documents = [opened(pdf()), opened(pdf(2))]
    opener.warm()
    pids = [d.pid for d in documents]
    opener.close_all()
    if sys.platform == "linux":
        assert [p for p in pids if Path(f"/proc/{p}").exists()] == []
    with pytest.raises(Unreadable):
        documents[0].render(0, 1.0)


def test_a_document_takes_the_spare_worker(opener: WorkerDocumentOpener, opened: Open) -> None:
    opener.warm()
    spare = opener._spare
    assert spare is not None
    assert opened(pdf()).pid == spare.pid
    assert opener._spare is not None
    assert opener._spare.pid != spare.pid


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_no_worker_outlives_a_program_that_was_killed(tmp_path: Path) -> None:
    # The worker sleeps in a call of C: it reads no pipe and runs no Python, as if a document had hung it.
    program = textwrap.dedent("""
        import os, select, signal, sys
        from app.services.document_worker import process
        body = '''
        import ctypes, sys
        from app.services.document_worker.limit import die_with_parent
        die_with_parent(int(sys.argv[-1]))
        print("ready", flush=True)
        ctypes.PyDLL(None).sleep(600)
        '''
        body = "\\n".join(line.strip() for line in body.splitlines())
        process._command = lambda role: [sys.executable, "-c", body]
        worker = process.WorkerProcess("pages")
        select.select([worker._out], [], [], 60)
        print(worker.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=ROOT, check=False, timeout=120
    )
    worker = int(done.stdout)
    deadline = time.monotonic() + 20
    while _alive(worker) and time.monotonic() < deadline:
        os.sched_yield()
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_worker_is_given_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", "/secret")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/key")
    given = process._environment()
    assert "COUNTERSIGN_PASSPHRASE_FILE" not in given
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in given


def served(tmp_path: Path, body: str, send: bytes) -> subprocess.CompletedProcess[bytes]:
    """Runs a small worker whose one call `x` is given as code."""
    program = "\n".join(
        [
            "from app.services.document_worker import limit",
            "from app.services.document_worker.serving import Pipes, serve",
            "pipes = Pipes()",
            "limit.leave_network(); limit.limit_resources('pages')",
            "def x(header, payload, tell):",
            textwrap.indent(textwrap.dedent(body), "    "),
            "serve(pipes, {'x': x})",
        ]
    )
    return subprocess.run(
        [sys.executable, "-c", program], input=send, capture_output=True, cwd=ROOT, check=False, timeout=60
    )


def only_answer(out: bytes) -> wire.Frame:
    header, payload = wire.lengths(out[: wire.HEAD_SIZE])
    assert len(out) == wire.HEAD_SIZE + header + payload, "something else came through the pipe"
    return wire.decoded(out[wire.HEAD_SIZE :][:header], out[wire.HEAD_SIZE + header :])


def test_what_a_library_prints_stays_out_of_the_conversation(tmp_path: Path) -> None:
    body = """
        import os
        print("a word from Python")
        os.write(1, b"a word from C")
        os.system("echo a word from a child")
        return {"fine": True}, b""
    """
    done = served(tmp_path, body, b"".join(wire.encoded({"id": 1, "call": "x"})))
    assert only_answer(done.stdout).header == {"id": 1, "fine": True}


def test_an_exception_of_a_library_becomes_words_without_its_text(tmp_path: Path) -> None:
    body = "raise ValueError('Patient Jane Doe')"
    done = served(tmp_path, body, b"".join(wire.encoded({"id": 7, "call": "x"})))
    error = only_answer(done.stdout).header["error"]
    assert error["code"] == "broken"
    assert "Jane" not in str(error)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_worker_can_write_no_file(tmp_path: Path) -> None:
    target = tmp_path / "stolen"
    body = f"""
        try:
            with open({str(target)!r}, "wb") as out:
                out.write(b"x")
            return {{"wrote": True}}, b""
        except OSError:
            return {{"wrote": False}}, b""
    """
    done = served(tmp_path, body, b"".join(wire.encoded({"id": 1, "call": "x"})))
    assert only_answer(done.stdout).header["wrote"] is False
    assert not target.exists() or target.stat().st_size == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_worker_cannot_take_all_memory(tmp_path: Path) -> None:
    body = "return {'size': len(bytearray(8 * 1024**3))}, b''"
    done = served(tmp_path, body, b"".join(wire.encoded({"id": 1, "call": "x"})))
    assert only_answer(done.stdout).header["error"]["code"] == "too_large"


def test_an_answer_to_something_else_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "\n".join(
        [
            "import sys",
            "from app.services.document_worker import wire",
            "head, _ = wire.encoded({'id': 99})",
            "sys.stdout.buffer.write(head); sys.stdout.buffer.flush(); sys.stdin.buffer.read()",
        ]
    )
    monkeypatch.setattr(process, "_command", lambda _role: [sys.executable, "-c", program])
    worker = WorkerProcess("pages")
    with pytest.raises(WorkerGone) as caught:
        worker.call("open", seconds=60)
    assert caught.value.why == "wrong"
    assert not worker.running


def test_a_progress_that_raises_ends_the_worker_and_goes_on() -> None:
    class Stop(Exception):
        pass

    def stop(_done: int, _total: int) -> None:
        raise Stop

    worker = WorkerProcess("pages")
    with pytest.raises(Stop):
        worker.call("open", {"media_type": media.PDF}, pdf(401), seconds=60, progress=stop)
    assert not worker.running
