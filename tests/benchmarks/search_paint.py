"""From a key in the search field to the first result on the screen, over many passages.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.search_paint --keep DIR

DIR holds the file that `python -m tests.benchmarks.search --keep DIR` made. Every key of the relevance set's queries is
typed into the panel; the time ends when the results of exactly these words have been painted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.guideline import Found, SearchQuery
from app.services.guideline_searching import Guidelines, Searching
from app.services.lanes import Lanes
from app.services.local.guideline.search import LocalGuidelineSearch
from app.services.store.guideline_file import GuidelineFile
from app.views import theme
from app.views.background import Background
from app.views.models.search_model import SearchModel
from app.views.search_screen import wire_panel
from app.views.widgets.guideline.guideline_panel import GuidelinePanel
from tests.benchmarks.search import KEY
from tests.benchmarks.search_queries import QUERIES

PATIENCE_MS = 5_000


class Desk:
    """As much of a workstation as the model asks for."""

    person = "nora"

    def __init__(self, search: LocalGuidelineSearch) -> None:
        keeping: Any = self
        searching = Searching(
            search, keeping, lambda function, *a: function(*a), lambda *_: None, lambda: datetime.now(UTC)
        )
        self.made = Guidelines(searching, None, False, search.close)  # type: ignore[arg-type]

    def guidelines(self) -> Guidelines:
        return self.made

    def note(self, *_: object) -> None:
        """Nothing is audited here."""


class Watch(QObject):
    """Ends a loop when the results of the words asked were painted."""

    def __init__(self, panel: GuidelinePanel, model: SearchModel) -> None:
        super().__init__()
        self.panel = panel
        self.loop = QEventLoop()
        self.shown = False
        self.empty = False
        panel.list.viewport().installEventFilter(self)
        model.found.connect(self.hear)

    def hear(self, found: Found) -> None:
        self.shown = found.query.text == self.panel.text
        if self.shown and not found.hits:
            self.empty = True
            self.loop.quit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self.shown:
            QTimer.singleShot(0, self.loop.quit)  # behind the painting itself
        return super().eventFilter(watched, event)

    def key(self, text: str) -> float | None:
        """Type one key; the milliseconds until its results were painted, None when it has none."""
        self.shown = self.empty = False
        begun = time.perf_counter()
        QTest.keyClicks(self.panel.field, text)
        QTimer.singleShot(PATIENCE_MS, self.loop.quit)
        self.loop.exec()
        return None if self.empty else (time.perf_counter() - begun) * 1000


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", type=Path, required=True)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    app = QApplication([])
    app.setStyle(theme.STYLE)
    theme.apply(app)
    search = LocalGuidelineSearch(GuidelineFile(given.keep, KEY))
    lanes = Lanes()
    background = Background(lanes)
    model = SearchModel(Desk(search), background)  # type: ignore[arg-type]
    panel = GuidelinePanel()
    wire_panel(panel, model)
    panel.resize(560, 860)
    panel.show()
    watch = Watch(panel, model)
    search.search(SearchQuery("misspeled wrod "))
    taken: list[float] = []
    for asked in QUERIES[::4]:
        panel.field.clear()
        for letter in asked.text:
            found = watch.key(letter)
            if found is not None:
                taken.append(found)
    taken.sort()
    result: dict[str, Any] = {
        "keys": len(taken),
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
        "max_ms": round(taken[-1], 1),
    }
    background.close()
    lanes.close()
    search.close()
    print(json.dumps(result))
    return 0 if result["p95_ms"] <= 60 else 1


if __name__ == "__main__":
    sys.exit(main())
