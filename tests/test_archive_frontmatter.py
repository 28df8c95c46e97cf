"""Front matter: what is written is what is loaded."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.archive import frontmatter
from mailbot.archive.frontmatter import Word

LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_loads_back(text: str) -> None:
    block = frontmatter.render((("subject", text), ("attachments", (text, text))))

    assert block.count("\n") == 4
    for loader in LOADERS:
        assert yaml.load(block.removesuffix("---\n"), loader) == {"subject": text, "attachments": [text, text]}


@pytest.mark.parametrize(
    "text",
    ["", "yes", "null", "1", "2026-01-05", "a: b", "# x", "- x", '"', "'", "\\", "---", "...", "\x00", "\x7f", "\x85",
     "\u2028", "\ufeff", "\ufffe", "\u202eabc", "😀", "a\nb", "a\r\nb", "\t", "{{x}}", "!!python/object:x", "&a *a"],
)  # fmt: skip
def test_awkward_subjects_load_back(text: str) -> None:
    block = frontmatter.render((("subject", text),))
    for loader in LOADERS:
        assert yaml.load(block.removesuffix("---\n"), loader) == {"subject": text}


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert frontmatter.scalar("a\ud83cb") == '"a\ufffdb"'


@pytest.mark.parametrize("number", [0.0, 0.3, 1.0, 2.0, 1e-05])
def test_a_temperature_loads_back_as_a_number(number: float) -> None:
    assert yaml.safe_load(frontmatter.scalar(number)) == pytest.approx(number)


def test_words_numbers_and_nothing_stand_without_quotes() -> None:
    block = frontmatter.render((("status", Word("pending")), ("generation", 2), ("ai_temperature", None)))

    assert block == "---\nstatus: pending\ngeneration: 2\nai_temperature: null\n---\n"


@pytest.mark.parametrize("text", ["", "no front matter", "---\nnever ended", "---\n[: x\n---\n", "---\n- list\n---\n",
                                  "---\nwhen: 2026-02-31\n---\n"])  # fmt: skip
def test_what_cannot_be_read_is_none(text: str) -> None:
    assert frontmatter.load(text) is None


def test_a_file_from_a_windows_editor_can_be_read() -> None:
    assert frontmatter.load("\ufeff---\r\nstatus: sent\r\n---\r\nbody") == {"status": "sent"}
