"""Asks the name server that this host is set to. dnspython is imported with the first question."""

from __future__ import annotations

from typing import Any

from mailbot.errors import Later
from mailbot.setup.records import Srv

PATIENCE = 5.0  # seconds for one question, with its repeats


def srv(name: str) -> tuple[Srv, ...]:
    """The SRV records of a name, () when there are none. Raises Later."""
    return tuple(Srv(r.priority, r.weight, r.port, r.target.to_text()) for r in _ask(name, "SRV"))


def mx(domain: str) -> tuple[str, ...]:
    """The hosts that take mail for a domain, () when there are none. Raises Later."""
    return tuple(record.exchange.to_text() for record in _ask(domain, "MX"))


def _ask(name: str, kind: str) -> list[Any]:
    import dns.exception
    import dns.resolver

    try:
        return list(dns.resolver.resolve(name, kind, lifetime=PATIENCE, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Later(f"the name server does not answer ({type(error).__name__})") from error
