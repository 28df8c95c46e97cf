"""A scripted model server on loopback, polite unless told otherwise.

    with Endpoint(Status(429, {"error": {"message": "slow down"}})) as server:
        ... server.base_url, server.requests

Each request takes the next behaviour of the script; when none is left the server is polite, unless told otherwise: it
reads the mails out of the prompt and answers in the shape that was asked for. ``model_servers`` has other ``usual``
ones. By hand: ``python tests/endpoint.py 8080``.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol

DRIP = 0.02  # seconds between two bytes


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: dict[str, Any]


class Behaviour(Protocol):
    def act(self, exchange: Exchange, request: Request) -> None: ...


@dataclass(frozen=True)
class Text:
    """A well-formed answer with this text. ``message`` and ``choice`` replace fields."""

    text: str | None
    finish: str | None = "stop"
    message: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] | None = None

    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.send(200, completion(self, request))


@dataclass(frozen=True)
class Status:
    """Any status, body (JSON unless it is bytes) and headers."""

    status: int
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.send(self.status, self.body, self.headers)


@dataclass(frozen=True)
class Refuse:
    """400 while the parameter is in the request, as OpenAI words it (``param``) or only in words (``said``)."""

    parameter: str
    said: str = ""

    def act(self, exchange: Exchange, request: Request) -> None:
        if self.parameter not in request.body:
            polite(exchange, request)
        elif self.said:
            exchange.send(400, {"error": self.said})
        else:
            message = f"Unsupported parameter: '{self.parameter}' is not supported with this model."
            code = "unsupported_parameter"
            exchange.send(400, {"error": {"message": message, "param": self.parameter, "code": code}})


@dataclass(frozen=True)
class Drip:
    """An answer of which one byte comes after the other: "headers", "body", or "endless body" without a length."""

    what: str

    def act(self, exchange: Exchange, request: Request) -> None:
        length = b"Content-Length: 50000\r\n\r\n" if self.what == "body" else b"\r\n"
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Slow: " if self.what == "headers" else length))
        exchange.drip(b" " * 50_000)


@dataclass(frozen=True)
class Hang:
    """Takes the request and says nothing until the server is closed."""

    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.server.closing.wait()


@dataclass(frozen=True)
class Cut:
    """Closes the connection in the middle of the answer."""

    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"choices": [')


@dataclass(frozen=True)
class Huge:
    """A body of so many octets."""

    octets: int

    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(self.octets // 65536 + 1):
            exchange.wfile.write(b" " * 65536)


class Polite:
    def act(self, exchange: Exchange, request: Request) -> None:
        polite(exchange, request)


POLITE = Polite()


@dataclass(frozen=True)
class Late:
    """A polite answer, after a while."""

    seconds: float

    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.server.closing.wait(self.seconds)
        polite(exchange, request)


class Exchange(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, json.loads(self.rfile.read(length) or b"{}"))
        with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            self.server.next_behaviour(request).act(self, request)

    def send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def drip(self, content: bytes) -> None:
        for byte in content:
            if self.server.closing.wait(DRIP):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    request_queue_size = 128

    def __init__(self, port: int, script: tuple[Behaviour, ...], usual: Behaviour) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        self.script, self.usual = deque(script), usual
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def next_behaviour(self, request: Request) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            return self.script.popleft() if self.script else self.usual

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the play."""


class Endpoint:
    """The server, from ``with`` on. ``requests`` grows while it runs; ``then`` adds behaviours; when none is left,
    ``usual`` comes."""

    def __init__(
        self, *script: Behaviour, port: int = 0, usual: Behaviour = POLITE, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server = _Server(port, script, usual)
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    @property
    def base_url(self) -> str:
        return self.base_url_at("127.0.0.1")

    def base_url_at(self, host: str) -> str:
        """The same by another name of this machine."""
        return f"{self._scheme}://{host}:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> list[Request]:
        return self._server.requests

    def then(self, *script: Behaviour) -> None:
        self._server.script.extend(script)

    def __enter__(self) -> Endpoint:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def completion(text: Text, request: Request) -> dict[str, Any]:
    """A chat completion object around a text."""
    octets = sum(len(str(message.get("content", ""))) for message in request.body.get("messages", ()))
    limit = request.body.get("max_tokens", request.body.get("max_completion_tokens"))
    written = limit if text.finish == "length" and limit else len(text.text or "") // 4
    counted = {"prompt_tokens": octets // 4, "completion_tokens": written}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1767600000,
        "model": request.body.get("model", ""),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text.text, **text.message},
                "finish_reason": text.finish,
            }
        ],
        "usage": counted if text.usage is None else dict(text.usage),
    }


def polite(exchange: Exchange, request: Request) -> None:
    fields = answer_to(request)
    text = json.dumps(fields, ensure_ascii=False) if "response_format" in request.body else plain(fields)
    exchange.send(200, completion(Text(text), request))


def answer_to(request: Request) -> dict[str, Any]:
    """What a model of good manners makes of the last mail in the prompt."""
    mail = mails(request)[-1:] or [{}]
    subject, sender = str(mail[0].get("subject", "")), str(mail[0].get("from", ""))
    asked = [part.strip() for part in re.findall(r"[^.!?\n]*\?", str(mail[0].get("text", "")))][:10]
    name = sender.partition("<")[0].strip() or "you"
    return {
        "title": f"{name} writes about {subject}"[:100],
        "summary": f"{name} wrote: {str(mail[0].get('text', ''))[:200]}",
        "key_points": asked or ["Answer"],
        "urgency": "normal",
        "questions": asked,
        "language": "en",
        "reply": f"Hello {name},\n\n[[fill: your answer]]\n\nBest regards\n{_owner(request)}",
    }


def mails(request: Request) -> list[dict[str, Any]]:
    """The data block of the prompt."""
    user = str(request.body["messages"][-1]["content"])
    block = re.search(r"^--- \S+ begin ---\n(.*)\n--- \S+ end ---$", user, re.MULTILINE | re.DOTALL)
    return list(json.loads(block.group(1))) if block else []


def plain(fields: Mapping[str, Any]) -> str:
    """An answer in the plain shape."""
    points = "\n".join(f"- {point}" for point in fields["key_points"])
    questions = "\n".join(f"- {question}" for question in fields["questions"])
    return (
        f"Title: {fields['title']}\nSummary: {fields['summary']}\nKey points:\n{points}\nUrgency: {fields['urgency']}\n"
        f"Questions:\n{questions}\nLanguage: {fields['language']}\n=== REPLY ===\n{fields['reply']}\n"
    )


def _owner(request: Request) -> str:
    found = re.search(r"^Name: (.*)$", str(request.body["messages"][-1]["content"]), re.MULTILINE)
    return found.group(1) if found else ""


if __name__ == "__main__":
    with Endpoint(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8080) as by_hand:
        print(f"a polite model answers at {by_hand.base_url}; stop it with Ctrl-C")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
