"""The watched folder: what is put there is taken in, then removed from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

IGNORED_ENDINGS = (".part", ".tmp", ".crdownload", ".partial", "~")
"""What programs call files they are still writing."""


@dataclass(slots=True)
class WatchedFolder:
    """Finds files that are complete: unchanged in size and time since the last look.

    `settle` forgets a file that was taken in; the caller removes it once its content is safely stored.
    """

    folder: Path
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _stuck: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def look(self) -> tuple[Path, ...]:
        """Files that have not changed since the last look, in the order of their names.

        A folder that is gone or cannot be read holds nothing.
        """
        found: dict[Path, tuple[int, int]] = {}
        try:
            entries = sorted(self.folder.iterdir())
        except OSError:
            return ()
        for path in entries:
            if path.name.startswith(".") or path.name.endswith(IGNORED_ENDINGS) or path.is_symlink():
                continue
            try:
                if path.is_file():
                    status = path.stat()
                    found[path] = (status.st_size, status.st_mtime_ns)
            except OSError:
                continue
        complete = tuple(
            path for path, shape in found.items() if self._seen.get(path) == shape != self._stuck.get(path)
        )
        self._seen = found
        return complete

    def settle(self, path: Path) -> None:
        """Remove a file whose content is stored; one that cannot be removed is not offered again."""
        try:
            path.unlink(missing_ok=True)
            self._seen.pop(path, None)
        except OSError:
            self._stuck[path] = self._seen.get(path, (0, 0))
