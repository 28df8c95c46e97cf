"""What systemd is told: that the service is ready, that it lives, that it ends (sd_notify(3), sd_watchdog_enabled(3)).

By hand, for it is one datagram to a socket of this machine. Knows, too, whether systemd's journal takes down what is
printed. Refuses to know what makes a service well."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

log = logging.getLogger("mailbot")

SEND_WITHIN = 5.0  # seconds: a systemd that reads nothing must not stop the service
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


@dataclass(frozen=True, slots=True)
class Systemd:
    """``address`` is where it listens, "" where nobody does (not started by systemd, or not with Type=notify).
    ``watchdog``: seconds without a sign of life after which it ends the service; None: it waits for none."""

    address: str = ""
    watchdog: float | None = None

    def tell(self, *lines: str) -> None:
        """Sends lines such as ``READY=1``. A failure is logged: no trouble with systemd stops the work."""
        if not self.address:
            return
        # A name in no folder ("abstract", unix(7)) begins with a zero, which no environment can hold.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SEND_WITHIN)
                sender.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("systemd=unreachable reason=%r", str(error))


def take(environ: MutableMapping[str, str], pid: int) -> Systemd:
    """Reads what systemd put into the environment, and takes it out: no child may speak for the service."""
    address, microseconds, whose = (environ.pop(name, "") for name in VARIABLES)
    if address[:1] not in ("/", "@"):  # others are for virtual machines (vsock)
        return Systemd()
    meant = microseconds.isascii() and microseconds.isdigit() and whose in ("", str(pid))
    return Systemd(address, int(microseconds) / 1_000_000 if meant and int(microseconds) else None)


def takes_down(environ: Mapping[str, str], descriptor: int) -> bool:
    """Whether what is written to this open file goes to the journal: the variable holds for one device and inode, and
    a child that writes elsewhere inherits it (JOURNAL_STREAM, systemd.exec(5))."""
    stream = environ.get("JOURNAL_STREAM", "")
    if not stream:
        return False
    status = os.fstat(descriptor)
    return stream == f"{status.st_dev}:{status.st_ino}"
