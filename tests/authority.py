"""A server that signs people in, on loopback: the device flow, rotating refresh tokens, and the introspection by which
Dovecot asks whether a token is good. It words its refusals as Microsoft does.

Strict where Microsoft is lenient: a refresh token works once, and whoever shows an old one loses the sign-in."""

from __future__ import annotations

import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CLIENT = "11111111-2222-3333-4444-555555555555"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
PENDING = "AADSTS70016: The provided request has not yet been authorized by the user. Trace ID: 1"
GONE = "AADSTS70000: The provided value for the 'refresh_token' is not valid. Trace ID: 1"
UNKNOWN = "AADSTS700016: Application with identifier '{}' was not found in the directory 'common'. Trace ID: 1"


class Authority:
    """``user`` is who is signed in by ``approve``. ``requests`` holds path and form of every request, ``issued`` every
    secret that was given out. ``refusal`` (error, description) is what the token endpoint says instead of tokens,
    ``broken`` (status, body) what everything says."""

    def __init__(self, life: float = 3600.0) -> None:
        self.life = life
        self.interval = 0.02
        self.user = ""
        self.approved: bool | None = None
        self.refusal: tuple[str, str] | None = None
        self.broken: tuple[int, bytes] | None = None
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.issued: list[str] = []
        self.good: dict[str, tuple[str, float]] = {}  # access token -> user, end
        self._refresh: dict[str, str] = {}  # the refresh token that is good now -> user
        self._number = itertools.count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.base}/common"
        self.introspection = f"{self.base}/introspect"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def approve(self, user: str) -> None:
        """The owner enters the code, as this user, and accepts."""
        self.user, self.approved = user, True

    def decline(self) -> None:
        self.approved = False

    def end_access(self) -> None:
        """The access tokens are good no more, before their time; the sign-in is."""
        self.good.clear()

    def end_consent(self) -> None:
        self.good.clear()
        self._refresh.clear()

    def refreshes(self) -> int:
        return sum(form.get("grant_type") == "refresh_token" for _, form in self.requests)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        with self._lock:
            if path == "/introspect":
                user, ends = self.good.get(form.get("token", ""), ("", 0.0))
                return 200, {"active": True, "username": user} if ends > time.time() else {"active": False}
            self.requests.append((path, form))
            if self.broken:
                return self.broken
            if form.get("client_id") != CLIENT:
                return _refused("unauthorized_client", UNKNOWN.format(form.get("client_id")))
            if not form.get("scope"):
                return _refused("invalid_request", "AADSTS900144: The request body must contain: 'scope'.")
            if path == "/common/oauth2/v2.0/devicecode":
                return 200, self._code()
            assert path == "/common/oauth2/v2.0/token", path
            if self.refusal:
                return _refused(*self.refusal)
            return self._redeemed() if form["grant_type"] == DEVICE else self._refreshed(form["refresh_token"])

    def _code(self) -> dict[str, Any]:
        page, code = "https://microsoft.com/devicelogin", self._secret("device")
        return {
            "user_code": "ABCD1234",
            "device_code": code,
            "verification_uri": page,
            "expires_in": 900,
            "interval": self.interval,
            "message": f"Open {page}",
        }

    def _redeemed(self) -> tuple[int, Any]:
        if self.approved is None:
            return _refused("authorization_pending", PENDING)
        if not self.approved:
            return _refused("authorization_declined", "AADSTS70017: The user declined. Trace ID: 1")
        return 200, self._tokens(self.user)

    def _refreshed(self, refresh: str) -> tuple[int, Any]:
        user = self._refresh.pop(refresh, "")
        if not user:
            self.good.clear()
            self._refresh.clear()
            return _refused("invalid_grant", GONE)
        return 200, self._tokens(user)

    def _tokens(self, user: str) -> dict[str, Any]:
        access, refresh = self._secret("access"), self._secret("refresh")
        self.good[access] = (user, time.time() + self.life)
        self._refresh[refresh] = user
        return {"token_type": "Bearer", "expires_in": self.life, "access_token": access, "refresh_token": refresh}

    def _secret(self, kind: str) -> str:
        word = f"{kind}-secret-{next(self._number):04d}"
        self.issued.append(word)
        return word


def _refused(error: str, description: str) -> tuple[int, Any]:
    return 400, {"error": error, "error_description": description}


def _handler(authority: Authority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            assert not urlsplit(self.path).query, "nothing belongs into a URL"
            form = {key: values[0] for key, values in parse_qs(text).items()}
            status, body = authority.answer(self.path, form)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words: object) -> None:
            pass

    return Handler
