"""What a process of our own takes: memory and CPU, as Linux counts them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path


def resident(pid: int) -> int:
    """Octets in memory now."""
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """The most octets since ``reset_peak``."""
    return _status(pid, "VmHWM")


def reset_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status(pid: int, name: str) -> int:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def cpu(pid: int) -> float:
    """Seconds of CPU so far, of all its threads, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3): CPUCLOCK_SCHED of the process


def cpu_of(*command: str, environ: Mapping[str, str] | None = None, repeats: int = 5) -> float:
    """Seconds of CPU that a command takes, the least of some runs."""
    taken = []
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def resident_after(*imports: str) -> int:
    """Octets of a bare interpreter that has imported these."""
    code = f"import os, {', '.join(imports)}; print(open('/proc/self/status').read())"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    line = next(line for line in out.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def environ_of_python() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path)}
