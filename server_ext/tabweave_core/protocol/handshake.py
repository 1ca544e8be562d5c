"""How a kernel finds its server, and how the two prove to each other that they know the kernel's connection key.

Pure functions and names that both sides use. The time and the nonce come from the caller; what a replay is, and how old a
request may be, the server decides.
"""

from __future__ import annotations

import hashlib
import hmac

SERVER_URL = "TABWEAVE_SERVER_URL"
SERVER_PID = "TABWEAVE_SERVER_PID"

PAGE_PATH = "tabweave/api/v1/page"
KERNEL_PATH = "tabweave/api/v1/kernel"
HEALTH_PATH = "tabweave/api/v1/health"
ME_PATH = "tabweave/api/v1/me"

KERNEL_HEADER = "X-Tabweave-Kernel"
TIME_HEADER = "X-Tabweave-Time"
NONCE_HEADER = "X-Tabweave-Nonce"
SIGNATURE_HEADER = "X-Tabweave-Signature"
PROOF_HEADER = "X-Tabweave-Proof"


def sign(key: bytes, method: str, path: str, time: str, nonce: str) -> str:
    """The kernel's signature of a request, in hexadecimal."""
    return _digest(key, "tabweave kernel 1", method, path, time, nonce)


def prove(key: bytes, path: str, nonce: str) -> str:
    """The server's answer to a signed request: only who knows the key can make it."""
    return _digest(key, "tabweave server 1", path, nonce)


def same(one: str, other: str) -> bool:
    """Whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _digest(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
