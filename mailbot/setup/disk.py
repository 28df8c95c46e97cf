"""The config file, and the file for a password where there is no keyring: each written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mailbot.config import Config, load
from mailbot.errors import OwnerMustAct

FULL = (errno.ENOSPC, errno.EDQUOT)
PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def read(path: Path) -> str:
    """The text of the config, "" when there is none yet. Raises OwnerMustAct."""
    with _disk(path):
        try:
            return path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise OwnerMustAct("config", f"{path} is not UTF-8", "Save it as UTF-8") from None


def proved(path: Path, text: str, environ: Mapping[str, str]) -> Config:
    """The config that ``text`` would be at ``path``; nothing of it stays. Raises BadUsage with its problems."""
    with _beside(path, text) as temporary:
        return load(temporary, environ)


def replace(path: Path, text: str, environ: Mapping[str, str]) -> Config:
    """Makes ``text`` the config, unless it is a wrong one: then the file stays as it was. A symbolic link stays a link.
    Raises BadUsage with every problem."""
    config = proved(path, text, environ)
    real = Path(os.path.realpath(path))
    with _beside(real, text) as temporary:
        with suppress(FileNotFoundError):
            temporary.chmod(real.stat().st_mode & 0o777)
        _move(temporary, real)
    return config


def keep_secret(path: Path, value: str) -> None:
    """Writes a password into a file that only its owner can read."""
    with _beside(path, f"{value}\n") as temporary:
        _move(temporary, path)


def _move(temporary: Path, path: Path) -> None:
    with _disk(path):
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _beside(path: Path, text: str) -> Iterator[Path]:
    """A private temporary file in the folder of ``path``, from which relative paths count; gone at the end unless it
    was moved away."""
    with _disk(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".mailbot-", suffix=".tmp")
    try:
        with _disk(path), os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"{path} cannot be written or read ({error.strerror or error})"
        todo = "Make room on that disk" if error.errno in FULL else "Check the folder and its owner"
        raise OwnerMustAct("config", reason, f"{todo}, or name another place with --config") from error
