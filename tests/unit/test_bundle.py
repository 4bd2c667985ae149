"""What the frozen program is made of: the choice is a pure function of a file's place."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from app.composition.connect import cloud_clients
from app.serve import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "installer" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "place",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/Qt/plugins/iconengines/libqsvgicon.so",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6/Qt/lib/libQt6Widgets.so.6",
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
        "resources/processors/tx_nofr001.json",
        "sqlcipher3/_sqlite3.so",
    ],
)
def test_what_the_program_uses_goes_in(bundle: ModuleType, place: str) -> None:
    assert bundle.wanted(place)


@pytest.mark.parametrize(
    "place",
    [
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
        "PySide6/Qt/plugins/qmltooling/libqmldbg_debugger.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6/Qt/translations/designer_de.qm",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "libQt6Qml.so.6",
        "pymupdf/layout/model.onnx",
    ],
)
def test_what_the_program_does_not_use_stays_out(bundle: ModuleType, place: str) -> None:
    assert not bundle.wanted(place)


def test_each_platform_has_a_specification_that_shares_the_common_part() -> None:
    for name in ("linux", "windows", "macos"):
        words = (ROOT / "installer" / f"{name}.spec").read_text(encoding="utf-8")
        compile(words, f"{name}.spec", "exec")
        assert "found = analysis(Analysis)" in words


def test_only_modules_that_the_program_does_not_import_are_left_out(bundle: ModuleType) -> None:
    """The service's rooms are left out with their libraries; nothing else of the program asks for either."""
    modules = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts): p.read_text(encoding="utf-8")
        for p in (ROOT / "app").rglob("*.py")
    }
    sources = [source for module, source in modules.items() if bundle.at_a_desk(module)]
    assert 0 < len(modules) - len(sources) < 30
    imported = {
        words[1].rstrip(",")
        for source in sources
        for line in source.splitlines()
        if (words := line.split())[:1] in (["import"], ["from"]) and len(words) > 1
    }
    left_out = {*bundle.LEFT_OUT, *bundle.SERVICE_LIBRARIES, *bundle.OTHER_CLOUD} - set(bundle.SERVICE)
    assert not {
        name for name in imported if any(name == out or name.startswith(f"{out}.") for out in left_out)
    }


def test_the_service_is_reached_by_its_own_entry_alone(bundle: ModuleType) -> None:
    """What a desk leaves out is named by `app.serving` alone."""
    names = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts)
        for p in (ROOT / "app").rglob("*.py")
        if any(f"from {room}" in p.read_text(encoding="utf-8") for room in bundle.SERVICE)
    }
    assert {name for name in names if bundle.at_a_desk(name)} == {"app.serving"}


def test_a_program_without_the_service_says_where_it_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.serve.find_spec", lambda name: None if name == "flask" else ...)
    assert main(["serve"]) == 1
    assert "container" in capsys.readouterr().err


def test_every_client_of_a_connected_desk_is_made_where_everything_is_installed() -> None:
    tried = cloud_clients()
    assert [name.partition(" ")[0] for name in tried if "google-cloud" in name] == [
        "google-cloud-firestore", "google-cloud-storage", "google-cloud-documentai", "google-cloud-discoveryengine",
    ]  # fmt: skip


def test_a_program_without_its_certificates_fails_its_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgutil.get_data", lambda *_: None)
    with pytest.raises(FileNotFoundError, match="certificates"):
        cloud_clients()
