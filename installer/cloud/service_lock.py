"""The part of `requirements.lock` that the ingestion service needs, hashes and all, on the standard output.

    python installer/cloud/service_lock.py requirements.lock > service.lock

What is left out is named, not what stays: a library that is new in the lock gets into the image and does no harm,
and one that is missing would only be found out when it is used. A test imports the service without all of these.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = frozenset(
    {
        # the window
        "pyside6-essentials", "shiboken6",
        # a desk's keys
        "keyring", "secretstorage", "jeepney", "jaraco-classes", "jaraco-context", "jaraco-functools",
        "backports-tarfile", "more-itertools", "pywin32-ctypes",
        # models, search and tuning: desks ask those themselves
        "google-genai", "google-cloud-aiplatform", "google-cloud-bigquery", "google-cloud-discoveryengine",
        "google-cloud-resource-manager", "grpc-google-iam-v1", "docstring-parser", "websockets", "tenacity", "distro",
        # checks and packaging
        "altgraph", "ast-serialize", "execnet", "gcp-storage-emulator", "grimp", "import-linter", "iniconfig", "lark",
        "librt", "macholib", "mypy", "mypy-extensions", "pathspec", "pefile", "pluggy", "pyinstaller",
        "pyinstaller-hooks-contrib", "pytest", "pytest-qt", "pytest-xdist", "python-hcl2", "regex", "ruff",
        "setuptools",
        "types-pyyaml",
    }
)  # fmt: skip
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==")


def entries(text: str) -> Iterator[tuple[str, str]]:
    """The requirements of a lock: the name in small letters, and the lines with its hashes."""
    name, lines = "", list[str]()
    for line in text.splitlines():
        found = _NAME.match(line)
        if found and name:
            yield name, "\n".join(lines)
        if found:
            name, lines = found[1].lower().replace("_", "-"), []
        if name:
            lines.append(line)
    if name:
        yield name, "\n".join(lines)


def service_lock(text: str) -> str:
    """The requirements that stay. Raises `ValueError` when one that is left out is not in the lock at all."""
    every = list(entries(text))
    gone = LEFT_OUT - {name for name, _ in every}
    if gone:
        raise ValueError(f"not in the lock any more: {', '.join(sorted(gone))}")
    return "\n".join(lines for name, lines in every if name not in LEFT_OUT) + "\n"


if __name__ == "__main__":
    sys.stdout.write(service_lock(Path(sys.argv[1]).read_text("utf-8")))
