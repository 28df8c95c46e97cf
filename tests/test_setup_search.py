"""From an address to a server: the table, autoconfig, SRV and MX, and how little of it is believed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import pytest

from mailbot.errors import Later
from mailbot.setup import autoconfig, records
from mailbot.setup.providers import PROVIDERS, of_domain
from mailbot.setup.records import Srv
from mailbot.setup.search import Reach, Step, needs_yes, search
from mailbot.setup.server import Server, domain

ADA = "ada@example.org"
INCOMING = """
<incomingServer type="{type}"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>
<username>{user}</username>{auth}</incomingServer>"""
PLAIN_PASSWORD = "<authentication>password-cleartext</authentication>"
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


def incoming(
    host: str = "imap.example.org",
    port: str = "993",
    socket: str = "SSL",
    user: str = "%EMAILADDRESS%",
    auth: str = PLAIN_PASSWORD,
    type: str = "imap",
) -> str:
    return INCOMING.format(host=host, port=port, socket=socket, user=user, auth=auth, type=type)


def file(*servers: str, before: str = "") -> bytes:
    inner = "".join(servers)
    return f'{before}<clientConfig><emailProvider id="x">{inner}</emailProvider></clientConfig>'.encode()


def read(*servers: str) -> list[Server]:
    return list(autoconfig.read(file(*servers), ADA, "a test"))


def nothing(name: str) -> Iterable[str]:
    return ()


def unreachable(url: str) -> bytes:
    raise Later("the web server says 404")


def reach(
    fetch: Callable[[str], bytes] = unreachable,
    srv: Callable[[str], Iterable[Srv]] = lambda name: (),
    mx: Callable[[str], Iterable[str]] = nothing,
) -> Reach:
    return Reach(fetch, srv, mx, ports=())


def steps(address: str, outside: Reach) -> list[Step]:
    return list(search(address, outside))


def forbidden(name: str) -> Iterable[str]:
    raise AssertionError("nobody outside needs to be asked")


def test_an_address_of_the_table_needs_nobody_outside() -> None:
    (step,) = steps("ada@gmail.com", Reach(forbidden, forbidden, forbidden, ()))  # type: ignore[arg-type]

    assert step.server is not None
    assert (step.server.host, step.server.port, step.server.security) == ("imap.gmail.com", 993, "tls")


@pytest.mark.parametrize(
    ("address", "user"), [("ada@icloud.com", "ada"), ("ada@web.de", "ada"), ("ada@fastmail.com", "ada@fastmail.com")]
)
def test_the_table_knows_what_is_to_be_typed_as_user(address: str, user: str) -> None:
    assert steps(address, reach())[-1].server.user == user  # type: ignore[union-attr]


def test_microsoft_takes_no_password() -> None:
    assert steps("ada@hotmail.com", reach())[-1].server.auth == "xoauth2"  # type: ignore[union-attr]


def test_no_domain_belongs_to_two_providers_and_each_says_which_password_it_wants() -> None:
    domains = [name for provider in PROVIDERS for name in provider.mail]

    assert len(domains) == len(set(domains))
    assert all(provider.password and not provider.password.endswith(".") for provider in PROVIDERS)


def test_every_step_is_told_up_to_the_first_that_finds_a_server() -> None:
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return file(incoming()) if ".well-known" in url else unreachable(url)

    told = steps(ADA, reach(fetch=fetch, srv=forbidden))  # type: ignore[arg-type]

    assert [step.server is not None for step in told] == [False, False, True]
    assert "not in the built-in table" in told[0].text
    assert "the web server says 404" in told[1].text
    assert asked == [
        "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ada%40example.org",
        "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml",
    ]


def test_srv_records_are_asked_for_when_there_is_no_autoconfig() -> None:
    def srv(name: str) -> Iterable[Srv]:
        return [Srv(0, 0, 993, "mail.example.org.")] if name == "_imaps._tcp.example.org" else []

    found = steps(ADA, reach(srv=srv))[-1].server

    assert found is not None
    assert (found.host, found.port, found.security) == ("mail.example.org", 993, "tls")


def test_a_domain_whose_mail_goes_to_a_provider_of_the_table_is_served_there() -> None:
    found = steps(ADA, reach(mx=lambda name: ["ASPMX.L.GOOGLE.COM."]))[-1].server

    assert found is not None
    assert (found.host, found.user) == ("imap.gmail.com", ADA)
    assert not needs_yes(found, ADA), "nobody but Google has a certificate for it"


def test_a_name_server_that_does_not_answer_is_told_and_the_search_goes_on() -> None:
    def down(name: str) -> Iterable[Srv]:
        raise Later("the name server does not answer")

    told = steps(ADA, reach(srv=down, mx=down))  # type: ignore[arg-type]

    assert [step.server for step in told] == [None] * 6
    assert sum("does not answer" in step.text for step in told) == 3


@pytest.mark.parametrize("address", ["ada@localhost", "ada@127.0.0.1", "ada@x.org/../", "ada@x.org?q", "ada@-x.org"])
def test_what_is_no_domain_is_never_put_into_a_url_or_a_query(address: str) -> None:
    with pytest.raises(ValueError, match="not a host name"):
        steps(address, Reach(forbidden, forbidden, forbidden, ()))  # type: ignore[arg-type]


def test_a_domain_of_umlauts_is_asked_for_in_the_form_of_the_name_service() -> None:
    assert domain("ada@Bücher.example") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("host", "doubtful"),
    [("imap.example.org", False), ("example.org", False), ("imap.gmail.com", False), ("imap.evil-example.org", True)],
)
def test_a_host_that_is_not_of_the_domain_needs_a_yes(host: str, doubtful: bool) -> None:
    assert needs_yes(Server(host, 993, "tls", ADA), ADA) is doubtful


def test_any_other_server_on_this_machine_is_not_taken_for_protons_bridge() -> None:
    assert needs_yes(Server("127.0.0.1", 993, "tls", ADA), ADA)


# Autoconfig


def test_tls_goes_before_starttls_and_placeholders_are_filled() -> None:
    found = read(
        incoming(port="143", socket="STARTTLS"),
        incoming(host="imap.%EMAILDOMAIN%", user="%EMAILLOCALPART%"),
    )

    assert [(s.host, s.security, s.user) for s in found] == [
        ("imap.example.org", "tls", "ada"),
        ("imap.example.org", "starttls", ADA),
    ]


@pytest.mark.parametrize(
    "row",
    [
        incoming(socket="plain", port="143"),
        incoming(type="pop3", port="995"),
        incoming(port="0"),
        incoming(port="99999999999999999999"),
        incoming(port="²"),
        incoming(host="127.0.0.1"),
        incoming(host="imap.example.org/x"),
        incoming(user="ada&#10;x"),
        "<incomingServer type='imap'/>",
    ],
)
def test_a_server_without_encryption_or_with_a_nonsense_field_is_left_out(row: str) -> None:
    assert read(row) == []


def test_a_server_that_takes_only_tokens_is_said_to() -> None:
    both = "<authentication>OAuth2</authentication>" + PLAIN_PASSWORD

    assert [s.auth for s in read(incoming(auth="<authentication>OAuth2</authentication>"))] == ["xoauth2"]
    assert [s.auth for s in read(incoming(auth=both))] == ["password"]


@pytest.mark.parametrize(
    "data",
    [
        file(incoming(host="&e11;"), before=f'<!DOCTYPE x [<!ENTITY e0 "lol">{BOMB}]>'),
        file(incoming(host="&x;"), before='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        file(before='<!DOCTYPE clientConfig SYSTEM "https://evil.example/x.dtd">'),
        file(before='<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x []>').decode().encode("utf-16"),
        b"<a>" * 20_000,
        b"<html><body>404",
        b'<?xml version="1.0" encoding="x-unheard-of"?><a/>',
        b"",
        b"\0\xff\xfe",
    ],
    ids=["entity bomb", "file", "external dtd", "utf-16", "nested", "html", "encoding", "empty", "binary"],
)
def test_a_hostile_or_broken_file_is_refused_at_once(data: bytes) -> None:
    began = time.process_time()

    with pytest.raises(autoconfig.Unreadable):
        autoconfig.read(data, ADA, "a test")

    assert time.process_time() - began < 1


def test_a_refused_file_is_a_step_like_any_other() -> None:
    bomb = file(before=f'<!DOCTYPE x [<!ENTITY e0 "lol">{BOMB}]>')

    told = steps(ADA, reach(fetch=lambda url: bomb))

    assert "entities that grow without end" in told[1].text
    assert "MX" in told[-1].text


# SRV


def test_the_lowest_priority_wins_and_then_the_greatest_weight() -> None:
    rows = [Srv(10, 9, 993, "c.example.org."), Srv(5, 1, 993, "b.example.org."), Srv(5, 2, 993, "a.example.org.")]

    found = records.server(rows, "tls", ADA, "a test")

    assert found is not None
    assert found.host == "a.example.org"


def test_a_target_of_one_dot_says_that_the_service_is_not_offered() -> None:
    assert records.server([Srv(0, 0, 0, ".")], "tls", ADA, "a test") is None


def test_a_look_alike_of_a_providers_mx_is_nobody() -> None:
    assert records.provider(["aspmx.l.notgoogle.com."]) is None
    assert of_domain("sub.gmail.com") is None
