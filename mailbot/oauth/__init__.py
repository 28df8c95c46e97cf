"""A sign-in in place of a password: tokens from an authority, kept, rotated and refreshed before they end.

Made for Microsoft, which takes no password for IMAP: OAuth 2.0 (RFC 6749) with the device flow (RFC 8628) and an app
registration of the owner's own. Owns the tokens and where they are kept; they are never in the config, in a URL, in a
log or in an exception. oauthlib, of the extra ``mailbot[oauth]``, is imported when an account signs in so.

    authority  the server that gives tokens: what it is asked, and its answers
    refusal    what its refusals mean, and what to do
    sign_in    one account's tokens: kept, used, refreshed
"""

from mailbot.oauth.authority import MICROSOFT, Code
from mailbot.oauth.refusal import KIND
from mailbot.oauth.sign_in import SignIn

__all__ = ["KIND", "MICROSOFT", "Code", "SignIn"]
