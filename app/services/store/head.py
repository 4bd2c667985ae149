"""The pages that say what is where in the database, kept a second time.

Without its first page, or a page of its schema, nothing in a database can be found, though everything
is still there. These few pages change only with the schema: a copy of them, as they stand in the file,
lets a damaged store be read. (Formats: https://www.sqlite.org/fileformat2.html,
https://www.zetetic.net/sqlcipher/design/.)
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.services.store.disk import write_durably

PAGE = 4096
_SALT = 16
_IV = 16
_HMAC = 64
_END = PAGE - _IV - _HMAC
_MAGIC = b"SQLite format 3\x00"
_INTERIOR, _LEAF = 0x05, 0x0D
HEAD = "store.head"
"""Keeps the pages of the schema a second time."""
_HEADER = 100


class Seal:
    """Opens and seals single pages as SQLCipher 4 does: AES-256-CBC, then HMAC-SHA512 with the page's number."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._key = key
        self._salt = salt
        self._hmac = hashlib.pbkdf2_hmac("sha512", key, bytes(b ^ 0x3A for b in salt), 2, 32)

    def holds(self, number: int, page: bytes) -> bool:
        """Whether the page is as it was written."""
        start = _SALT if number == 1 else 0
        return len(page) == PAGE and hmac.compare_digest(
            page[_END + _IV :], self._sign(number, page[start:-_HMAC])
        )

    def opened(self, number: int, page: bytes) -> bytes:
        """The page in clear; to be asked only for one that holds."""
        start = _SALT if number == 1 else 0
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(page[_END : _END + _IV])).decryptor()
        plain = decryptor.update(page[start:_END]) + decryptor.finalize()
        return (_MAGIC if number == 1 else b"") + plain

    def sealed(self, number: int, plain: bytes) -> bytes:
        start = _SALT if number == 1 else 0
        iv = os.urandom(_IV)
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(iv)).encryptor()
        page = encryptor.update(plain[start:]) + encryptor.finalize() + iv
        return (self._salt if number == 1 else b"") + page + self._sign(number, page)

    def _sign(self, number: int, page: bytes) -> bytes:
        return hmac.digest(self._hmac, page + struct.pack("<I", number), hashlib.sha512)


class Head:
    """The kept pages, by their number."""

    def __init__(self, key: bytes, pages: dict[int, bytes]) -> None:
        self.seal = Seal(key, pages[1][:_SALT])
        self._pages = pages

    @classmethod
    def of(cls, path: Path, key: bytes) -> Head | None:
        """The pages of a database whose log has been written back; None when one of them does not hold."""
        with path.open("rb") as file:
            first = file.read(PAGE)
            seal = Seal(key, first[:_SALT])
            pages: dict[int, bytes] = {}
            waiting = [1]
            while waiting:
                number = waiting.pop()
                file.seek((number - 1) * PAGE)
                page = file.read(PAGE)
                if not seal.holds(number, page) or number in pages:
                    return None
                pages[number] = page
                waiting += _children(number, seal.opened(number, page))
        return cls(key, pages)

    @classmethod
    def read(cls, path: Path, key: bytes) -> Head | None:
        """The kept pages, or None when there are none that hold."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        pages = {
            struct.unpack_from("<I", data, at)[0]: data[at + 4 : at + 4 + PAGE]
            for at in range(0, len(data) - PAGE - 3, 4 + PAGE)
        }
        if 1 not in pages:
            return None
        head = cls(key, pages)
        return head if all(head.seal.holds(number, page) for number, page in pages.items()) else None

    def keep(self, path: Path) -> None:
        write_durably(
            path, b"".join(struct.pack("<I", number) + page for number, page in self._pages.items())
        )

    def mend(self, path: Path) -> bool:
        """Put the kept pages where those of a database file do not hold; whether any was put."""
        mended = False
        with path.open("r+b") as file:
            count = file.seek(0, os.SEEK_END) // PAGE
            for number, page in self._pages.items():
                file.seek((number - 1) * PAGE)
                found = file.read(PAGE)
                if self.seal.holds(number, found) and (number > 1 or found[:_SALT] == page[:_SALT]):
                    continue
                file.seek((number - 1) * PAGE)
                file.write(self._as_long_as(count) if number == 1 else page)
                mended = True
        return mended

    def _as_long_as(self, count: int) -> bytes:
        """The first page, for a database of so many pages and with none of them known to be free."""
        plain = bytearray(self.seal.opened(1, self._pages[1]))
        struct.pack_into(">I", plain, 28, count)
        struct.pack_into(">II", plain, 32, 0, 0)
        return self.seal.sealed(1, bytes(plain))


def _children(number: int, plain: bytes) -> list[int]:
    """The pages below a page of the schema's tree."""
    start = _HEADER if number == 1 else 0
    if plain[start] != _INTERIOR:
        return []
    cells = struct.unpack_from(">H", plain, start + 3)[0]
    places = struct.unpack_from(f">{cells}H", plain, start + 12)
    return [struct.unpack_from(">I", plain, place)[0] for place in (*places, start + 8)]
