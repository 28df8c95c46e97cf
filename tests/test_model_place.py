"""Where the model's server is: what must stay in the house goes to an address that was checked, or nowhere."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from dovecot import find as find_dovecot
from endpoint import Endpoint
from fakes import in_memory
from mail_server import make_certificate

from mailbot.config import Model, load
from mailbot.errors import Later, OwnerMustAct
from mailbot.model import Endpoint as Client

MESSAGES = [{"role": "system", "content": "You draft."}, {"role": "user", "content": "Hello"}]
CONFIG = """
owner.name = "Ada"
[model]
name = "m"
base_url = "{}"
only_local = {}
timeout = 5
[[account]]
name = "home"
address = "ada@example.org"
imap.host = "imap.example.org"
"""


class Names:
    """A name server whose answer for every host can be changed."""

    def __init__(self, *found: str) -> None:
        self.found = found

    def __call__(self, host: str) -> tuple[str, ...]:
        return self.found


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Client]:
    def configured(base_url: str, names: Names, *, only_local: bool = True) -> Client:
        path = tmp_path / "config.toml"
        path.write_text(CONFIG.format(base_url, str(only_local).lower()))
        model = load(path, {"HOME": str(tmp_path)}, resolve=names).model
        assert isinstance(model, Model)
        return Client(model, lambda: "sk-test", in_memory())

    return configured


@pytest.mark.parametrize("only_local", [True, False])
@pytest.mark.parametrize("later", [("192.0.2.7",), ("127.0.0.1", "192.0.2.7"), ("::ffff:192.0.2.7",)])
def test_a_name_that_leads_out_of_the_house_by_now_gets_nothing(
    configured: Callable[..., Client], later: tuple[str, ...], only_local: bool
) -> None:
    names = Names("127.0.0.1")
    with Endpoint() as server:
        client = configured(server.base_url_at("model.lan"), names, only_local=only_local)
        names.found = later
        with pytest.raises(OwnerMustAct, match="not in your own network any more") as caught:
            client.ask(MESSAGES, "plain")
        assert server.requests == []
    assert "Nothing was sent" in caught.value.hint


def test_a_name_that_nobody_knows_now_is_tried_again_later(configured: Callable[..., Client]) -> None:
    names = Names("127.0.0.1")
    client = configured("http://model.lan:9/v1", names)
    names.found = ()
    with pytest.raises(Later, match=r"model\.lan cannot be reached"):
        client.ask(MESSAGES, "plain")


def test_only_addresses_that_were_checked_are_connected_to_one_after_the_other(
    configured: Callable[..., Client],
) -> None:
    with Endpoint() as server:
        client = configured(server.base_url_at("model.lan"), Names("127.0.0.9", "127.0.0.1"))
        client.ask(MESSAGES, "plain")
        assert server.requests[0].headers["host"] == server.base_url_at("model.lan").split("/")[2]


def test_localhost_is_this_machine_whatever_a_name_server_says(configured: Callable[..., Client]) -> None:
    with Endpoint() as server:
        configured(server.base_url_at("localhost"), Names("192.0.2.7")).ask(MESSAGES, "plain")
        assert len(server.requests) == 1


# A certificate proves the name, not the address that the name had


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context whose certificate, for localhost and 127.0.0.1, is trusted here."""
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


@pytest.mark.skipif(find_dovecot() is None, reason="Debian's Dovecot brings the openssl command")
def test_a_certificate_must_prove_the_name_of_a_pinned_host(
    configured: Callable[..., Client], trusted: ssl.SSLContext
) -> None:
    with Endpoint(tls=trusted) as server:
        configured(server.base_url_at("localhost"), Names()).ask(MESSAGES, "plain")
        with pytest.raises(Later, match="certificate"):
            configured(server.base_url_at("model.lan"), Names("127.0.0.1")).ask(MESSAGES, "plain")
        assert len(server.requests) == 1
