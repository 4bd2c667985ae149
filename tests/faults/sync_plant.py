"""Bugs that a plausible programmer would plant, each a small patch of the engine or of how it uses the server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

PLANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {}
