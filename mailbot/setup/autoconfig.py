"""The file by which a domain tells mail programs its servers (draft-ietf-mailmaint-autoconfig, first Thunderbird's).

It comes from outside: nothing in it is expanded, its size is capped by who fetches it, and of a server it is believed
only that it exists. One without encryption is left out."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from mailbot.setup.server import Security, Server, filled, host_name

DEPTH = 16  # elements inside each other; the format needs 5
_SECURITY: Mapping[str, Security] = {"ssl": "tls", "starttls": "starttls"}
_ROW = ("clientConfig", "emailProvider", "incomingServer")


class Unreadable(ValueError):
    """Not an autoconfig file that mailbot reads; ``str()`` says why."""


def read(data: bytes, address: str, told_by: str) -> tuple[Server, ...]:
    """The encrypted IMAP servers of the file, TLS before STARTTLS, else in its order. Raises Unreadable."""
    found = [server for row in _rows(data) if (server := _server(row, address, told_by))]
    return tuple(sorted(found, key=lambda server: server.security != "tls"))


def _server(row: Mapping[str, list[str]], address: str, told_by: str) -> Server | None:
    security = _SECURITY.get(_first(row, "socketType").lower())
    port = _first(row, "port")
    if security is None or not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        return None
    ways = [way.lower() for way in row.get("authentication", ())]
    only_oauth = "oauth2" in ways and "password-cleartext" not in ways
    try:
        host = host_name(_first(row, "hostname").replace("%EMAILDOMAIN%", address.rpartition("@")[2]))
        user = filled(_first(row, "username") or "%EMAILADDRESS%", address)
    except ValueError:
        return None
    return Server(host, int(port), security, user, "xoauth2" if only_oauth else "password", told_by)


def _first(row: Mapping[str, list[str]], name: str) -> str:
    return next(iter(row.get(name, ())), "").strip()


def _rows(data: bytes) -> list[dict[str, list[str]]]:
    """Each incoming IMAP server: the texts of its elements by their names."""
    path: list[str] = []
    rows: list[dict[str, list[str]]] = []
    state = {"imap": False}

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        path.append(name)
        if len(path) > DEPTH:
            raise Unreadable("its elements are nested too deep")
        if tuple(path) == _ROW:
            state["imap"] = attributes.get("type", "").lower() == "imap"
            if state["imap"]:
                rows.append({})
        elif tuple(path[:-1]) == _ROW and state["imap"]:
            rows[-1].setdefault(name, []).append("")

    def text(piece: str) -> None:
        if tuple(path[:-1]) == _ROW and state["imap"]:
            rows[-1][path[-1]][-1] += piece

    def no_entities(*_: object) -> None:
        raise Unreadable("it declares a document type, which could hold entities that grow without end")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = no_entities
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable(f"it is not XML ({expat.ErrorString(error.code)})") from None
    except LookupError:
        raise Unreadable("it is in an encoding that nobody knows") from None
    return rows
