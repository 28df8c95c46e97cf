"""The server that gives tokens: what it is asked, and what its answers say.

Tokens and codes travel in the body of a POST, never in a URL; no redirect is followed. What comes back is small and
quick, or it is transport trouble."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from mailbot.deadline import Deadline
from mailbot.errors import Later, OwnerMustAct
from mailbot.oauth.refusal import KIND, refusal

MICROSOFT = "https://login.microsoftonline.com/common"
SCOPE = ("https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access")
PATIENCE = 30.0  # seconds, for each silence and for all of it
MOST = 65_536  # octets; a real answer has 5,000
LIFE_USUAL = 3600.0  # seconds that a token is good for where the authority does not say (RFC 6749, 5.1)
CODE_LIFE = 900.0  # seconds, likewise; RFC 8628 demands that it says so, 15 minutes is what Microsoft says
INTERVAL = 5.0  # seconds between two questions, RFC 8628, 3.2
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Code:
    """What the owner enters in a browser, and where. ``interval`` and ``life`` are in seconds."""

    user_code: str
    page: str
    interval: float
    life: float
    device_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """``refresh_token`` is "" where the one before stays good. ``life`` is in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    life: float


class Pending(Exception):
    """The owner has not entered the code yet. ``slower``: it was asked too soon (RFC 8628, 3.5)."""

    def __init__(self, *, slower: bool) -> None:
        super().__init__("not yet")
        self.slower = slower


@dataclass(frozen=True, slots=True)
class Authority:
    """``url`` as in https://login.microsoftonline.com/common, ``again`` the command with which the owner signs in.

    Every method raises Later (transport) or OwnerMustAct (kind "sign-in")."""

    url: str
    client_id: str
    again: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url

    def code(self) -> Code:
        """Begins the device flow."""
        _client(self.client_id)  # what could not be finished is not begun
        answer = self._asked("devicecode", urlencode({"client_id": self.client_id, "scope": " ".join(SCOPE)}))
        if "error" in answer:
            raise self._refusal(answer.get("error"), answer.get("error_description"))
        try:
            return Code(
                user_code=str(answer["user_code"]),
                page=str(answer.get("verification_uri") or answer["verification_url"]),
                interval=float(answer.get("interval", INTERVAL)),
                life=float(answer.get("expires_in", CODE_LIFE)),
                device_code=str(answer["device_code"]),
            )
        except (KeyError, TypeError, ValueError):
            raise Later(f"{self.host} sent an answer that is none of a device flow") from None

    def redeem(self, code: Code) -> Granted:
        """The tokens for a code that the owner has entered. Raises Pending as long as he has not."""
        client = _client(self.client_id)
        body = client.prepare_request_body(code.device_code, include_client_id=True, scope=SCOPE)
        return self._granted(client, body, code.device_code)

    def refresh(self, refresh_token: str) -> Granted:
        client = _client(self.client_id)
        body = client.prepare_refresh_body(refresh_token=refresh_token, client_id=self.client_id, scope=SCOPE)
        return self._granted(client, body, refresh_token)

    def _granted(self, client: Any, body: str, secret: str) -> Granted:
        """``secret`` is what the body has of that kind: it is taken out of what a refusal says."""
        from oauthlib.oauth2 import OAuth2Error

        answer = self._asked("token", body)
        try:
            token = client.parse_request_body_response(json.dumps(answer))
            life = float(token.get("expires_in") or LIFE_USUAL)
        except OAuth2Error as error:
            if error.error in ("authorization_pending", "slow_down"):
                raise Pending(slower=error.error == "slow_down") from None
            raise self._refusal(error.error, str(error.description or "").replace(secret, "***")) from None
        except (ValueError, TypeError):
            raise Later(f"{self.host} sent a token that cannot be read") from None
        return Granted(str(token["access_token"]), str(token.get("refresh_token") or ""), life)

    def _asked(self, endpoint: str, body: str) -> Mapping[str, Any]:
        url = f"{self.url.rstrip('/')}/oauth2/v2.0/{endpoint}"
        try:
            answer = json.loads(_posted(url, body, self.host))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise Later(f"{self.host} sent no answer of an authority; is a page of the network in between?")
        return answer

    def _refusal(self, error: object, description: object) -> Exception:
        return refusal(self.host, str(error or ""), str(description or ""), self.again)


def _client(client_id: str) -> Any:
    try:
        from oauthlib.oauth2 import DeviceClient
    except ImportError:
        reason = "Signing in needs the extra mailbot[oauth], which is not installed"
        raise OwnerMustAct(KIND, reason, "Install mailbot with it: pipx install --force '.[oauth]'") from None
    return DeviceClient(client_id)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error like others: what was meant for the authority goes to nobody else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class _Plain(urllib.request.HTTPHandler):
    """Lets the deadline end the connection: the timeout of urllib begins anew with each octet."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_held(HTTPConnection, self._deadline), req)


class _Tls(urllib.request.HTTPSHandler):
    """The same."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_held(HTTPSConnection, self._deadline), req)


def _held(kind: type[HTTPConnection], deadline: Deadline) -> Any:
    def made(*args: Any, **options: Any) -> HTTPConnection:
        connection = kind(*args, **options)
        connect = connection.connect

        def connected() -> None:
            connect()
            deadline.hold(connection.sock)

        connection.connect = connected  # type: ignore[method-assign]
        return connection

    return made


def _posted(url: str, body: str, host: str) -> bytes:
    """The answer to a form, whatever its status: a refusal has one, too. Raises Later; its words have nothing of the
    request."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "User-Agent": "mailbot"}
    request = urllib.request.Request(url, body.encode(), form)
    try:
        with Deadline(PATIENCE) as deadline:
            return _answered(request, host, deadline)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Later(f"{host} cannot be reached: {reason or type(error).__name__}"[:200]) from None


def _answered(request: urllib.request.Request, host: str, deadline: Deadline) -> bytes:
    opener = urllib.request.build_opener(_NoRedirect(), _Plain(deadline), _Tls(deadline))
    try:
        answer: Any
        with opener.open(request, timeout=PATIENCE) as answer:
            data = _read(answer, host)
        if deadline.expired:
            raise Later(f"{host} sent an answer too slowly")
        return data
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 429 or error.code >= 500:
                after = error.headers.get("Retry-After", "")
                wait = float(after) if after.isdecimal() else None
                raise Later(f"{host} has too much to do: it says {error.code}", after=wait) from None
            return _read(error, host)


def _read(answer: Any, host: str) -> bytes:
    data = bytearray()
    while piece := answer.read1(_CHUNK):
        data += piece
        if len(data) > MOST:
            raise Later(f"{host} sent an answer that is too long")
    return bytes(data)
