"""A workspace that was set back to an older state, and the checkpoints that the service keeps of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import Conflict
from app.services.checkpointing import Checkpointing
from app.services.store.store import Store
from tests.faults.store_sample import KEY
from tests.scripted import ScriptedProcessor
from tests.serve_parts import NURSE, service

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def at_once(function: Callable[..., Any], /, *arguments: object) -> Any:
    return function(*arguments)


@pytest.mark.parametrize("more", [1, 20])
def test_a_store_that_was_set_back_is_found_out_however_far_it_went_on(tmp_path: Path, more: int) -> None:
    def noted(store: Store, count: int, by: str = "ada") -> None:
        for _ in range(count):
            store.note("opened", by, NOW, None, {})

    with service(ScriptedProcessor()) as serve:
        endpoint = serve.endpoint(NURSE)

        def brings(store: Store) -> bool:
            return Checkpointing(store, at_once, lambda: endpoint, lambda: NOW).bring(at_once=True)

        store = Store.open(tmp_path / "w", KEY)
        noted(store, 3)
        store.close()
        shutil.copytree(tmp_path / "w", tmp_path / "older")
        store = Store.open(tmp_path / "w", KEY)
        noted(store, 5)
        assert brings(store)
        noted(store, 1)
        assert brings(store)
        store.close()
        older = Store.open(tmp_path / "older", KEY)
        noted(older, more, "bob")
        with pytest.raises(Conflict) as refused:
            brings(older)
        assert refused.value.code == "checkpoint_differs"
        assert [e.action for e in older.audit_entries()][-1] == "checkpoint_refused"
        assert older.audit_verify().holds
        older.close()
        assert [line["event"] for line in serve.lines() if line["severity"] == "ERROR"] == [
            "checkpoint_differs"
        ]
