"""What a real mail server of our own takes, whichever it is: a temporary folder, ports on loopback, a certificate, a
process that is stopped by its own pid. ``dovecot.py`` and ``cyrus.py`` say the rest."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

READY_WITHIN = 60.0  # seconds; it takes about 0.2, this is for a host under load
STOP_WITHIN = 60.0  # seconds; the same
ANSWER_WITHIN = 60.0  # seconds for any answer, the same


def logged_in(host: str, port: int, user: str, password: str) -> IMAPClient:
    """A plain connection, to be used in a ``with``."""
    client = IMAPClient(host, port=port, ssl=False, timeout=ANSWER_WITHIN)
    try:
        client.login(user, password)
    except IMAPClientError:
        client.shutdown()
        raise
    return client


class MailServer:
    """``with`` it: ready on entry, gone with all its mail on exit. ``port`` speaks plain text, ``tls_port`` TLS with
    the self-signed certificate in ``ca_file``. Its folder is made ``within`` another. Raises RuntimeError with its log
    when it won't start."""

    host = "127.0.0.1"

    def __init__(self, within: Path | None = None) -> None:
        self.password = "correct-horse"
        self._held = held_ports(2)
        self.port, self.tls_port = (each.getsockname()[1] for each in self._held)
        self.folder = Path(tempfile.mkdtemp(prefix=f"mailbot-{type(self).__name__.lower()}-", dir=within))
        self.ca_file = self.folder / "cert.pem"
        self._process: subprocess.Popen[bytes] | None = None

    def write_folder(self) -> None:
        """Config, certificate and folders."""
        raise NotImplementedError

    def command(self) -> Sequence[str | Path]:
        """What runs in the foreground until SIGTERM, and ends its children then."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self.write_folder()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def client(self, user: str) -> IMAPClient:
        """A plain connection that is logged in as ``user``, to be used in a ``with``."""
        return logged_in(self.host, self.port, user, self.password)

    def stop(self) -> None:
        """End the process by its pid and remove the folder."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for each in self._held:
            each.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        command = [str(word) for word in self.command()]
        # A session of its own, so that Ctrl-C ends the tests first and they end the server.
        with (self.folder / "stderr").open("ab") as stderr:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, start_new_session=True
            )
        deadline = time.monotonic() + READY_WITHIN
        while not greets(self.host, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} did not start:\n{self._trouble()}")
            time.sleep(0.02)

    def _trouble(self) -> str:
        files = (self.folder / "stderr", self.folder / "log")
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in files if file.is_file())


def make_certificate(folder: Path) -> None:
    """Self-signed for localhost and 127.0.0.1; Debian's Dovecot depends on the openssl command."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    usage = ("-addext", "keyUsage=critical,digitalSignature,keyCertSign")  # Python 3.13 asks for it in a CA
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    subprocess.run([*command.split(), *names, *usage, *files], check=True, capture_output=True)


def held_ports(count: int) -> list[socket.socket]:
    """Free ports, each held by a socket that does not listen. On Linux a server that says SO_REUSEADDR, as all do, may
    listen there all the same, and the kernel gives the port to nobody else; other systems let nobody listen beside the
    socket, so there they are only free a moment ago."""
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(("127.0.0.1", 0))
    if sys.platform != "linux":
        for each in held:
            each.close()
    return held


def greets(host: str, port: int) -> bool:
    try:
        with closing(socket.create_connection((host, port), timeout=1)) as connection:
            return connection.recv(4) == b"* OK"
    except OSError:
        return False
