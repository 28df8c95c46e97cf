"""What a refusal of the authority means: for the owner to mend, or to be tried again. Pure.

The error codes are those of RFC 6749, 5.2 and RFC 8628, 3.5; Microsoft's own stand at the front of its description, as
AADSTS and a number (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes")."""

from __future__ import annotations

import re

from mailbot.errors import Later, MailbotError, OwnerMustAct

KIND = "sign-in"
SHOWN = 200  # characters of the authority's own words
_NUMBER = re.compile(r"AADSTS(\d{3,8})")

_PASSING = frozenset({"temporarily_unavailable", "server_error"})
_REGISTRATION = "Copy the Application (client) ID from your app registration into client_id under [account.imap]"
_TENANT = (
    "Set authority under [account.imap] to https://login.microsoftonline.com/ and your tenant's name or id, "
    "or to .../consumers for a personal account"
)
# Microsoft's number -> what is wrong, and what to do before signing in again; "" = nothing.
_BY_NUMBER = {
    "700016": ("it knows no application with this client_id", _REGISTRATION),
    "700038": ("client_id is none that it gives out", _REGISTRATION),
    "900144": ("it misses a part of the request", "Report this as a bug of mailbot"),
    "7000218": (
        "your app registration is not for programs without a secret",
        "In the registration, under Authentication, set 'Allow public client flows' to Yes",
    ),
    "50059": ("it does not know which tenant is meant", _TENANT),
    "50194": ("your app registration is for one tenant only", _TENANT),
    "90002": ("it knows no such tenant", _TENANT),
    "9002346": ("your app registration is for personal accounts only", _TENANT),
    "9002331": ("your app registration is for personal accounts only", _TENANT),
    "650053": (
        "your app registration does not ask for IMAP",
        "In the registration, under API permissions, add the delegated permissions IMAP.AccessAsUser.All and "
        "offline_access of Microsoft Graph",
    ),
    "90094": ("an administrator of your organisation has to agree first", "Ask the administrator to grant consent"),
}
# The error code -> the same, where no number says more.
_BY_ERROR = {
    "expired_token": ("the code ran out before it was entered", ""),
    "code_expired": ("the code ran out before it was entered", ""),  # Microsoft's older word
    "bad_verification_code": ("it does not know the code any more", ""),
    "authorization_declined": ("the sign-in was declined in the browser", ""),
    "access_denied": ("the sign-in was declined in the browser", ""),
    "unauthorized_client": ("it does not let this client_id sign in so", _REGISTRATION),
    "invalid_client": ("it does not accept this client_id", _REGISTRATION),
    "invalid_scope": ("it does not give access to IMAP", _BY_NUMBER["650053"][1]),
    # Consent taken back, password changed, second factor asked for, 90 days without use: all come as this.
    "invalid_grant": ("your consent is no longer good", ""),
    "interaction_required": ("it wants to see you again", ""),
    "consent_required": ("it wants your consent", ""),
}


def refusal(host: str, error: str, description: str, again: str) -> MailbotError:
    """``again`` is the command with which the owner signs in."""
    if error in _PASSING:
        return Later(f"{host} has trouble of its own: {_shown(description or error)}")
    number = _NUMBER.search(description)
    found = _BY_NUMBER.get(number[1]) if number else None
    what, todo = found or _BY_ERROR.get(error, ("it refuses the sign-in", "Check client_id and authority"))
    hint = f"{todo}; then run '{again}'" if todo else f"To sign in again run '{again}'"
    return OwnerMustAct(KIND, f"{host} does not sign you in: {what} ({_shown(description or error)})", hint)


def _shown(text: str) -> str:
    """The first sentence of it: behind that Microsoft puts numbers of its own and the time."""
    line = text.partition("\n")[0].partition(" Trace ID:")[0]
    return "".join(c if c.isprintable() else " " for c in line).strip(" .")[:SHOWN]
