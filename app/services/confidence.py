"""The last step of every reading: rules join the evidence, and the calibration makes it a probability.

Every form processor hands its extraction through here, whatever it read with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.domain.calibration import GENERIC, Calibration
from app.domain.case import Json
from app.domain.code import CodeLists, no_lists
from app.domain.extraction import Extraction, FormExtraction
from app.domain.processor import FormDefinition
from app.domain.support import support


@dataclass(frozen=True, slots=True)
class Judge:
    """Knows the definitions, the calibrations that belong to their versions, and the code lists.

    `calibrations` are by form type; the one named "" is for forms that have none of their own.
    """

    definitions: Mapping[str, FormDefinition]
    calibrations: Mapping[str, Json]
    codes: Callable[[], CodeLists] = no_lists

    def judged(self, extraction: Extraction) -> Extraction:
        """The extraction with the confidence of every value that carries evidence worked out."""
        return replace(extraction, forms=tuple(self._form(form) for form in extraction.forms))

    def _form(self, form: FormExtraction) -> FormExtraction:
        definition = self.definitions.get(form.form_type)
        given = self.calibrations.get(form.form_type) or self.calibrations.get("") or {}
        if definition is None:
            given = given.get(GENERIC) or given
        calibration = Calibration(given)
        found = support(form.fields, definition, self.codes())
        unknown = () if definition is not None else ((GENERIC, 1.0),)
        fields = []
        for field in form.fields:
            if field.evidence is None:
                fields.append(field)
                continue
            evidence = field.evidence.joined((*found.get(field.path, ()), *unknown))
            confidence = round(calibration.probability(evidence), 4)
            fields.append(replace(field, evidence=evidence, confidence=confidence))
        return replace(form, fields=tuple(fields))
