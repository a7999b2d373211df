"""Where `${keyring:NAME}` is kept: in the operating system's keyring, or in an encrypted file where there is none."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import platformdirs

from hub.errors import UserError
from hub.private_file import read_private, write_private

if TYPE_CHECKING:
    from hub.secret_file import SecretFile

SERVICE = "phonehub"
"""The keyring's service where a reference names none."""
FILE = "PHONEHUB_SECRETS_FILE"
"""The environment variable that names the encrypted file; else it is `secrets.json` in the user's data folder."""
KEY_FILE = "PHONEHUB_SECRETS_KEY_FILE"
"""The environment variable that names the file with its key; to set it is to choose the encrypted file."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
CREDENTIAL = "phonehub.key"
"""The key as a systemd credential (`LoadCredential=phonehub.key:...`), which chooses the encrypted file as well."""
_NEW = ".new"
"""Behind a name: what is to take its place, while it is not yet sure that it will."""


class Store(Protocol):
    """Keeps secrets by service and user; everything may block, and raises `UserError`."""

    place: str

    def get(self, service: str, user: str) -> str | None: ...  # noqa: D102  as the class says
    def set(self, service: str, user: str, secret: str) -> None: ...  # noqa: D102
    def delete(self, service: str, user: str) -> None: ...  # noqa: D102


class Keyring:
    """The operating system's keyring."""

    place = "the keyring"

    def get(self, service: str, user: str) -> str | None:
        """Return a secret; None if there is none."""
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password(service, user)
        except KeyringError as error:
            raise _closed(error) from None

    def set(self, service: str, user: str, secret: str) -> None:
        """Keep a secret, and see that it was kept: some backends keep nothing."""
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(service, user, secret)
            if keyring.get_password(service, user) == secret:
                return
        except KeyringError as error:
            raise _closed(error) from None
        raise UserError.of("the keyring does not keep what it is given", _OR_FILE)

    def delete(self, service: str, user: str) -> None:
        """Forget a secret, if there is one."""
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            keyring.delete_password(service, user)
        except PasswordDeleteError as error:
            if keyring.get_password(service, user) is not None:
                raise _closed(error) from None
        except KeyringError as error:
            raise _closed(error) from None


class EncryptedFile:
    """The encrypted file, with the key from a file."""

    def __init__(self, path: Path, key: Path) -> None:
        self.place = f"the encrypted file {path}, whose key is in {key}"
        self.key = key
        self._path = path

    def get(self, service: str, user: str) -> str | None:
        """Return a secret; None if there is none, nor a file."""
        return self._file().get(f"{service}/{user}") if self._path.exists() else None

    def set(self, service: str, user: str, secret: str) -> None:
        """Keep a secret."""
        self._file().set(f"{service}/{user}", secret)

    def delete(self, service: str, user: str) -> None:
        """Forget a secret, if there is one."""
        if self._path.exists():
            self._file().delete(f"{service}/{user}")

    def _file(self) -> SecretFile:
        from hub.secret_file import SecretFile

        try:
            key = read_private(self.key)
        except UserError as error:
            cause = f"the key of {self._path} is not to be had: {self.key}: {error.problems[0].cause}"
            raise UserError.of(cause, f"name its file in {KEY_FILE}, readable by you alone") from None
        return SecretFile(self._path, key)


def get(name: str) -> str | None:
    """Return the secret that `${keyring:NAME}` stands for; what was to take its place is told apart, see `renew`."""
    return store().get(*service_and_user(name))


def keep(name: str, secret: str) -> str:
    """Keep a secret where `${keyring:NAME}` finds it; return where that is."""
    where = store(making=True)
    where.set(*service_and_user(name), secret)
    return where.place


def forget(name: str) -> None:
    """Forget a secret, and what was to take its place."""
    service, user = service_and_user(name)
    where = store()
    where.delete(service, user)
    where.delete(service, user + _NEW)


def stage(name: str, secret: str) -> None:
    """Keep beside a secret what is to take its place, so that neither is lost whatever happens until `settle`."""
    service, user = service_and_user(name)
    store(making=True).set(service, user + _NEW, secret)


def staged(name: str) -> str | None:
    """Return what is to take a secret's place, if `settle` was not reached."""
    service, user = service_and_user(name)
    return store().get(service, user + _NEW)


def settle(name: str, *, taken: bool) -> None:
    """Put what was staged in the secret's place if it was `taken`, else forget it."""
    service, user = service_and_user(name)
    where = store()
    if taken and (secret := where.get(service, user + _NEW)) is not None:
        where.set(service, user, secret)
    where.delete(service, user + _NEW)


def service_and_user(name: str) -> tuple[str, str]:
    """Return the keyring's two words for a name, `SERVICE/NAME` or `NAME` alone."""
    service, slash, user = name.partition("/")
    return (service, user) if slash else (SERVICE, service)


def store(*, making: bool = False) -> Store:
    """Return where secrets are kept here: in the encrypted file if a key for it is named, or there is no keyring.

    `making` has a key made where none is named and no keyring is there; it then lies in the configuration folder.
    """
    path = Path(os.environ.get(FILE) or Path(platformdirs.user_data_dir("phonehub")) / "secrets.json")
    if named := os.environ.get(KEY_FILE):
        return EncryptedFile(path, Path(named).expanduser())
    credential = Path(os.environ.get(CREDENTIALS, "/nonexistent")) / CREDENTIAL
    if credential.is_file():
        return EncryptedFile(path, credential)
    if _has_keyring():
        return Keyring()
    key = Path(platformdirs.user_config_dir("phonehub")) / "secrets.key"
    if making and not key.exists():
        write_private(key, secrets.token_urlsafe(32).encode())
    return EncryptedFile(path, key) if key.exists() else Keyring()


def _has_keyring() -> bool:
    import keyring
    from keyring.backends import fail

    return not isinstance(keyring.get_keyring(), fail.Keyring)


_OR_FILE = f"use another backend, or set {KEY_FILE} to keep secrets in an encrypted file"


def _closed(error: Exception) -> UserError:
    from keyring.errors import NoKeyringError

    if isinstance(error, NoKeyringError):
        return UserError.of(
            "nothing is kept yet, and this computer has no keyring",
            '"phonehub config secret" keeps it in an encrypted file; or write ${file:PATH} or ${env:NAME} instead',
        )
    said = " ".join(str(error).split()) or type(error).__name__
    return UserError.of(f"the keyring does not open: {said}", f"unlock it, or set {KEY_FILE} to use an encrypted file")
