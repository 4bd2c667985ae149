"""Where a worker process begins."""

from __future__ import annotations

from collections.abc import Sequence

from app.services.document_worker import limit
from app.services.document_worker.serving import Pipes, serve

ROLES = ("pages", "reader")


def main(argv: Sequence[str]) -> int:
    """Be a worker until the parent closes the pipe.

    Takes `--role ROLE`, or `--document-worker ROLE` as the frozen program passes it on.
    """
    options = dict(zip(argv[::2], argv[1::2], strict=False))
    role = options.get("--role") or options.get("--document-worker", "")
    if role not in ROLES:
        return 2
    pipes = Pipes()
    if "--lifeline" in options:
        limit.die_with_parent(int(options["--lifeline"]))
    import pymupdf  # heavy: the worker's own business, while the parent goes on

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    if role == "pages":
        from app.services.document_worker.page_server import PageServer

        limit.leave_network()
        limit.limit_resources(role)
        serve(pipes, PageServer().calls())
        return 0
    limit.step_back()
    from app.services.document_worker.reader_server import ReaderServer

    reader = ReaderServer()
    limit.leave_network()
    reader.load()
    limit.limit_resources(role)
    serve(pipes, reader.calls())
    return 0
