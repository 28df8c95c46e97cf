"""HTML as text: readable, and without what the sender hid."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.sheet import MAX_RULES
from mailbot.mail.text import MAX_DEPTH, MAX_TEXT, TOO_LONG, UNJUDGED, html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<p>one<p>two</p>three", "one\n\ntwo\n\nthree"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("a <b>bold</b>, <i>it</i>alic\n  and&nbsp;&amp; &#8364;", "a bold, italic and & €"),
        ("<ul><li>one<li>two<ul><li>inner</ul><li><p>three</p></ul>", "- one\n- two\n  - inner\n- three"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<table><tr><td>a<td>b<tr><td>c</td><td></td></table>", "a | b\nc |"),
        ("<table><tr><td><p>a</p></td>\n<td><p>b</p></td></tr><tr><td><p>c<td><p>d</table><p>e", "a | b\nc | d\n\ne"),
        ("<table><tr><td><div><p>a</p></div></td><td><div>b</div></td></tr></table>", "a | b"),
        ("<table><tr><td><p>a</p><p>b</p></td><td><p>c</p></td></tr></table>", "a\n\nb\n\nc"),
        ("<table><tr><td><p>a</p></td></tr><tr><td><p>b</p></td></tr></table>", "a\nb"),
        ("<table><tr><td><blockquote><p>a</p></blockquote></td><td><p>b</p></td></tr></table>", "> a\nb"),
        ("<table><tr><td><ul><li>a</ul></td><td><ul><li>b</ul></td></tr></table>", "- a\n\n- b"),
        ("<h1>Title</h1>text<hr>end", "Title\n\ntext\n----------\nend"),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ("<img src=x alt='A cat'><img src=y>", "[A cat]"),
        ("1 < 2 and 3 <4", "1 < 2 and 3 <4"),
        ("<title>no</title><style>p{}</style><script>no</script>yes<script>no", "yes"),
        ("yes<!-- no --><!-- no", "yes"),
        ("yes<b no", "yes"),
        ("<![if !mso]>yes<![endif]><!--[if mso]>no<![endif]-->", "yes"),
        ("<a title=it's>yes</a> <p title='>'>also", "yes\n\nalso"),
        ("&#0;&#99999999999;&#xD800;x", "\ufffd\ufffd\ufffdx"),
        ("", ""),
    ],
)
def test_markup_becomes_readable_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://x.example/a">here</a>.', "here <https://x.example/a>."),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="https://bad.example">good.example</a>', "good.example <https://bad.example>"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href=" https://x.exa\nmple/\u202e">here</a>', "here <https://x.example/>"),
        ('<a href="https://x.example"><img src=x></a>', ""),
    ],
)
def test_a_link_shows_where_it_leads(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_quotes_are_marked_as_in_plain_text() -> None:
    html = "Yes.<blockquote>Ada wrote:<blockquote>When?</blockquote>Soon?</blockquote>Bye"
    assert html_to_text(html) == "Yes.\n\n> Ada wrote:\n>\n> > When?\n>\n> Soon?\n\nBye"


def test_the_signature_mark_keeps_its_blank() -> None:
    assert html_to_text("Hi<br>-- <br>Ada") == "Hi\n-- \nAda"


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : NONE !important",
        "display/* x */:none",
        "visibility:hidden",
        "font-size:0",
        "font-size:1px",
        "font: 0/0 Arial",
        "opacity:0",
        "max-height:0px;overflow:hidden",
        "height:0;overflow:hidden",
        "color:#fff",
        "color:#fefefe",
        "color:rgb(255, 255, 255)",
        "color:white;background:#ffffff",
        "color:#000;background-color:#000",
        "color:transparent",
        "color:rgba(0,0,0,0)",
        "position:absolute;left:-9999px",
        "text-indent:-9999px",
    ],
)
def test_hidden_text_is_left_out(style: str) -> None:
    assert html_to_text(f'seen <span style="{style}">hidden <b>hidden</b></span> seen') == "seen seen"


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>hidden</p>",
        "<style>.pre,.x{display:none}</style><div class='a pre'>hidden</div>",
        "<style>td.pre{font-size:0px}</style><td class=pre>hidden</td>",
        "<template>hidden</template><noscript>hidden</noscript>",
        "<font color=white>hidden</font>",
        "<body text=white>hidden</body>",
        "<div style='display:none'><div style='display:block'>hidden</div></div>",
        "<div style='display:none'>" + "<b>" * 600 + "hidden" + "</b>" * 600 + "hidden</div>",
        "<img style='display:none' alt=hidden>",
        "<p style='display:none'>hidden<br>hidden<hr><p>",
        "<!-- > hidden -->",
    ],
)
def test_hidden_elements_are_left_out(html: str) -> None:
    assert html_to_text(html + "seen").strip() in ("seen", "")
    assert "hidden" not in html_to_text(html)


@pytest.mark.parametrize(
    "html",
    [
        "<td bgcolor='#0000ff'><font color=white>seen</font></td>",
        "<div style='background:url(x.png)'><span style='color:#fff'>seen</span></div>",
        "<div style='background:linear-gradient(red,blue);color:white'>seen</div>",
        "<td style='font-size:0'><div style='font-size:14px'>seen</div></td>",
        "<div style='visibility:hidden'><b style='visibility:visible'>seen</b></div>",
        "<style>@media (max-width:600px){.m{display:none} .n{color:#fff}}</style><p class='m n'>seen",
        "<div style='color:#fff'><a href='https://x.example'>seen</a></div>",
        "<div style='opacity:0.9;max-height:100px;font-size:80%;height:0'>seen</div>",
        "<p style='display:none'>hidden<p>seen",
        "<div style='color:white'>hidden<p style='color:#333'>seen",
        "<p hidden=false>seen",
        "<style>.x{display:none}",
    ],
)
def test_what_can_be_seen_stays(html: str) -> None:
    text = html_to_text(html + ("</style>" if html.startswith("<style>.x") else "") + " seen")
    assert "seen" in text
    assert "hidden" not in text


def test_invisible_characters_go_and_joiners_between_letters_stay() -> None:
    assert html_to_text("a&zwnj;&nbsp;&zwnj;&nbsp;b&#8203;&#8238;c") == "a bc"
    assert html_to_text("un&zwnj;usual ac&zwj;tivity") == "unusual activity"
    for joined in ("می\u200cخواهم", "क्\u200dष", "👩\u200d👧", "❤️\u200d🔥"):
        assert html_to_text(joined) == joined


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "a", "b ", "p", "/", "=", '"', "'", "!", "--", "style", "&", "#1;", "li", "blockquote"]
        )
    )
)
def test_no_html_makes_it_raise(pieces: list[str]) -> None:
    html_to_text("".join(pieces)).encode()


def test_a_line_that_holds_only_a_hard_blank_is_a_blank_line() -> None:
    assert html_to_text("<div>a</div><div>&nbsp;</div><div>b</div><p>&nbsp;</p><div>c</div>") == "a\n\nb\n\nc"


@pytest.mark.parametrize(
    "hiding",
    [
        r'<i style="d\69 splay:none">no</i>',
        '<i style="filter:opacity(0)">no</i>',
        '<i style="color:hsl(0,0%,100%)">no</i>',
        '<i style="color:rgb(100%,100%,100%)">no</i>',
        '<i style="color:rgba(0,0,0,.01)">no</i>',
        '<i style="-webkit-text-fill-color:transparent">no</i>',
        '<i style="margin-left:-9999px">no</i>',
        '<i style="transform:scale(0)">no</i>',
        '<i style="position:absolute;clip:rect(0,0,0,0)">no</i>',
        '<i style="clip-path:inset(100%)">no</i>',
        '<i style="height:0;overflow-y:clip">no</i>',
        '<i style="font-size:calc(0px)">no</i>',
        "<style>#x{display:none}</style><i id=x>no</i>",
        "<style>i{display:none}</style><i>no</i>",
        '<style>.x{display:none!important}</style><i class=x style="display:inline">no</i>',
        "<style>@media screen{.x{display:none}}</style><i class=x>no</i>",
        "<style>.b{display:block} .a{display:none}</style><i class='a b'>no</i>",
        "<style>.a{color:#000} .b{display:block} .a{display:none} .a{color:red}</style><i class='a b'>no</i>",
        "<dialog>no</dialog>",
    ],
)
def test_newer_ways_to_hide_text_hide_it_here_too(hiding: str) -> None:
    assert html_to_text(f"{hiding} yes").strip() == "yes"


@pytest.mark.parametrize(
    "shown",
    [
        "<style>td{background:#fff;color:#fff} .b{background:#00f}</style><table><tr><td class=b>yes</table>",
        "<style>@media (max-width:600px){i{display:none}}</style><i>yes</i>",
        "<style>.b{display:none} .a{display:block}</style><i class='a b'>yes</i>",
        "<style>.a{display:none} .b{display:block} .a{color:red}</style><i class='b a'>yes</i>",
        '<i style="transform:scale(0.9)">yes</i>',
        '<i style="margin-left:-20px;opacity:0.5">yes</i>',
        '<i style="color:hsl(200,50%,40%)">yes</i>',
        "<dialog open>yes</dialog>",
        '<i style="max-height:0">yes</i>',
        '<!--[if mso]><v:roundrect>no</v:roundrect><![endif]--><i style="mso-hide:all">yes</i>',  # Outlook has its own
    ],
)
def test_ordinary_styles_hide_nothing(shown: str) -> None:
    assert html_to_text(shown).strip() == "yes"


def test_an_ordered_list_keeps_its_numbers() -> None:
    assert html_to_text("<ol start=3><li>a<li value=7>b<ul><li>c</ul></ol>") == "3. a\n7. b\n  - c"


def test_a_button_and_a_filled_in_field_are_seen() -> None:
    assert html_to_text('<input value="Accept"><input type=hidden value="no">') == "[Accept]"


def test_a_target_without_scheme_is_still_a_target() -> None:
    assert html_to_text('<a href="//shop.example/x">here</a>') == "here <//shop.example/x>"


DARK = "background:#000;color:#fff"


@pytest.mark.parametrize(
    "html",
    [
        f"<style>body{{{DARK}}}</style><body><p>seen",
        f"<style>html,body{{{DARK}}}</style><p style='color:#fff'>seen",
        f"<html><head><style>body{{{DARK}}}</style></head><body><p style='color:white'>seen",
        f"<body><style>body{{{DARK}}}</style><p>seen",
        "<style>td{background:#000}</style><table><tr><td><font color=white>seen</font></table>",
        "<style>.wrap td{background:#000}</style><table class=wrap><tr><td><font color=white>seen</font></table>",
        "<style>.wrap > p{color:#fff} .wrap{background:#000}</style><div class=wrap><p>seen</div>",
        "<style>a:link{color:#fff} .b{background:#00f}</style><p class=b><a href='//x.example'>seen</a>",
        "<style>td{background:#fff} td.b.c{background:#000}</style><td class='b c'><font color=white>seen</font>",
        "<style>p{background:#fff} .b{background:#000}</style><p class=b><font color=white>seen</font>",
        "<style>u + .b{display:none} .b:hover{display:none} [class=b]{display:none}</style><p class=b>seen",
        "<style>@media (prefers-color-scheme:dark){body{background:#fff;color:#fff}}</style><p>seen",
        "<a style='background:#8be'> <a href='//x.example'>x</a> <font color=#8be>seen</font>",
        f"<body style='{DARK}'></body></html><center>seen</center>",
        "<style>.x .y{display:none}</style><div class=y>seen</div><div class=x></div><div class=y>seen</div>",
        "<style media=print>.x{display:none}</style><p class=x>seen",
        "<style media='only print, speech'>.x{display:none}</style><p class=x>seen",
    ],
)
def test_what_a_style_element_paints_can_be_seen(html: str) -> None:
    assert "seen" in html_to_text(html)


@pytest.mark.parametrize(
    "html",
    [
        "<style>.x .y{display:none}</style><div class=x><p><b class=y>no</b></div>",
        "<style>.x>.y,#z td{font-size:0}</style><table id=z><tr><td>no</table>",
        f"<style>body{{{DARK}}}</style><p style='color:#000'>no",
        f"<style>body{{{DARK}}} p{{color:#000}}</style><p>no",
        "<style>body{background:#000}</style><div style='background:#fff'><p style='color:#fff'>no</div>",
        "<div class=y><style>.y{display:none}</style>no</div>",
        "<style>#a{display:none} .b{display:block} p{display:block}</style><p id=a class=b>no",
        "<style media='print, screen'>.x{display:none}</style><p class=x>no",
        "<style>.x p.b{display:none} .b{display:block}</style><div class=x><p class=b>no</div>",
    ],
)
def test_what_a_style_element_hides_is_left_out(html: str) -> None:
    assert html_to_text(html) == ""


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "".join(f".c{n}{{left:1px}}" for n in range(6_000)) + ".x{display:none}</style><p class=x>no",
        "<style>"
        + "".join(f".c{n} .x{{left:1px}}" for n in range(40))
        + "div .x{display:none}</style><div><b class=x>no",
        "<style>p{left:1px}</style>" * 30 + "<p class=x>no<style>.x{display:none}</style>",
        "<p class=x>no</p><style>.x{display:none}</style>",
        f"<p class='{' '.join(f'c{n}' for n in range(60))} x'>no</p><style>.x{{display:none}}</style>",
        f"<p style='{'left:1px;' * 400}display:none'>no",
        f"<style>.x{{{'left:1px;' * 400}display:none}}</style><p class=x>no",
        f"<p style='transform:{'rotate(0deg) ' * 40}translate(-9999px)'>no",
        "<style>div div div div div div div .x{display:none}</style>" + "<div>" * 7 + "<p class=x>no",
        "<div>" * 700 + "<p style='display:none'>no",
    ],
    ids=[
        "many rules",
        "many alike",
        "many sheets",
        "below",
        "many classes",
        "a long style",
        "a long rule",
        "a long value",
        "far",
        "deep",
    ],
)
def test_no_number_of_styles_uncovers_what_one_of_them_hides(html: str) -> None:
    defects: list[str] = []

    assert html_to_text(html, defects) == ""
    assert defects == []


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "".join(f".c{n}{{left:1px}}" for n in range(MAX_RULES + 1)) + "</style>seen",
        "<style>" + "".join(f".c{n} b{{left:1px}}" for n in range(5_000)) + "</style>" + "<b>seen</b>" * 200,
        "<style>"
        + "".join(
            f".c{n} .x{{{side}:1px}}.c{n} .x{{{side}:1px!important}}"
            for n in range(60)
            for side in ("left", "top", "right", "bottom")
        )
        + "</style>"
        + "".join(f"<i class=c{n}>" for n in range(60))
        + "<b class=x>seen</b>" * 1_200,
        "<div>" * MAX_DEPTH + "seen",
    ],
    ids=["rules", "elements", "rules of one element", "depth"],
)
def test_styles_that_there_is_no_time_for_are_told(html: str) -> None:
    defects: list[str] = []

    assert "seen" in html_to_text(html, defects)
    assert defects == [UNJUDGED]


def test_a_text_that_grows_in_its_quotes_ends_somewhere() -> None:
    defects: list[str] = []

    text = html_to_text("<blockquote>" * 20 + "x<br>" * 100_000, defects)

    assert len(text) < 1.1 * MAX_TEXT
    assert defects == [TOO_LONG]
