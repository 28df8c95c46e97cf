"""Finds the server for an address: the table of providers, the domain's autoconfig, its SRV records, and whether a
provider of the table takes its mail. Each step is told, found or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from mailbot.errors import Later
from mailbot.setup import autoconfig, dns, providers, records, web
from mailbot.setup.records import Srv
from mailbot.setup.server import Server, belongs, domain


@dataclass(frozen=True, slots=True)
class Reach:
    """How setup looks outside; tests give their own."""

    fetch: Callable[[str], bytes] = web.fetch
    srv: Callable[[str], Iterable[Srv]] = dns.srv
    mx: Callable[[str], Iterable[str]] = dns.mx
    ports: tuple[int, ...] = web.PORTS  # where servers of models are looked for on this machine


@dataclass(frozen=True, slots=True)
class Step:
    """``text``: what was looked at, and what was there."""

    text: str
    server: Server | None = None


def search(address: str, reach: Reach) -> Iterator[Step]:
    """Step by step, up to the first that finds a server. Raises ValueError when the address has no proper domain."""
    name = domain(address)
    for look in (_table, _autoconfig, _srv, _mx):
        for step in look(address, name, reach):
            yield step
            if step.server:
                return


def needs_yes(server: Server, address: str) -> bool:
    """Whether a person must agree before a password goes there: a domain named a host that is not its own, and that
    is no provider of the table either. Whoever can fake a web page or a DNS answer could name his own."""
    return providers.of_server(server.host, server.port) is None and not belongs(server.host, domain(address))


def _table(address: str, name: str, reach: Reach) -> Iterator[Step]:
    provider = providers.of_domain(name)
    if provider:
        yield Step(f"{name} belongs to {provider.name}", provider.server(address))
    else:
        yield Step(f"{name} is not in the built-in table of providers")


def _autoconfig(address: str, name: str, reach: Reach) -> Iterator[Step]:
    """The two places of the draft, section 4.1. The second is a file for everybody, so it is not told the address."""
    for url, query in (
        (f"https://autoconfig.{name}/mail/config-v1.1.xml", f"?emailaddress={quote(address)}"),
        (f"https://{name}/.well-known/autoconfig/mail/config-v1.1.xml", ""),
    ):
        try:
            found = autoconfig.read(reach.fetch(url + query), address, url)
        except (Later, autoconfig.Unreadable) as error:
            yield Step(f"{url}: nothing to use: {error}")
            continue
        if found:
            yield Step(f"{url} names a server", found[0])
        else:
            yield Step(f"{url}: names no IMAP server with encryption")


def _srv(address: str, name: str, reach: Reach) -> Iterator[Step]:
    for service, security in records.SERVICES:
        record = f"{service}.{name}"
        try:
            found = records.server(reach.srv(record), security, address, f"the SRV record {record}")
        except Later as error:
            yield Step(f"SRV {record}: {error}")
            continue
        yield Step(f"SRV {record} names a server" if found else f"SRV {record}: no such record", found)


def _mx(address: str, name: str, reach: Reach) -> Iterator[Step]:
    try:
        provider = records.provider(reach.mx(name))
    except Later as error:
        yield Step(f"MX {name}: {error}")
        return
    if provider:
        yield Step(f"MX {name}: {provider.name} takes the mail of this domain", provider.server(address))
    else:
        yield Step(f"MX {name}: nobody whom the table knows")
