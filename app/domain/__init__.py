"""The words of the field as frozen values and pure functions; no Qt, no input or output, no clock."""
