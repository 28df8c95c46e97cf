from __future__ import annotations

import base64
import hashlib

from mailbot.reply.draft import draft_id


def test_the_draft_id_is_made_of_account_mail_and_generation() -> None:
    digest = base64.b32encode(hashlib.sha256(b"ada@example.org\0abc\x002").digest())[:26].decode()

    assert draft_id("ada@example.org", "abc", 2, "Example.COM") == f"<{digest}@example.com>"
    assert draft_id("Ada@Example.org", "abc", 2, "example.com") == f"<{digest}@example.com>"
    assert draft_id("ada@example.org", "abc", 1, "example.com") != f"<{digest}@example.com>"
    assert draft_id("ada@example.org", "abc", 2, "bücher.example").endswith("@xn--bcher-kva.example>")
