"""The archive on the disk: files that are written whole or not at all, and read back.

Owns every file effect of the archive, each in a function of its own. Refuses to know what a file says; of a page it
reads the front matter. Trouble with the disk is the owner's to mend: OwnerMustAct, kind "archive".
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from threading import Lock

from mailbot.archive import frontmatter
from mailbot.errors import OwnerMustAct

FOLDER_MODE = 0o700
TEMPORARY = ".mailbot-", ".tmp"  # prefix and suffix; Obsidian does not show names that begin with a dot
TEMPORARY_PLACES = ("", "Outbox", "Outbox/_prompts", "Sources/Email/*")
PROBE = b"\n" * 4096  # one block: a full disk refuses it
_NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EPERM, errno.ENOSYS})  # vfat, FUSE, SMB

_HINTS = {
    errno.ENOSPC: "Free some space on that disk",
    errno.EDQUOT: "Free some space: your quota is used up",
    errno.EROFS: "Make that disk writable, or set archive.folder to another place",
    errno.EINVAL: "That disk does not put files down for good (no fsync): set archive.folder to another place",
    errno.EACCES: "Let the user that mailbot runs as read and write there",
    errno.EPERM: "Let the user that mailbot runs as read and write there",
}


class Store:
    """An archive. ``root``: its folder, made when missing; ``mode``: of files. Threads may share one."""

    def __init__(self, root: Path, mode: int) -> None:
        self.root = root
        self._mode = mode
        self._cleaned = False
        self._cleaning = Lock()

    def write(self, rel: str, text: str) -> None:
        """Write or replace a file, whole or not at all. When it returns, the file survives a power cut. Raises
        OwnerMustAct (kind "archive") when the disk refuses."""
        path = self._path(rel)
        with _disk(path):
            self._inside(path.parent)
            self._clean_once()
            _make_folder(path.parent)
            data = text.encode(errors="surrogateescape")  # gives back the bytes that ``read`` could not decode
            try:
                _replace(_temporary(path.parent, data, self._mode), path)
            except FileNotFoundError:  # another process took our temporary file for a leftover; it does so only once
                _replace(_temporary(path.parent, data, self._mode), path)
            _sync_folder(path.parent)

    def read(self, rel: str) -> str | None:
        """The text of a file, line ends untouched; None when there is none."""
        path = self._path(rel)
        with _disk(path):
            self._inside(path)
            try:
                return path.read_bytes().decode(errors="surrogateescape")
            except (FileNotFoundError, NotADirectoryError):
                return None

    def exists(self, rel: str) -> bool:
        """Whether there is a file or folder of this name."""
        path = self._path(rel)
        with _disk(path):
            self._inside(path.parent)
            return os.path.lexists(path)

    def pages(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Path and front matter of every readable page in the Outbox, by name; the rest of a page is not read."""
        folder = self.root / "Outbox"
        with _disk(folder):
            paths = sorted(path for path in folder.glob("*.md") if path.is_file())
        for path in paths:
            with _disk(path):
                try:
                    keys = frontmatter.load(_head(path))
                except FileNotFoundError:  # moved meanwhile: it is the owner's file
                    continue
            if keys is not None:
                yield path.relative_to(self.root).as_posix(), keys

    def everywhere(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Path and front matter of every markdown file of the archive, hidden folders left out: the owner may have
        moved a page anywhere."""
        for path in self.files("*.md"):
            with _disk(self.root / path):
                try:
                    keys = frontmatter.load(_head(self.root / path))
                except (FileNotFoundError, PermissionError):  # not one of ours, or gone meanwhile
                    continue
            if keys is not None:
                yield path, keys

    def files(self, pattern: str) -> list[str]:
        """Paths of the files whose names fit the pattern, by name; hidden ones and hidden folders left out."""
        with _disk(self.root):
            found = [path.relative_to(self.root) for path in self.root.rglob(pattern) if path.is_file()]
        return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))

    def remove(self, rel: str) -> bool:
        """Deletes a file of the archive; False when there is none. When it returns, a power cut does not bring it
        back."""
        path = self._path(rel)
        with _disk(path):
            self._inside(path.parent)
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(path.parent)
        return True

    def check_writable(self) -> None:
        """Raise OwnerMustAct (kind "archive") unless a file can be written here now."""
        with _disk(self.root):
            self._clean_once()
            _make_folder(self.root)
            _remove(_temporary(self.root, PROBE, self._mode))

    def _path(self, rel: str) -> Path:
        """Names come from our own code, so a name that leads out of the archive is a bug: ValueError."""
        parts = PurePosixPath(rel).parts
        if not parts or rel.startswith("/") or ".." in parts or "\\" in rel or Path(rel).is_absolute():
            raise ValueError(f"not a path inside the archive: {rel!r}")
        return self.root.joinpath(*parts)

    def _inside(self, path: Path) -> None:
        """A symbolic link that leads out of the archive is not followed."""
        real, root = os.path.realpath(path), os.path.realpath(self.root)
        if not Path(real).is_relative_to(root):
            reason = f"{path} leads out of the archive {self.root}"
            raise OwnerMustAct("archive", reason, "Replace the symbolic link by a folder")

    def _clean_once(self) -> None:
        """Remove what a crash left behind, before this process has temporary files of its own."""
        with self._cleaning:
            if not self._cleaned:
                for place in TEMPORARY_PLACES:
                    for leftover in self.root.glob(f"{place}/{'*'.join(TEMPORARY)}".lstrip("/")):
                        _remove(leftover)
                self._cleaned = True


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """What the disk raises, as the owner's to mend."""
    try:
        yield
    except OSError as error:
        reason = f"The archive cannot be used at {path} ({error.strerror or type(error).__name__})"
        hint = _HINTS.get(error.errno or 0, "See that archive.folder in the config is right and its disk is there")
        raise OwnerMustAct("archive", reason, hint) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, each entry on the disk before the next."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(FOLDER_MODE, exist_ok=True)
    _sync_folder(folder.parent)


def _temporary(folder: Path, data: bytes, mode: int) -> Path:
    """A new file with this content, on the disk; on failure there is none."""
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY[0], suffix=TEMPORARY[1], dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _set_mode(Path(name), mode)
            os.fsync(file.fileno())
    except OSError:
        _remove(Path(name))
        raise
    return Path(name)


def _set_mode(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise


def _replace(temporary: Path, path: Path) -> None:
    try:
        os.replace(temporary, path)
    except OSError:
        _remove(temporary)
        raise


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk. Where the platform cannot open folders, there is no such thing."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _head(path: Path) -> str:
    """The front matter of a file with its fences, or what comes first when it has none."""
    most = frontmatter.MAX_CHARACTERS
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = [file.readline(most)]
        if lines[0].lstrip("\ufeff").rstrip() != frontmatter.FENCE:
            return lines[0]
        while most > 0 and (line := file.readline(most)):
            lines.append(line)
            most -= len(line)
            if line.rstrip() == frontmatter.FENCE:
                break
    return "".join(lines)
