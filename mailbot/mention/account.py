"""Where money goes: IBANs, cards, crypto addresses, and numbers that are called an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.mention.mention import Kind, Mention, same

# Characters of an IBAN by country (SWIFT's IBAN registry).
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
    }.items()
    for country in countries.split()
}
# ISO 13616: country, two check digits, up to 30 letters and digits, often in groups.
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][ .-]?[A-Za-z][ .-]?\d[ .-]?\d(?:[ .-]{0,3}[A-Za-z0-9]){11,30}+(?![A-Za-z0-9])"
)
_CARD = re.compile(r"(?<![\d.,+])[2-6](?:[ .-]{0,3}\d){12,18}+(?!\d)")
# Bitcoin (base58 and bech32), Ethereum and its kin, Monero, Tron, Solana ...: long words without a vowel's rhythm.
_CRYPTO = re.compile(
    r"(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]{40}|(?:bc1|tb1|ltc1|addr1)[a-z0-9]{20,100}"
    r"|(?=[a-zA-Z]{0,40}+\d)(?=[a-z0-9]{0,100}+[A-Z])(?=[A-Z0-9]{0,100}+[a-z])[1-9A-HJ-NP-Za-km-z]{26,110})(?![A-Za-z0-9])"
)
_CALLED = (
    "account|acct|a/c|iban|routing|sort code|swift|bic|bsb|ifsc|clabe|aba|konto|kontonummer|kto|blz|bankleitzahl|compte"
    "|cuenta|conto|rekening|rekeningnummer|conta|kontonr|rachunek|rachunku|hesap|счёт|счет|счёта|счета"
)
_BIC = r"(?-i:[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)"  # ISO 9362
_LABELLED = re.compile(
    rf"(?<!\w)(?:(?:{_CALLED})(?![^\W\d_])|口座|账号|賬號|帳號|账户)[^\d\n\[\]]{{0,25}}?"
    rf"(?P<number>(?!(?:19|20)\d\d-\d\d-)\d(?:[ -]?\d){{5,25}}+|{_BIC})(?!\w)",
    re.IGNORECASE,
)


def accounts(text: str) -> Iterator[Mention]:
    for found in _IBAN.finditer(text):
        end = _iban_end(found.group())
        if end:
            yield _mention(text, found.start(), found.start() + end)
    for found in _CARD.finditer(text):
        if _luhn(_digits(found.group())):
            yield _mention(text, found.start(), found.end())
    for found in _CRYPTO.finditer(text):
        yield _mention(text, found.start(), found.end())
    for found in _LABELLED.finditer(text):
        yield _mention(text, found.start("number"), found.end("number"))


def _mention(text: str, start: int, end: int) -> Mention:
    bare = "".join(filter(str.isalnum, text[start:end]))
    return same(Kind.ACCOUNT, text, start, end, frozenset({bare.upper()}))


def _iban_end(words: str) -> int:
    """Where the IBAN ends that these words begin with, by its length and check digits (ISO 7064, MOD 97-10); 0 where
    there is none. A word that follows the last group looks like a part of it."""
    places = [at for at, char in enumerate(words) if char.isalnum()]
    length = _LENGTHS.get((words[places[0]] + words[places[1]]).upper(), 0)
    if not 0 < length <= len(places):
        return 0
    bare = "".join(words[at] for at in places[:length]).upper()
    return places[length - 1] + 1 if _remainder(bare[4:] + bare[:4]) == 1 else 0


def _remainder(bare: str) -> int:
    return int("".join(str(int(char, 36)) for char in bare)) % 97


def _digits(words: str) -> list[int]:
    return [int(char) for char in words if char.isdigit()]


def _luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(digits) >= 13 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
