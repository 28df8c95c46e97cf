"""What a domain's SRV and MX records say (RFC 6186, RFC 2782)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailbot.setup.providers import Provider, of_mx
from mailbot.setup.server import Security, Server, host_name

SERVICES: tuple[tuple[str, Security], ...] = (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls"))


@dataclass(frozen=True, slots=True)
class Srv:
    priority: int
    weight: int
    port: int
    target: str


def server(records: Iterable[Srv], security: Security, address: str, told_by: str) -> Server | None:
    """The server to try: lowest priority, then greatest weight (the weighted lot is for balancing load; one mailbox
    has none). None where there is none, or where the target "." says that the service is not offered."""
    for record in sorted(records, key=lambda r: (r.priority, -r.weight)):
        try:
            return Server(host_name(record.target), record.port, security, address, told_by=told_by)
        except ValueError:
            continue
    return None


def provider(hosts: Iterable[str]) -> Provider | None:
    """The provider that takes the mail of a domain, if the table has it."""
    return next((found for host in hosts if (found := of_mx(host.rstrip(".").lower()))), None)
