"""What the C library does with memory, where mailbot has a say in it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Eight threads at once that each ask the C library for memory; how much address space that took, in MB.
THREADS = """
import sys, threading
from mailbot import memory

def size():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) // 1024

if sys.argv[1] == "shared":
    memory.share_arena()
threading.stack_size(256 * 1024)
before, together, kept = size(), threading.Barrier(9), []

def ask():
    together.wait()
    kept.append(bytearray(50_000))
    together.wait()

for _ in range(8):
    threading.Thread(target=ask, daemon=True).start()
together.wait()
together.wait()
print(size() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library shares out memory otherwise")
def test_the_threads_of_a_service_share_one_store_of_free_memory() -> None:
    def taken(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", THREADS, how], check=True, capture_output=True).stdout)

    assert taken("shared") < 64 <= taken("not")  # an arena reserves 64 MB of addresses
