from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from hub import config_file
from hub.config import check
from hub.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def edited(path: Path) -> Iterator[tomlkit.TOMLDocument]:
    """Change a configuration file: its tables are to be changed in the block, comments and order stay.

    The file is written whole or not at all, and not if what came of it would be wrong (`UserError`).
    """
    before = path.read_bytes()
    document = tomlkit.parse(before.decode("utf-8"))
    yield document
    after = tomlkit.dumps(document).encode("utf-8")
    check(config_file.parse(path, after))
    if after == before:
        return
    real = path.resolve()
    try:
        descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=".phonehub-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(after)
        Path(name).chmod(real.stat().st_mode & 0o777)
        Path(name).replace(real)
    except OSError as error:
        raise UserError.of(f"cannot be written: {error.strerror}", "make its folder writable", str(path)) from None
