"""The built-in table of mail providers: where their server is, what kind of password they want, where it is made.

From their help pages, as known in 2026. It is only where the search begins: a domain that is not in here is asked for
itself."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.setup.server import Auth, Security, Server, belongs, filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """``mail`` are the domains of its addresses, ``mx`` those of the hosts that take mail for other domains.
    ``password`` says which password it wants and where it is made; ``remark`` what else the owner should know."""

    name: str
    mail: tuple[str, ...]
    mx: tuple[str, ...] = ()
    host: str
    port: int = 993
    security: Security = "tls"
    user: str = "%EMAILADDRESS%"
    auth: Auth = "password"
    password: str
    remark: str = ""

    def server(self, address: str) -> Server:
        told_by = f"the built-in table ({self.name})"
        return Server(self.host, self.port, self.security, filled(self.user, address), self.auth, told_by)


_OWN = "the password of your mail account"
_UNITED = (
    f"{_OWN}; with two-factor login an application-specific password, made in the security settings. "
    "First switch IMAP on in the web mail: Settings, POP3/IMAP"
)
_YAHOO = "an app password: Account security, Generate app password"

PROVIDERS = (
    Provider(
        name="Gmail",
        mail=("gmail.com", "googlemail.com"),
        mx=("google.com", "googlemail.com"),
        host="imap.gmail.com",
        password="an app password, made at https://myaccount.google.com/apppasswords (needs 2-step verification)",
        # Google's device flow has no scope for IMAP, and a redirect to this machine needs a browser on it.
        remark="Google lets no program like this one sign in with a browser. All starred mail is watched, in whichever "
        "label it is.",
    ),
    Provider(
        name="Microsoft",
        mail=("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "hotmail.de", "hotmail.co.uk"),
        mx=("protection.outlook.com", "olc.protection.outlook.com", "mx.microsoft"),
        host="outlook.office365.com",
        auth="xoauth2",
        password="no password: you sign in with a browser, through an app registration of your own",
        remark="Make one, once, at https://entra.microsoft.com (App registrations, New registration): with an account "
        "type that has yours in it; under Authentication allow public client flows; under API permissions add the "
        "delegated IMAP.AccessAsUser.All and offline_access of Microsoft Graph. Its overview shows the Application "
        "(client) ID.",
    ),
    Provider(
        name="Fastmail",
        mail=("fastmail.com", "fastmail.fm", "fastmail.net", "fastmail.org"),
        mx=("messagingengine.com",),
        host="imap.fastmail.com",
        password="an app password: Settings, Privacy & Security, Manage app passwords",
    ),
    Provider(
        name="iCloud",
        mail=("icloud.com", "me.com", "mac.com"),
        host="imap.mail.me.com",
        user="%EMAILLOCALPART%",
        password="an app-specific password, made at https://account.apple.com (Sign-In and Security)",
    ),
    Provider(
        name="Yahoo",
        mail=(
            "yahoo.com",
            "yahoo.co.uk",
            "yahoo.de",
            "yahoo.fr",
            "yahoo.it",
            "yahoo.es",
            "ymail.com",
            "rocketmail.com",
        ),
        mx=("yahoodns.net",),
        host="imap.mail.yahoo.com",
        password=_YAHOO,
    ),
    Provider(name="AOL", mail=("aol.com",), host="imap.aol.com", password=_YAHOO),
    Provider(name="GMX", mail=("gmx.net", "gmx.de", "gmx.at", "gmx.ch"), host="imap.gmx.net", password=_UNITED),
    Provider(name="GMX", mail=("gmx.com", "gmx.us", "gmx.co.uk"), host="imap.gmx.com", password=_UNITED),
    Provider(name="web.de", mail=("web.de",), host="imap.web.de", user="%EMAILLOCALPART%", password=_UNITED),
    Provider(name="IONOS", mail=(), mx=("ionos.de", "kundenserver.de"), host="imap.ionos.de", password=_OWN),
    Provider(name="IONOS", mail=(), mx=("ionos.com", "1and1.com"), host="imap.ionos.com", password=_OWN),
    Provider(name="mailbox.org", mail=("mailbox.org",), mx=("mailbox.org",), host="imap.mailbox.org", password=_OWN),
    Provider(name="Posteo", mail=("posteo.de", "posteo.net"), host="posteo.de", password=_OWN),
    Provider(
        name="Zoho",
        mail=("zoho.com", "zohomail.com"),
        mx=("zoho.com",),
        host="imap.zoho.com",
        password=f"{_OWN}; with two-factor login an app password. First switch IMAP on in the settings of the web mail",
    ),
    Provider(
        name="mail.ru",
        mail=("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
        host="imap.mail.ru",
        password="a password for external apps, made in the security settings",
        remark="It has no IDLE: a flag is seen at the next poll.",
    ),
    Provider(
        name="Proton Mail",
        mail=("proton.me", "protonmail.com", "pm.me"),
        mx=("protonmail.ch",),
        host="127.0.0.1",
        port=1143,
        security="starttls",
        password="the password that Proton Mail Bridge shows; Bridge has to run on this machine",
        remark="Export the certificate of Bridge, in its settings: you will be asked for the file. Drafts lose their "
        "thread there.",
    ),
)


def of_domain(domain: str) -> Provider | None:
    """The provider that gives out addresses of this domain."""
    return next((p for p in PROVIDERS if domain in p.mail), None)


def of_mx(host: str) -> Provider | None:
    """The provider whose host takes the mail of a domain."""
    return next((p for p in PROVIDERS for name in p.mx if belongs(host, name)), None)


def of_server(host: str, port: int) -> Provider | None:
    """The provider whose IMAP server this is. The port tells Proton's Bridge from another server on this machine."""
    return next((p for p in PROVIDERS if (p.host, p.port) == (host, port)), None)


def signs_in(server: Server) -> bool:
    """Whether this is the provider at whose authority mailbot can sign in with a browser: it is made for one."""
    known = of_server(server.host, server.port)
    return known is not None and known.auth == "xoauth2"
