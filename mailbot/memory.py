"""How the C library shares out memory between threads."""

from __future__ import annotations

from contextlib import suppress

M_ARENA_MAX = -8  # glibc, malloc.h


def share_arena() -> None:
    """Has all threads that begin later share one arena (mallopt(3)). glibc gives up to eight a core, and what lies free
    in one no other gets; threads that take turns in Python seldom want memory at once. Elsewhere nothing is done."""
    with suppress(ImportError, OSError, AttributeError):  # musl and macOS have no such call, some Pythons no ctypes
        import ctypes

        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
