"""What goes into the frozen program and what stays out, for every platform's specification.

The specifications are run by PyInstaller, which puts `Analysis`, `PYZ`, `EXE` and `COLLECT` before them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from PyInstaller.depend.bindepend import get_imports
from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

Entry = tuple[str, str, str]
"""A collected file as PyInstaller has it: its place in the program's folder, where it is now, its kind."""

ROOT = Path(__file__).resolve().parents[1]
NAME = "countersign"

LEFT_OUT = [
    # Only the models of rapidocr are used, run by onnxruntime directly: not its code, not what that needs.
    "rapidocr", "pyclipper", "shapely", "omegaconf", "colorlog", "tqdm", "six",
    # Only its list of codes is read.
    "simple_icd_10_cm",
    # PyMuPDF brings these for page layout analysis, which is not used.
    "pymupdf.layout", "pymupdf4llm", "networkx", "tabulate",
    # onnxruntime's tools for making models.
    "onnxruntime.quantization", "onnxruntime.tools", "onnxruntime.transformers", "onnxruntime.training", "sympy",
    # Qt beyond widgets.
    "PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtNetwork", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickControls2", "PySide6.QtQuickWidgets", "PySide6.QtSql",
    "PySide6.QtUiTools", "PySide6.QtXml", "PySide6.QtConcurrent", "PySide6.scripts",
    # What tests and other people's optional imports would pull in.
    "pytest", "_pytest", "pytestqt", "mypy", "PyInstaller", "setuptools", "pip", "IPython", "matplotlib", "scipy",
    "pandas", "tkinter", "unittest", "pydoc", "lib2to3", "ensurepip", "idlelib", "numpy.f2py", "numpy.testing",
]  # fmt: skip

SERVICE = tuple(f"app.services.ingestion_service.{name}" for name in ("web", "receiving", "server", "metric"))
"""The rooms of the program that run in the service's container alone; `app.serve` says so where they are not."""

SERVICE_LIBRARIES = [
    "flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "blinker", "click", "waitress", "prometheus_client",
    *SERVICE,
]  # fmt: skip

OTHER_CLOUD = [
    # Tuning and evaluation speak to Vertex AI over google-genai and its REST interface (docs/adr/0016).
    "google.cloud.aiplatform", "google.cloud.aiplatform_v1", "google.cloud.aiplatform_v1beta1", "vertexai",
    "google.cloud.bigquery", "google.cloud.bigquery_v2", "google.cloud.resourcemanager", "agentplatform",
    "google.cloud.resourcemanager_v3", "google.cloud.pubsub", "google.cloud.pubsub_v1",
    # Versions of the interfaces, and parts of them, that the program does not speak.
    "google.cloud.documentai_v1beta3", "google.cloud.discoveryengine_v1alpha", "google.cloud.discoveryengine_v1beta",
    "google.cloud.firestore_admin_v1", "google.cloud._storage_v2", "google.cloud.storage.asyncio",
    # What stands in for the clouds in tests.
    "gcp_storage_emulator", "fs", "hcl2", "lark", "opentelemetry",
]  # fmt: skip

PLUGINS = {
    "platforms": ("*xcb*", "*wayland*", "*offscreen*", "*windows*", "*cocoa*"),
    "imageformats": ("*qjpeg*", "*qsvg*", "*qico*"),
    "iconengines": ("*svg*",),
    "platformthemes": ("*portal*",),
    "platforminputcontexts": ("*compose*", "*ibus*"),
    "styles": ("*",),
    "wayland-shell-integration": ("*xdg-shell*",),
    "wayland-decoration-client": ("*",),
}
"""The plugins of Qt that are kept, by folder; no other folder is."""

UNUSED_LIBRARIES = (
    "*Qt6Qml*", "*Qt6Quick*", "*Qt6Pdf*", "*Qt6VirtualKeyboard*", "*Qt6Sql*", "*Qt6Designer*", "*Qt6Help*",
    "*Qt6EglFS*", "*Qt6EglFs*", "*Qt6Eglfs*", "*Qt6WlShell*", "*Qt6WaylandCompositor*", "*Qt6WaylandEglCompositor*",
    "*libgtk-3*", "*libgdk-3*", "*qtquick*", "*pymupdf/layout/*", "*mupdf-devel*",
)  # fmt: skip
"""Files that came along with a plugin or a package that is left out."""

KEPT_TRANSLATIONS = ("qtbase_de.qm", "qtbase_ja.qm", "qtbase_en.qm")


def wanted(path: str) -> bool:
    """Whether a collected file, by its place in the program's folder, is used by the program."""
    place = path.replace("\\", "/")
    if "/translations/" in place and place.endswith(".qm"):
        return place.rpartition("/")[2] in KEPT_TRANSLATIONS
    if "/plugins/" in place and "PySide6" in place:
        folder, _, name = place.partition("/plugins/")[2].partition("/")
        return any(fnmatch(name, pattern) for pattern in PLUGINS.get(folder, ()))
    return not any(fnmatch(place, pattern) for pattern in UNUSED_LIBRARIES)


def at_a_desk(module: str) -> bool:
    """Whether a module of the program runs at a desk: all but the rooms of the service."""
    return not any(module == room or module.startswith(f"{room}.") for room in SERVICE)


def _only_wanted(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if wanted(entry[0])]


def analysis(make: Any) -> Any:
    """Everything that was found to belong to the program, by PyInstaller's `Analysis` given as `make`."""
    sys.path.insert(0, str(ROOT))
    data = [(str(ROOT / "resources"), "resources"), (str(ROOT / "LICENSE"), ".")]
    data += collect_data_files("rapidocr", includes=["models/*"])
    data += collect_data_files(
        "simple_icd_10_cm", includes=["data/code-list-*.txt", "data/icd10c-tabular-*.xml"]
    )
    for distribution in (
        "PySide6-Essentials",
        "PyMuPDF",
        "rapidocr",
        "sqlcipher3",
        "keyring",
        "platformdirs",
        # Google's clients tell their services which version they are, by what was installed.
        "google-auth",
        "google-cloud-firestore",
        "google-cloud-storage",
        "google-cloud-documentai",
        "google-cloud-discoveryengine",
        "google-genai",
        "grpcio",
    ):
        data += copy_metadata(distribution)
    found = make(
        [str(ROOT / "installer" / "program.py")],
        pathex=[str(ROOT)],
        datas=data,
        # The workstation names its backends on first use, keyring its own through metadata.
        hiddenimports=[*collect_submodules("app", filter=at_a_desk), *collect_submodules("keyring.backends")],
        excludes=[*LEFT_OUT, *SERVICE_LIBRARIES, *OTHER_CLOUD],
        noarchive=False,
    )
    found.binaries = _needed(_only_wanted(found.binaries))
    found.datas = _only_wanted(found.datas)
    return found


def _needed(entries: list[Entry]) -> list[Entry]:
    """Without the system's libraries that only files left out had asked for (Linux: elsewhere Qt brings its own)."""
    if sys.platform != "linux":
        return entries
    ours = [e for e in entries if "/" in e[0] or not Path(e[0]).name.startswith("lib")]
    system = {e[0]: e for e in entries if e not in ours}
    kept: list[Entry] = []
    waiting = list(ours)
    while waiting:
        entry = waiting.pop()
        kept.append(entry)
        for name, _ in get_imports(entry[1]):
            if Path(name).name in system:
                waiting.append(system.pop(Path(name).name))
    # Python's own library is loaded by the program before anything else, and asked for by nobody.
    return kept + [e for name, e in system.items() if name.startswith("libpython")]
