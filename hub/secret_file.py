"""An encrypted file of secrets, for computers without a keyring."""

from __future__ import annotations

import base64
import json
import secrets
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from filelock import FileLock, Timeout
from pydantic import Base64Bytes, BaseModel, ValidationError

from hub.errors import UserError
from hub.private_file import read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SALT = 16
_WORK = {"n": 2**15, "r": 8, "p": 3}
"""The cost of a guess at the key: 32 MiB and a tenth of a second (RFC 7914; OWASP's third choice)."""


class _Sealed(BaseModel):
    """What stands in the file: the salt of the key, and a Fernet token (AES-128-CBC, HMAC-SHA-256) of all secrets."""

    phonehub_secrets: Literal[1]
    salt: Base64Bytes
    token: str


class SecretFile:
    """Secrets by name, sealed with a key that is kept elsewhere; safe for several processes at a time.

    The key may be a passphrase. Everything raises `UserError`: where the key is wrong or the file damaged, where it
    cannot be read or written, or where another process does not let go of it `within` so many seconds.
    """

    def __init__(self, path: Path, key: str, *, within: float = 10.0) -> None:
        self.path = path
        self._key = key
        self._within = within

    def get(self, name: str) -> str | None:
        """Return a secret, or None if there is none of that name."""
        return self._read()[1].get(name)

    def set(self, name: str, secret: str) -> None:
        """Keep a secret."""
        with self._held():
            salt, kept = self._read()
            self._write(salt, {**kept, name: secret})

    def delete(self, name: str) -> None:
        """Forget a secret, if there is one of that name."""
        with self._held():
            salt, kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(salt, kept)

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=self._within, mode=0o600):
                yield
        except Timeout:
            raise self._trouble(f"another process has held it for {self._within:g} s", "end that one") from None
        except OSError as error:
            raise self._trouble(f"cannot be written: {error.strerror}", "make its folder writable") from None

    def _read(self) -> tuple[bytes, dict[str, str]]:
        if not self.path.exists():
            return secrets.token_bytes(_SALT), {}
        try:
            sealed = _Sealed.model_validate_json(read_private(self.path))
            opened = _fernet(self._key, sealed.salt).decrypt(sealed.token)
        except ValidationError:
            raise self._trouble("is no file of phonehub's secrets, or damaged", "restore it from a copy") from None
        except InvalidToken:
            raise self._trouble(
                "does not open with this key, or is damaged", "name the key that it was made with"
            ) from None
        except UserError as error:
            raise self._trouble(error.problems[0].cause, f"chmod 600 {self.path}") from None
        kept: dict[str, str] = json.loads(opened)
        return sealed.salt, kept

    def _write(self, salt: bytes, kept: dict[str, str]) -> None:
        token = _fernet(self._key, salt).encrypt(json.dumps(kept).encode())
        sealed = {"phonehub_secrets": 1, "salt": base64.b64encode(salt).decode(), "token": token.decode()}
        write_private(self.path, json.dumps(sealed).encode())

    def _trouble(self, cause: str, remedy: str) -> UserError:
        return UserError.of(f"{self.path} {cause}", remedy)


@lru_cache(maxsize=8)
def _fernet(key: str, salt: bytes) -> Fernet:
    """Make a key of the right form, which takes its time once."""
    derived = Scrypt(salt=salt, length=32, **_WORK).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
