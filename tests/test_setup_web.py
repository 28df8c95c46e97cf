"""What setup fetches: over https only, little, and not for long. Real servers on loopback."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from dovecot import find as find_dovecot
from endpoint import Endpoint
from mail_server import make_certificate
from running import SOON

from mailbot.errors import Later
from mailbot.setup import dns as names
from mailbot.setup import web
from mailbot.setup.records import Srv

Answer = Callable[[BaseHTTPRequestHandler], None]
pytestmark = pytest.mark.skipif(find_dovecot() is None, reason="Debian's Dovecot brings the openssl command")


def body(data: bytes, status: int = 200, **headers: str) -> Answer:
    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return act


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):  # the client had enough
                answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Request) as server:
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder)
    return folder


@pytest.fixture
def https(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], object]:
    """Servers whose certificate is trusted here, as one of a public authority is elsewhere."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return lambda answer: serving(answer, context)


Https = Callable[[Answer], "contextmanager[str]"]  # type: ignore[type-arg]


def test_a_file_is_fetched_over_https(https: Https) -> None:
    with https(body(b"<clientConfig/>")) as url:
        assert web.fetch(url) == b"<clientConfig/>"


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(https: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    with https(body(b"")) as url:
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(Later, match="certificate verify failed"):
            web.fetch(url)


def test_a_redirect_to_plain_http_is_not_followed(https: Https) -> None:
    asked = []
    with (
        serving(lambda request: asked.append(request.path)) as plain,
        https(body(b"", 302, Location=f"{plain}/x")) as url,
        pytest.raises(Later, match="not https"),
    ):
        web.fetch(url)

    assert asked == []


def test_redirects_have_an_end(https: Https) -> None:
    with https(body(b"", 302, Location="/again")) as url, pytest.raises(Later):
        web.fetch(url)


@pytest.mark.parametrize(("answer", "words"), [(body(b"", 404), "404"), (body(b"x" * (web.MOST + 1)), "longer than")])
def test_what_is_not_there_or_too_long_is_said(https: Https, answer: Answer, words: str) -> None:
    with https(answer) as url, pytest.raises(Later, match=words):
        web.fetch(url)


def test_a_server_that_drips_is_left_after_the_patience(https: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PATIENCE", 2.0)  # the handshake is none of it
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.wait(0.05):
            request.wfile.write(b"x")

    began = time.monotonic()
    with https(drip) as url, pytest.raises(Later, match="not there in"):
        web.fetch(url)
    over.set()

    assert time.monotonic() - began < 20


def test_http_is_never_even_tried() -> None:
    with pytest.raises(ValueError, match="only https"):
        web.fetch("http://example.org/")


def test_the_models_of_a_server_in_the_house_are_listed() -> None:
    with serving(body(b'{"data": [{"id": "qwen"}, {"id": "gemma"}, {"id": "\\u001b[2J"}]}')) as url:
        assert web.models(f"{url}/v1", patience=SOON) == ("gemma", "qwen")


@pytest.mark.parametrize("data", [b"<html>", b"[]", b'{"data": [1]}', b"[" * 100_000])
def test_a_web_server_that_is_no_model_server_is_passed_over(data: bytes) -> None:
    with serving(body(data)) as url:
        assert web.local_models([int(url.rpartition(":")[2])]) == {}


def test_a_port_where_nobody_listens_is_passed_over() -> None:
    with Endpoint() as server:
        port = int(server.base_url.split(":")[2].partition("/")[0])

    assert web.local_models([port]) == {}


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The name server of this host, for one test: it knows two records and says SERVFAIL to "broken"."""
    monkeypatch.setattr(names, "PATIENCE", 20.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], line.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        thread = threading.Thread(target=_answer, args=(line,))
        thread.start()
        yield
        line.sendto(b"", line.getsockname())
        thread.join()


def _answer(line: socket.socket) -> None:
    known = {"_imaps._tcp.example.org.": "5 1 993 mail.example.org.", "example.org.": "10 mx.example.org."}
    while data := (received := line.recvfrom(4096))[0]:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        (asked,) = question.question
        if (name := asked.name.to_text()) in known:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", asked.rdtype, known[name]))
        else:
            answer.set_rcode(dns.rcode.SERVFAIL if name.startswith("broken") else dns.rcode.NXDOMAIN)
        line.sendto(answer.to_wire(), received[1])


@pytest.mark.usefixtures("name_server")
def test_records_are_read_as_the_name_server_tells_them() -> None:
    assert names.srv("_imaps._tcp.example.org") == (Srv(5, 1, 993, "mail.example.org."),)
    assert names.mx("example.org") == ("mx.example.org.",)


@pytest.mark.usefixtures("name_server")
def test_a_record_that_is_not_there_is_no_trouble() -> None:
    assert names.srv("_imap._tcp.example.org") == ()


@pytest.mark.usefixtures("name_server")
def test_a_name_server_in_trouble_is_told() -> None:
    with pytest.raises(Later, match="name server"):
        names.mx("broken.example")
