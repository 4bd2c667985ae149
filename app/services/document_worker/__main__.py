"""`python -m app.services.document_worker --role pages|reader`: the program starts it, people do not."""

from __future__ import annotations

import sys

from app.services.document_worker.entry import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
