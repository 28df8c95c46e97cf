"""One client's connection to the scripted server: how a command is read and answered, what the client was told of the
open folder, and the faults it meets.

Owns the conversation. Refuses to know what a command means; that is in scripted_commands.
"""

from __future__ import annotations

import re
import socket
from contextlib import AbstractContextManager, nullcontext, suppress
from io import BufferedReader
from typing import TYPE_CHECKING

from scripted_commands import BEFORE_LOGIN, COMMANDS, WAITING, Refusal
from scripted_mailbox import Folder
from scripted_wire import Malformed, flag_list, literal_size, tokens

if TYPE_CHECKING:
    from scripted import Fault, Scripted


class Gone(Exception):
    """The connection ends here."""


class Session:
    """``view`` is what this client was told: UID to flags, in the order of the sequence numbers."""

    def __init__(self, server: Scripted, connection: socket.socket, file: BufferedReader, number: int) -> None:
        self.server = server
        self.mailbox = server.mailbox
        self.user = ""
        self.readonly = False
        self.view: dict[int, frozenset[str]] = {}
        self._open: Folder | None = None
        self.folder_name = ""
        self.shut = False  # the folder that was to be opened was refused; the search said along with it is no fault
        self._idling = False
        self._said: list[bytes] = []
        self._connection = connection
        self._file = file
        self._number = number

    def run(self) -> None:
        """Greets and serves until either side ends it."""
        with self.mailbox.lock:
            self.mailbox.listeners.append(self._push)
        try:
            with suppress(Gone, OSError):
                if fault := self.server.met("GREETING", "before"):
                    self._send(self._suffer(fault) + b"\r\n")
                    return
                self._send(self.server.greeting + b"\r\n")
                while True:
                    self._serve()
        finally:
            with self.mailbox.lock:
                self.mailbox.listeners.remove(self._push)

    # For the commands.

    @property
    def folder(self) -> Folder:
        """The open folder. Raises Malformed when none is."""
        if self._open is None:
            raise Malformed("no folder is open")
        return self._open

    def select(self, name: str, folder: Folder, *, readonly: bool) -> None:
        self._open, self.folder_name, self.readonly = folder, name, readonly
        self.view = {message.uid: message.flags for message in folder.messages}

    def unselect(self) -> None:
        self._open = None

    def say(self, line: bytes) -> None:
        """Adds an untagged line to the answer under way."""
        self._said.append(line)

    def ask(self, prompt: bytes) -> bytes:
        """A continuation: the client's next line without its end."""
        self.server.count_round_trip()
        self._send(b"+ " + prompt + b"\r\n")
        return self._read_line().rstrip(b"\r\n")

    def wait_idling(self) -> bytes:
        """Tells the client of every change at once, until it says something; returns that."""
        with self.mailbox.lock:
            self.server.count_round_trip()
            fault = self.server.met("IDLE", "prompt")
            self._send(fault.then if fault and isinstance(fault.then, bytes) else b"+ idling\r\n")
            self._idling = fault is None
            self._push()
        try:
            return self._read_line().rstrip(b"\r\n")
        finally:
            with self.mailbox.lock:
                self._idling = False

    # The conversation.

    def _serve(self) -> None:
        """One command, from its first line to its answer."""
        line = self._read_line()
        tag, _, rest = line.partition(b" ")
        found = re.match(rb"(?:UID )?[A-Z]+", rest, re.IGNORECASE)
        verb = found[0].decode().upper() if found else ""
        self.server.log.append((self._number, line.decode("utf-8", "replace").rstrip("\r\n")))
        self._said = []
        refusal, pieces = self._read_pieces(verb, rest[len(verb) :])
        outcome = refusal or self._perform(verb, pieces)
        answer = b"".join(each + b"\r\n" for each in [*self._said, tag + b" " + outcome])
        self._deliver(verb, tag, answer)
        if verb == "LOGOUT":
            raise Gone

    def _read_pieces(self, verb: str, line: bytes) -> tuple[bytes, list[bytes]]:
        """(a fault's answer or b"", the command's lines and literals). What is refused early is not waited for."""
        fault = self.server.met(verb, "before")
        refusal = self._suffer(fault) if fault else b""
        if refusal and verb in ("EXAMINE", "SELECT"):  # no folder is open then (RFC 9051, 6.3.2)
            self.unselect()
            self.shut = True
        pieces = [line]
        while announced := literal_size(pieces[-1]):
            octets, waits = announced
            if waits and refusal:
                break
            if waits:
                self.server.count_round_trip()
                self._send(b"+ go ahead\r\n")
            if fault := self.server.met(verb, "literal"):
                refusal = self._suffer(fault, unread=octets // 2)
            pieces += [self._read(octets), self._read_line()]
        return refusal, pieces

    def _perform(self, verb: str, pieces: list[bytes]) -> bytes:
        """The command's effect; its tagged answer without the tag."""
        command = COMMANDS.get(verb)
        alone: AbstractContextManager[None] = nullcontext() if verb in WAITING else self.mailbox.changing()
        try:
            if command is None:
                raise Malformed("this command is not expected")
            if not self.user and verb not in BEFORE_LOGIN:
                raise Malformed("this command comes after the login")
            with alone:
                if verb not in WAITING:
                    self._said += self._updates()
                outcome = command(self, tokens(pieces))
                with self.mailbox.lock:
                    self._said += self._updates()
        except (Malformed, ValueError) as error:
            line = b"".join(pieces[:1]).decode("utf-8", "replace").strip()
            self.server.violations.append(f"session {self._number}: {verb} {line}: {error}")
            return f"BAD {error}".encode()
        except Refusal as error:
            return f"NO {error}".encode()
        return b"OK " + (outcome or b"done")

    def _deliver(self, verb: str, tag: bytes, answer: bytes) -> None:
        """Sends the answer, or what a fault makes of it."""
        if fault := self.server.met(verb, "after"):
            answer = fault.then(answer) if callable(fault.then) else tag + b" " + self._suffer(fault) + b"\r\n"
        if fault := self.server.met(verb, "answer"):
            self._send(answer[: len(answer) // 2])
            self._suffer(fault)
        self.server.count_round_trip()
        self._send(answer)

    def _suffer(self, fault: Fault, unread: int = 0) -> bytes:
        """The fault's text when it is one. Else takes ``unread`` octets more, and the connection ends as it says."""
        if isinstance(fault.then, bytes):
            return fault.then
        self._read(unread)
        if fault.then == "stall":
            while self._file.read1(65536):
                pass  # the client is heard and never answered
        raise Gone

    def _updates(self) -> list[bytes]:
        """What changed in the open folder since this client was last told.

        Raises Gone, after a BYE, when the folder was rebuilt or deleted beneath it."""
        folder = self._open
        if folder is None:
            return []
        if self.mailbox.folders.get(self.folder_name) is not folder:
            self._send(b"* BYE the folder was rebuilt or deleted\r\n")
            raise Gone
        told, now = self.view, {message.uid: message.flags for message in folder.messages}
        gone = [number for number, uid in enumerate(told, start=1) if uid not in now]
        lines = [b"* %d EXPUNGE" % number for number in reversed(gone)]
        if len(now) > len(told) - len(gone):
            lines.append(b"* %d EXISTS" % len(now))
        for number, (uid, flags) in enumerate(now.items(), start=1):
            if told.get(uid, flags) != flags:
                lines.append(b"* %d FETCH (FLAGS %s)" % (number, flag_list(flags)))
        self.view = now
        return lines

    def _push(self) -> None:
        """Tells an idling client at once; the others hear with their next command."""
        if not self._idling:
            return
        try:
            self._send(b"".join(line + b"\r\n" for line in self._updates()))
        except (Gone, OSError):
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    # The socket.

    def _read_line(self) -> bytes:
        line = self._file.readline()
        self.server.octets += len(line)
        if not line.endswith(b"\r\n"):
            raise Gone
        return line

    def _read(self, octets: int) -> bytes:
        data = self._file.read(octets)
        self.server.octets += len(data)
        if len(data) < octets:
            raise Gone
        return data

    def _send(self, data: bytes) -> None:
        self.server.octets += len(data)
        self._connection.sendall(data)
