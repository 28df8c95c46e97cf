"""The HTTP client for one call to a model's server.

Owns five things that no library keeps for us: a deadline for the whole call (a read timeout starts anew with each byte
that drips), a limit of size, no redirects (a 307 would carry the mail to another host), a connection to addresses that
were checked and to no others, and the list of headers that leave: whatever the environment adds (organisation, project,
custom headers) stays here. Refuses to know what is asked.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import httpx2

from mailbot.deadline import Deadline

BODY_LIMIT = 4_000_000  # octets; the longest answer that ``prompt.answer`` reads is a quarter of it
CONNECT_TIMEOUT = 15.0  # seconds
_OURS = frozenset(
    {"host", "connection", "content-type", "content-length", "transfer-encoding"}
    | {"x-stainless-raw-response"}  # by which openai itself finds out, after the call, that we want the bare body
)


class TooBig(Exception):
    """The body is larger than any answer, or packed so that its size cannot be known."""


class _Limited(httpx2.SyncByteStream):
    """A body that ends with TooBig beyond the limit."""

    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._stream:
            read += len(chunk)
            if read > BODY_LIMIT:
                raise TooBig
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _trace(deadline: Deadline, event: str, info: dict[str, Any]) -> None:
    """Sees the socket when it is connected, and again when TLS has wrapped it (httpcore's trace extension)."""
    if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
        deadline.hold(info["return_value"].get_extra_info("socket"))


class _Pinned(httpx2.BaseTransport):
    """Connects to one address after the other, until one answers. The name stays in the Host header and is what the
    certificate must prove; it is not looked up again."""

    def __init__(self, addresses: Sequence[str], tls: ssl.SSLContext) -> None:
        self._addresses = addresses
        self._inner = httpx2.HTTPTransport(verify=tls, trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        for address in self._addresses[:-1]:
            request.url = request.url.copy_with(host=address)
            with suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                return self._inner.handle_request(request)
        request.url = request.url.copy_with(host=self._addresses[-1])
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def tls_context(base_url: str) -> ssl.SSLContext:
    """The trust store of the host, which costs 30 ms and 1 MB, so it is made once; for plain http one that trusts
    nobody."""
    if base_url.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx2.create_ssl_context()


@contextmanager
def client(
    call: Deadline, *, key: str, local: bool, timeout: float, tls: ssl.SSLContext, addresses: Sequence[str] = ()
) -> Iterator[httpx2.Client]:
    """A client for one call: the connection ends with it. A local host is never reached through a proxy. ``addresses``
    are the only ones that it connects to; () = whatever the name of the host leads to."""

    def before(request: httpx2.Request) -> None:
        for name in set(request.headers) - _OURS:
            del request.headers[name]
        request.headers["accept"] = "application/json"
        request.headers["accept-encoding"] = "identity"
        request.headers["authorization"] = f"Bearer {key or 'none'}"
        request.headers["user-agent"] = "mailbot"
        request.extensions = {**request.extensions, "trace": partial(_trace, call)}

    def after(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise TooBig
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Limited(response.stream)

    with httpx2.Client(
        timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
        limits=httpx2.Limits(max_keepalive_connections=0),
        event_hooks={"request": [before], "response": [after]},
        follow_redirects=False,
        trust_env=not local,
        verify=tls,
        transport=_Pinned(addresses, tls) if addresses else None,
    ) as http:
        yield http
