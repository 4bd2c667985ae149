"""The model of what a payer's work loads and costs: it follows what was counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.capacity import SHARDS, WIRE, Counted, Load, Prices, heard, main, model, pushes

COUNTED = Counted(json.loads(WIRE.read_text("utf-8")))


def test_every_action_the_model_names_was_counted() -> None:
    found = model(Load(), Prices(), COUNTED)
    assert found["week"]["writes"] > 0
    with pytest.raises(KeyError):
        COUNTED.of("nobody does this", "reads")


def test_what_is_heard_of_is_read_once_by_a_listener() -> None:
    assert COUNTED.of("hear of one change by the listener", "reads") == 1
    assert COUNTED.of("correct a field while listening", "reads") == 1


def test_shards_divide_what_a_desk_reads() -> None:
    one, every = heard(Load(shards=1, assigned=0.0)), heard(Load(shards=SHARDS, assigned=0.0))
    assert every[0] == pytest.approx(one[0] * SHARDS)
    load = Load(shards=SHARDS)
    assert heard(load)[0] == load.forms * pushes(load) * load.users


def test_twice_the_forms_cost_twice_the_pages_and_the_writes() -> None:
    one, two = (model(replace(Load(), forms=forms), Prices(), COUNTED) for forms in (50_000, 100_000))
    assert two["document_ai_pages_a_week"] == 2 * one["document_ai_pages_a_week"]
    assert two["week"]["writes"] == 2 * one["week"]["writes"]


def test_the_limit_that_is_met_first_stands_first_and_none_is_passed_at_the_full_load() -> None:
    found = [limit for limit in model(Load(), Prices(), COUNTED)["limits"] if limit["known"]]
    shares = [limit["share"] for limit in found]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] < 1


def test_it_prints_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--users", "3", "--forms", "200", "--shards", "64", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["load"]["users"], found["desk"]["desks_a_shard"]) == (3, 3.0)


def test_the_page_for_administrators_names_its_command() -> None:
    page = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text("utf-8")
    assert "python -m tests.benchmarks.capacity" in page
