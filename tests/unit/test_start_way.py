"""What stands on the way to the first window: nothing of a cloud, of a web service, or of work that comes later."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LOADED = """
import sys
import {0}
print(*sys.modules, sep="\\n")
"""
FAR = ("google", "grpc", "flask", "werkzeug", "waitress", "prometheus_client", "httpx", "requests", "keyring")
HEAVY = ("pymupdf", "rapidocr", "onnxruntime", "cv2", "numpy", "PIL", "argon2")
LATER = (
    "app.composition.cloud", "app.services.google", "app.services.sync", "app.services.ingestion_service",
    "app.services.store.sync_shelf", "app.services.store.rescue", "app.domain.merge",
)  # fmt: skip
EMPTY = {
    "google",
    "google.cloud",
}  # rooms that several distributions share, made by the interpreter at its start


@pytest.mark.parametrize("entry", ["app.main", "app.cli", "app.start"])
def test_nothing_far_or_heavy_is_loaded_on_the_way_to_the_first_window(entry: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED.format(entry)], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split()) - EMPTY
    assert "app.workstation" in loaded
    unwanted = [
        name
        for name in loaded
        if any(name == far or name.startswith(f"{far}.") for far in FAR + HEAVY + LATER)
    ]
    assert unwanted == []
