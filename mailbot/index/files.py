"""The files of a folder of notes: which are there, and what stands in one.

Nothing outside of the folder is read: symbolic links are not followed, and neither are pipes and devices. Hidden files
and folders are left out, as Obsidian keeps its own things and its trash in them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

ENDINGS = (".md", ".markdown")
MOST_FILES = 5_000  # of a folder
MOST_ENTRIES = 50_000  # looked at in it, whatever they are
MOST_OCTETS = 16 * 2**20  # of all files together
FILE = 128 * 1024  # octets read of one


@dataclass(frozen=True, slots=True)
class File:
    """``path`` is relative to the folder; ``changed`` in nanoseconds since the epoch."""

    path: str
    changed: int
    size: int


def listed(folder: Path, without: Collection[str]) -> Iterator[File]:
    """The notes below a folder, but for what is ``without`` (real paths of folders); at most MOST_FILES and
    MOST_OCTETS. Raises OSError when the folder itself cannot be read."""
    root = os.path.realpath(folder)
    waiting, entries, files, octets = [root], 0, 0, 0
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as found:
                rows = sorted(found, key=lambda entry: entry.name)
        except OSError:
            if place == root:
                raise
            continue
        for entry in rows:
            entries += 1
            if entries > MOST_ENTRIES:
                return
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.path not in without:
                    waiting.append(entry.path)
            elif entry.name.lower().endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                files, octets = files + 1, octets + min(about.st_size, FILE)
                if files > MOST_FILES or octets > MOST_OCTETS:
                    return
                yield File(os.path.relpath(entry.path, root), about.st_mtime_ns, about.st_size)


def text(folder: Path, path: str) -> str:
    """What stands in a note, or in its beginning; "" when it is no ordinary file (any more)."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(os.path.join(os.path.realpath(folder), path), flags)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        try:
            return file.read(FILE).decode("utf-8", "replace")
        except OSError:
            return ""
