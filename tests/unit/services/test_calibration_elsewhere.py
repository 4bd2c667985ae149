"""Calibrations of processors elsewhere: kept beside those of this computer, and told to whom they fit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.composition.cloud_reading import Weights
from app.domain.case import Json
from app.domain.errors import Rejected
from app.domain.processor import FormDefinition
from app.services.shelving import READERS, checked_calibration, divided, with_fitted
from app.workstation import Settings, build
from tests.scripted import ScriptedProcessor, scripted_backends

HERE: Json = {"text": {"one": 1.0, "score": 1.0}}
THERE: Json = {"scored": {"one": -2.0, "score": 1.0}}
NAME = "projects/p/locations/us/processors/tx"
FORM = "tx_nofr001"


def test_fitting_one_processor_leaves_what_was_fitted_for_the_others() -> None:
    both = with_fitted(with_fitted(None, HERE), THERE, NAME)
    assert divided(both) == (HERE, {NAME: THERE})
    newer: Json = {"text": {"one": 2.0}}
    assert divided(with_fitted(both, newer)) == (newer, {NAME: THERE})
    assert with_fitted(None, HERE) == HERE


def test_what_is_no_calibration_is_refused_wherever_it_stands() -> None:
    assert checked_calibration(with_fitted(None, THERE, NAME)) == {READERS: {NAME: THERE}}
    for wrong in ({"note": "empty"}, {READERS: {NAME: {"note": "empty"}}}, {**HERE, READERS: {NAME: {}}}):
        with pytest.raises(Rejected):
            checked_calibration(wrong)


def test_each_processor_is_told_what_was_fitted_for_it(tmp_path: Path) -> None:
    told: list[Mapping[str, Json]] = []

    def use(_definitions: tuple[FormDefinition, ...], calibrations: Mapping[str, Json]) -> None:
        told.append(dict(calibrations))

    weights = Weights(use)
    backends = replace(scripted_backends(ScriptedProcessor(())), use=weights.use)
    station = build(Settings(tmp_path, "ada"), os.urandom(32), backends)
    try:
        assert dict(weights) == {}

        def keep(calibration: Json) -> None:
            version = station.in_store(station.library.version, FORM).version
            station.in_store(station.library.calibrate, FORM, version, calibration, "ada")

        keep(with_fitted(None, THERE, NAME))
        assert dict(weights) == {NAME: THERE}
        assert FORM not in told[-1], "this computer keeps the common coefficients"
        keep(with_fitted(with_fitted(None, HERE), THERE, NAME))
        assert told[-1][FORM] == HERE
        assert weights[NAME] == THERE
        keep(HERE)
        assert dict(weights) == {}
    finally:
        station.close()
