"""Signatures of the ingestion service: a determination bears one over its case, its line and its content.

Ed25519 (RFC 8032) over JSON in one spelling only. A desk holds the public key and believes what the key confirms,
with or without a network; whoever may write a case but has not the private key can make nothing that is believed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

SIGNATURE = "signature"
"""Under which name a determination in a case document bears its signature."""
_DETERMINATION = "countersign determination 1"
_CHECKPOINT = "countersign checkpoint 1"
_BETWEEN_KEYS = re.compile(r"[\s,]+")
_BYTES = 32


def new_key() -> tuple[str, str]:
    """A new pair of keys (private, public), 32 bytes each in base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    made = Ed25519PrivateKey.generate()
    return _text(made.private_bytes_raw()), _text(made.public_key().public_bytes_raw())


def public_key(private_key: str) -> str:
    """The public key that belongs to a private one. Raises `ValueError` when it is no key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return _text(Ed25519PrivateKey.from_private_bytes(_key(private_key)).public_key().public_bytes_raw())


def sign(private_key: str, case_id: str, line: str, entry: Mapping[str, Any]) -> str:
    """The signature of a determination in a case document; one that `entry` bears already does not count.

    Raises `ValueError` when the key is none or the entry is no JSON.
    """
    return _sign(private_key, _determination(case_id, line, entry))


def confirmed(public_keys: str, case_id: str, line: str, entry: object) -> bool:
    """Whether a determination bears the signature of one of these keys over this case, this line and all it says.

    `public_keys` are one or more keys in base64 with blanks or commas between them: while keys are changed, the old
    one and the new. Never raises for what stands in the entry: that may be anybody's, and no map.
    """
    if not isinstance(entry, Mapping):
        return False
    return _confirmed(public_keys, _determination_or_none(case_id, line, entry), entry.get(SIGNATURE))


def sign_checkpoint(private_key: str, checkpoint: Mapping[str, Any]) -> str:
    """The signature of an audit checkpoint as the register keeps it, without its own signature."""
    return _sign(
        private_key, _canonical(_CHECKPOINT, {k: v for k, v in checkpoint.items() if k != SIGNATURE})
    )


def confirmed_checkpoint(public_keys: str, checkpoint: Mapping[str, Any]) -> bool:
    """Whether a checkpoint bears the signature of one of these keys."""
    try:
        text = _canonical(_CHECKPOINT, {k: v for k, v in checkpoint.items() if k != SIGNATURE})
    except (TypeError, ValueError, RecursionError):
        return False
    return _confirmed(public_keys, text, checkpoint.get(SIGNATURE))


def _determination(case_id: str, line: str, entry: Mapping[str, Any]) -> bytes:
    content = {name: value for name, value in entry.items() if name != SIGNATURE}
    return _canonical(_DETERMINATION, {"case_id": case_id, "line": line, "entry": content})


def _determination_or_none(case_id: str, line: str, entry: Mapping[str, Any]) -> bytes | None:
    try:
        return _determination(case_id, line, entry)
    except (TypeError, ValueError, RecursionError):
        return None


def _canonical(what: str, content: Mapping[str, Any]) -> bytes:
    """JSON in one spelling, with what it is before it: a signature of one thing is none of another.

    A whole number is the same with and without its point: a database may give either back.
    """
    text = json.dumps(
        _plain(content), ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return f"{what}\n{text}".encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("a name in JSON is text")
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _sign(private_key: str, text: bytes) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return _text(Ed25519PrivateKey.from_private_bytes(_key(private_key)).sign(text))


def _confirmed(public_keys: str, text: bytes | None, signature: object) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if text is None or not isinstance(signature, str):
        return False
    try:
        signed = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    for key in filter(None, _BETWEEN_KEYS.split(public_keys)):
        try:
            Ed25519PublicKey.from_public_bytes(_key(key)).verify(signed, text)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a key is 32 bytes in base64") from None
    if len(key) != _BYTES:
        raise ValueError("a key is 32 bytes in base64")
    return key


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")
