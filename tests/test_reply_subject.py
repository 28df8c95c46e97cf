from __future__ import annotations

import time

import pytest

from mailbot.reply.subject import reply_subject


@pytest.mark.parametrize(
    "prefix",
    [
        *("Re:", "RE:", "re:", "Re[2]:", "Re(3):", "Re^2:", "AW:", "Aw:", "SV:", "VS:", "Antw:", "R:", "RIF:", "RES:"),
        *(
            "Odp:",
            "YNT:",
            "Re：",
            "回复:",
            "回复：",
            "答复：",
            "回覆:",
            "Antwoord:",
            "Rép :",
            "Odg:",
            "Отв:",
            "Re:Re:AW:",
            "Re: SV: re:",
            "",
        ),
    ],
)
def test_reply_prefixes_at_the_front_become_one(prefix: str) -> None:
    assert reply_subject(f"{prefix} Lunch") == "Re: Lunch"


@pytest.mark.parametrize("subject", ["Re : Lunch", "Re [2]: Lunch", "  Re:   Lunch", "Re:\u00a0Lunch", "Re:Lunch"])
def test_blanks_around_a_prefix_do_not_hide_it(subject: str) -> None:
    assert reply_subject(subject) == "Re: Lunch"


@pytest.mark.parametrize(
    "subject",
    [
        "Fwd: Re: Lunch",
        "[list] Re: Lunch",
        "Report: Re: x",
        "Reply: no",
        "Rest: 2 days",
        "WG: Lunch",
        "A  b\u3000c: d",
        "R2: x",
    ],
)
def test_the_rest_of_a_subject_stays_as_it_is(subject: str) -> None:
    assert reply_subject(subject) == f"Re: {subject}"


@pytest.mark.parametrize("subject", ["", "  ", "Re:", "Re: AW: "])
def test_no_subject_gives_the_bare_prefix(subject: str) -> None:
    assert reply_subject(subject) == "Re:"


@pytest.mark.parametrize("subject", ["Re: " * 250_000, "re" + " " * 1_000_000 + "x", " " * 1_000_000, "Re[" * 300_000])
def test_a_megabyte_of_prefixes_is_read_in_time(subject: str) -> None:
    begun = time.process_time()

    reply_subject(subject)

    assert time.process_time() - begun < 2
