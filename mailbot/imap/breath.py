"""What costs no round trip of its own: commands said in one breath with the next, and a literal that does not wait.

A client may go on speaking where no command changes what another one means (RFC 9051, 5.5): STATUS of folders that are
not open, NOOP before a FETCH by UID, EXAMINE before a SEARCH for UIDs, which is refused where no folder could be
opened, and before another EXAMINE. isync does so with every server unless told otherwise. imapclient waits for each
answer; imaplib, beneath it, keeps by its tag what it hears, and all else by its kind alone. So nothing is taken from a
server that opens folders in another order than it was asked to: the UIDs of one would count as those of another."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError
from imapclient.response_parser import parse_fetch_response, parse_message_list, parse_response

LITERAL_MINUS = 4096  # octets that LITERAL- takes without being asked (RFC 7888, 5)
LINE_END = re.compile(rb"\r\n|\r|\n")
BY_NUMBER = re.compile(rb"\d+ \((?!.*\bUID \d)", re.IGNORECASE | re.DOTALL)  # a whole FETCH answer without a UID


class Asked:
    """A command that was said; the answer comes along with that of the next one.

    ``literal`` follows its words. It is none of them: a Python of 2026 lets no line end into a word
    (python/cpython#143921)."""

    def __init__(self, client: Any, name: str, *words: str, literal: bytes | None = None) -> None:
        self._client, self._name = client, name
        length = [] if literal is None else [f"{{{len(literal)}+}}"]
        self._tag = client._imap._command(name, *words, *length)
        if literal is not None:
            client.socket().sendall(literal + b"\r\n")

    def answer(self) -> bytes:
        """The text of its OK; what came before that is with imaplib. Raises as imapclient does."""
        kind, text = self._client._imap._command_complete(self._name, self._tag)
        self._client._checkok(self._name.lower(), kind, text)
        return bytes(text[0])


def fetch(client: Any, uids: Iterable[int], items: Iterable[str]) -> Callable[[], Mapping[int, Mapping[bytes, Any]]]:
    """Says UID FETCH; what is returned reads the answer. What a server tells of other mails meanwhile, it tells by
    their number in the folder, which imapclient takes for a UID; that is left out here."""
    asked = Asked(client, "UID", "FETCH", ",".join(map(str, uids)), f"({' '.join(items)})")

    def answer() -> Mapping[int, Mapping[bytes, Any]]:
        asked.answer()
        told = client._imap.untagged_responses.pop("FETCH", [])
        meant = [line for line in told if not (isinstance(line, bytes) and BY_NUMBER.match(line))]
        rows: Mapping[int, Mapping[bytes, Any]] = parse_fetch_response(meant)
        return rows

    return answer


def status(client: Any, folders: Sequence[str], items: str) -> Callable[[], list[Mapping[bytes, Any]]]:
    """Asks for the STATUS of folders; what is returned reads the answers, in the order of the folders. A server may
    answer in any order, and Dovecot does so before it has ended the FETCH that was said before."""
    client._imap.untagged_responses.pop("STATUS", None)
    names = [client._normalise_folder(folder) for folder in folders]
    asked = [Asked(client, "STATUS", name, items) for name in names]

    def answers() -> list[Mapping[bytes, Any]]:
        _hear(asked)
        words = parse_response(client._imap.untagged_responses.pop("STATUS", []))
        rows: list[Mapping[bytes, Any]] = [dict(zip(row[::2], row[1::2], strict=True)) for row in words[1::2]]
        if len(rows) != len(folders):
            raise ProtocolError(f"{len(rows)} STATUS answers about {len(folders)} folders")
        named = dict(zip(words[::2], rows, strict=True))
        wanted = parse_response([b" ".join(names)]) if names else ()
        return [named[name] for name in wanted] if named.keys() == set(wanted) else rows

    return answers


def unselect(client: Any) -> Asked:
    """Says that no folder is to be open (RFC 3691)."""
    asked = Asked(client, "UNSELECT")
    client._imap.state = "AUTH"  # else imaplib does not say what comes next
    return asked


class Opening:
    """EXAMINE and, where there are criteria, a SEARCH in that folder. Both answers raise as imapclient does; after a
    refusal of the first no folder is open, and the second is of no interest."""

    def __init__(self, client: Any, folder: str, criteria: str = "") -> None:
        self._client = client
        client._imap.is_readonly = True  # as imaplib does
        self._opening = Asked(client, "EXAMINE", client._normalise_folder(folder))
        client._imap.state = "SELECTED"  # else imaplib does not say what comes next
        self._searching = Asked(client, "UID", "SEARCH", criteria) if criteria else None

    def answer(self) -> Mapping[bytes, Any]:
        """What EXAMINE answered."""
        imap = self._client._imap
        imap.untagged_responses = {}  # of the folder before
        try:
            self._opening.answer()
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            if self._searching is not None:
                with suppress(IMAPClientError):
                    self._searching.answer()
            imap.state = "AUTH"
            raise
        self._in_order()
        imap.state = "SELECTED"
        imap.untagged_responses.pop("FETCH", None)  # of the folder before, told as it was closed
        rows: Mapping[bytes, Any] = self._client._process_select_response(imap.untagged_responses)
        return rows

    def found(self) -> list[int]:
        """The UIDs that SEARCH found."""
        assert self._searching is not None, "it was opened to search in it"
        self._searching.answer()
        self._in_order()
        return list(parse_message_list(self._client._imap.untagged_responses.pop("SEARCH", [None])))

    def _in_order(self) -> None:
        """Nothing that was said later is answered yet. Raises ProtocolError, the end of the connection, else."""
        if any(answer is not None for answer in self._client._imap.tagged_commands.values()):
            raise ProtocolError("what was said later was answered first")


def _hear(asked: Sequence[Asked]) -> None:
    """To the last one: what stays unread would be taken for the answer to something else."""
    refused: list[IMAPClientError] = []
    for each in asked:
        try:
            each.answer()
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            refused.append(error)
    if refused:
        raise refused[0]


def literal(capabilities: Collection[str], raw: bytes) -> bytes | None:
    """The octets with line ends as mail has them, where the server takes them without being asked; else None."""
    whole = LINE_END.sub(b"\r\n", raw)
    if "LITERAL+" in capabilities or ("LITERAL-" in capabilities and len(whole) <= LITERAL_MINUS):
        return whole
    return None
