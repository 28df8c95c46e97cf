"""Fetches two small things: a domain's autoconfig file, over https only, and the list of models of a server in the
house."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from mailbot.errors import Later

PATIENCE = 5.0  # seconds, for each silence and for the whole body
MOST = 65_536  # octets; a real autoconfig file has 2,000
REDIRECTS = 3
# The ports that they listen on when nobody says otherwise: Ollama, LM Studio, llama.cpp (9931 in times to come, as it
# says at its start: llama.cpp#26508), vLLM and llama-cpp-python, LiteLLM.
PORTS = (11434, 1234, 8080, 9931, 8000, 4000)
PORT_PATIENCE = 1.0  # seconds
LIST_MOST = 1_048_576  # octets
_CHUNK = 4096


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    max_redirections = REDIRECTS

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith("https://"):
            raise Later(f"it leads to {newurl[:80]!r}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str) -> bytes:
    """What an https URL holds, through the proxy of the environment where one is set. Raises Later."""
    if not url.lower().startswith("https://"):
        raise ValueError("only https is fetched")
    opener = urllib.request.build_opener(_HttpsOnly())
    return _read(opener, url, PATIENCE, MOST)


def models(base_url: str, patience: float = PORT_PATIENCE) -> tuple[str, ...]:
    """The models that a server in the house lists (GET base_url/models), by name. Raises Later when none answers so."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _HttpsOnly())
    try:
        rows = json.loads(_read(opener, f"{base_url}/models", patience, LIST_MOST))["data"]
        names = [row["id"] for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Later("it is not a server of models") from None
    return tuple(sorted(name for name in names if isinstance(name, str) and name.isprintable()))


def local_models(ports: Iterable[int]) -> dict[str, tuple[str, ...]]:
    """Base URL and models of each server found on these ports of this machine."""
    found = {}
    for port in ports:
        url = f"http://127.0.0.1:{port}/v1"
        with suppress(Later):
            found[url] = models(url)
    return found


def _read(opener: urllib.request.OpenerDirector, url: str, patience: float, most: int) -> bytes:
    """The body, when it is whole in time and no longer than ``most``."""
    deadline = time.monotonic() + patience
    data = bytearray()
    try:
        answer: Any
        with opener.open(urllib.request.Request(url, headers={"User-Agent": "mailbot"}), timeout=patience) as answer:
            while piece := answer.read1(_CHUNK):
                data += piece
                if len(data) > most:
                    raise Later(f"it is longer than {most:,} octets")
                if time.monotonic() > deadline:
                    raise Later(f"it was not there in {patience:g} seconds")
    except urllib.error.HTTPError as error:
        with error:
            raise Later(f"the web server says {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, socket.gaierror):
            raise Later("there is no such host") from error
        raise Later(f"{reason or type(error).__name__}"[:120]) from error
    return bytes(data)
