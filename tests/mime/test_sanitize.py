"""HTML from strangers comes out inert, and still looks like what was sent."""

# ruff: noqa: E501  (HTML, one example to a line)

import json
import time

import pytest
from hypothesis import strategies as st

from mailapp.mime import limits, sanitize
from mailapp.mime.parse import parse
from mailapp.mime.render import render
from mailapp.mime.sanitize import sanitize_for_editor, sanitize_for_sending, sanitize_html
from tests.corpus.make_security import HOSTILE_HTML
from tests.mime.inertness import problems
from tests.mime.laws import law


def clean(html: str, **inline: str) -> sanitize.SafeHtml:
    places: dict[str, int] = {}
    return sanitize_html(html, inline=inline, remote=lambda url: f"remote:{places.setdefault(url, len(places))}")


def body(html: str, **inline: str) -> str:
    """Return what stands inside the root."""
    safe = clean(html, **inline).html
    return safe.removeprefix('<div class="wm-message">').removesuffix("</div>")


def everything(html: str) -> None:
    """Check all ways in which HTML leaves the sanitizer."""
    safe = clean(html)
    assert problems(safe.html) == []
    assert problems(sanitize.text_to_html(sanitize.html_to_text(html))) == []
    for fragment in (sanitize_for_editor(html, inline={}), sanitize_for_sending(html, inline={})):
        found = [problem for problem in problems(fragment) if not problem.startswith(("src=http", "url(http"))]
        assert found == []
    sanitize.html_to_preview(html)


# --- Hostile -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE_HTML)
def test_hostile_html_of_our_own_is_inert(name):
    everything(HOSTILE_HTML[name])


PAYLOADS = [
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href=' &#1;&#x6A;avascript&colon;alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a><a href='data:text/html,x'>x</a><a href='file:///etc/passwd'>x</a><a href='cid:x'>x</a>",
    "<img src='x' onerror=alert(1)><img/src='x'/onerror='alert(1)'>",
    "<p style=\"background:url('javascript:alert(1)')\">x</p>",
    "<p style='color:red;background:url(http://t.example/x)}</style><script>'>x</p>",
    "<p style='width:e\\xpression(alert(1))'>x</p><p style='b\\65 havior:url(x)'>x</p>",
    "<style>*{background:url(//t.example/a)}@import '//t.example/b';@font-face{src:url(//t.example/c)}</style>",
    "<style>body:not(.x){color:red}html,body,:root,*{position:fixed}.wm-message{display:none}</style>",
    "<style>a{}</style><style>}*{color:red}</style><style>@media all{*{color:red}}}*{x:y}</style>",
    "<style>p{font-family:'</style><img src=x onerror=alert(1)>'}</style>",
    "<style>.a[href^='http']{color:red} .b::after{content:'x'} .c{transition:all 1s;animation:x;transform:none;cursor:url(x)}</style>",
    "<svg><style><img src=x onerror=alert(1)></style></svg><math><annotation-xml encoding='text/html'><script>alert(1)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><img src=x onerror=alert(1)></template><xmp><img src=x onerror=alert(1)></xmp><plaintext><script>",
    "<!--><img src=x onerror=alert(1)>--><!-- --!><script>alert(1)</script><![CDATA[<script>]]><?php <script> ?>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x><applet code=x></applet>",
    "<base href=//t.example/><link rel=stylesheet href=//t.example/><meta http-equiv=refresh content='0;url=//t.example'>",
    "<form action=//t.example/><input name=x><textarea></textarea><button formaction=javascript:alert(1)>y</button></form>",
    "<table background=javascript:alert(1)><td background='//t.example/x'>x</table>",
    "<img srcset='javascript:alert(1) 1x, //t.example/a 2x'><picture><source srcset=//t.example/b><img src=//t.example/c></picture>",
    "<div id=wm-message class='wm-message wm-text message'>x</div><a name=body id=location>x</a>",
    "<details ontoggle=alert(1) open><summary>x</summary></details><marquee onstart=alert(1)>x</marquee>",
    "<a href='https://a.example/\"onmouseover=alert(1)'>x</a><p title='\"><script>alert(1)</script>'>x</p>",
    "<font color='red\" onload=alert(1)' face='`onload=alert(1)`'>x</font>",
    "<p style='position:fixed;position:sticky;position:absolute;top:0;z-index:9'>x</p><p style='height:100vh;width:50vw'>x</p>",
    "</div></div></div><p>out of the root?</p></body></html><p>and again",
    "<a href=x:y>1</a><a href=//h.example>2</a><a href=mailto:a@b.example>3</a><a href=tel:+331>4</a><a href=www.x.example/y>5</a>",
    "<img src='data:image/png;base64,iVBORw0KGgo='><img src='data:image/svg+xml;base64,PHN2Zz4='><img src='DATA:IMAGE/GIF;base64,R0lG'>",
    "<\0script>alert(1)</script><scr\0ipt>alert(1)</script><img src=x o\0nerror=alert(1)>",
]  # fmt: skip


@pytest.mark.parametrize("html", PAYLOADS)
def test_what_beats_sanitizers_does_not_beat_this_one(html):
    everything(html)


@pytest.mark.corpus
def test_the_hostile_set_comes_out_inert(shared_corpus):
    payloads = json.loads((shared_corpus / "hostile" / "html-payloads.json").read_text(encoding="utf-8"))
    assert len(payloads) > 200
    for payload in payloads:
        everything(payload["html"])
        mail = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + payload["html"].encode("utf-8", "surrogatepass")
        view = render(mail)
        assert problems(view.html) == [], payload
        assert problems(view.quoted_html) == [], payload


FRAGMENTS = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</",
            "/>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?",
            '"',
            "'",
            "`",
            "=",
            "&",
            ";",
            "\0",
            " ",
            "\n",
            "\\",
        ),
        *(
            "<svg>",
            "</svg>",
            "<math>",
            "<mtext>",
            "<mglyph>",
            "<style>",
            "</style>",
            "<title>",
            "<textarea>",
            "<noscript>",
            "<xmp>",
        ),
        *(
            "<p ",
            "<img ",
            "<a ",
            "<table>",
            "<td>",
            "</table>",
            "<form>",
            "<b>",
            "<i>",
            "</b>",
            "<div>",
            "</div>",
            "<template>",
        ),
        *(
            "src=",
            "href=",
            "style=",
            "onerror=",
            "class=",
            "id=",
            "background=",
            "srcset=",
            "javascript:",
            "http://t.example/",
        ),
        *(
            "alert(1)",
            "url(",
            ")",
            "{",
            "}",
            "@media all",
            "@import",
            "position:fixed",
            "expression(",
            "color:red",
            "&#106;",
            "&lt;",
        ),
        *(
            "<script>",
            "</script>",
            "<iframe>",
            "<object>",
            "<body ",
            "<html>",
            "<head>",
            "<select>",
            "<option>",
            "<annotation-xml>",
        ),
    ]
)


@law(st.lists(FRAGMENTS | st.text(max_size=5), max_size=40).map("".join))
def test_any_mixture_of_markup_comes_out_inert(html):
    everything(html)


@law(st.text(max_size=300))
def test_any_text_comes_out_inert(html):
    everything(html)


# --- Harmless ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html, expected",
    [
        ("<p>Hello <b>you</b> &amp; me</p>", "<p>Hello <b>you</b> &amp; me</p>"),
        ("<o:p>&nbsp;</o:p><blink>text</blink>", "\xa0text"),
        (
            "<font color=red face=Arial size=2>x</font><center>y</center>",
            '<font color="red" face="Arial" size="2">x</font><center>y</center>',
        ),
        ('<p class="a b" id="c">x</p>', '<p class="x-a x-b" id="x-c">x</p>'),
        (
            "<table width=600 cellpadding=0 bgcolor=#fff><tr><td align=center colspan=2 nowrap>x</td></tr></table>",
            '<table width="600" cellpadding="0" bgcolor="#fff"><tbody><tr><td align="center" colspan="2" nowrap="">x</td></tr></tbody></table>',
        ),
        (
            "<a href='https://x.example/?a=1&copy=2' title=y>x</a>",
            '<a href="https://x.example/?a=1&amp;copy=2" target="_blank" rel="noopener noreferrer nofollow">x</a>',
        ),
        (
            "<a href=//x.example>x</a>",
            '<a href="https://x.example" target="_blank" rel="noopener noreferrer nofollow">x</a>',
        ),
        (
            "<a href=www.x.example>x</a>",
            '<a href="http://www.x.example" target="_blank" rel="noopener noreferrer nofollow">x</a>',
        ),
        ("<a href=#top>x</a>", "<a>x</a>"),
        ("<img src=cid:a%40b alt=Logo width=10>", '<img alt="Logo" width="10" src="part:2">'),
        ("<img src=cid:unknown alt=Logo>", '<img alt="Logo">'),
        (
            "<img src=https://t.example/a.png alt=A>",
            '<img alt="A" src="remote:0" data-remote-src="https://t.example/a.png">',
        ),
        (
            "<p style='COLOR: Red; mso-x: y; margin:0 auto !important'>x</p>",
            '<p style="color:Red;margin:0 auto !important">x</p>',
        ),
        ("<p style='font:12px/1.5 \"Open Sans\", serif'>x</p>", "<p style=\"font:12px/1.5 'Open Sans', serif\">x</p>"),
        (
            "<p style='width:calc(100% - 2px);background:#FFF url(x.png)'>x</p>",
            '<p style="width:calc(100% - 2px)">x</p>',
        ),
        ("<pre>\n\n x</pre>", "<pre>\n\n x</pre>"),
        ("a < b && c > d \"'`", "a &lt; b &amp;&amp; c &gt; d &quot;&#39;&#96;"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<b>x<i>y</b>z</i>", "<b>x<i>y</i></b><i>z</i>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
    ],
)
def test_what_mail_needs_is_kept(html, expected):
    assert body(html, **{"a@b": "part:2"}) == expected


def test_the_body_becomes_an_element():
    assert body('<body bgcolor="#eee" text="navy" style="margin:0" onload=x>x</body>') == (
        '<div style="color:navy;background-color:#eee;margin:0">x</div>'
    )


def test_style_sheets_reach_only_the_message():
    safe = clean(
        "<style>body,td.a>b,#c:hover{color:red} p{background:url(https://t.example/x)} @media (max-width:600px){.a{width:100%!important}}"
        "@media print and (x:y){p{color:red}}</style><p class=a>x</p>"
    )
    assert safe.html == (
        "<style>.wm-message,.wm-message td.x-a>b,.wm-message #x-c:hover{color:red}.wm-message p{background:url('remote:0')}"
        "@media (max-width:600px){.wm-message .x-a{width:100% !important}}</style>"
        '<div class="wm-message"><p class="x-a">x</p></div>'
    )
    assert safe.remote_urls == ("https://t.example/x",)


def test_everything_remote_is_held_back_and_listed():
    safe = clean(HOSTILE_HTML["remote"])
    assert safe.blocked == 6
    assert [url.rpartition("/")[2] for url in safe.remote_urls] == [
        "1.gif",
        "2.gif",
        "3.gif",
        "4.gif",
        "10.gif",
        "11.gif",
    ]
    assert "track.example" not in safe.html.replace('data-remote-src="http', "").replace(
        "s://track.example", ""
    ).replace("://track.example", "")
    twice = clean("<img src=https://t.example/a><img src=https://t.example/a>")
    assert (twice.blocked, twice.remote_urls) == (2, ("https://t.example/a",))


def test_a_remote_image_may_have_nothing_in_its_place():
    safe = sanitize_html(
        "<img src=https://t.example/a><p style='background:url(https://t.example/b)'>", inline={}, remote=lambda _: ""
    )
    assert safe.html == '<div class="wm-message"><img data-remote-src="https://t.example/a"><p></p></div>'


def test_a_caller_cannot_break_a_style_with_its_address():
    safe = sanitize_html(
        "<p style='background:url(https://t.example/)'>", inline={}, remote=lambda _: "https://p.example/?a='b')\"<x>"
    )
    assert "url('https://p.example/?a=%27b%27%29%22%3Cx%3E')" in safe.html


def test_what_was_composed_is_cleaned_for_sending():
    html = '<p class=ProseMirror id=x>Hi <a href="https://x.example">x</a><img src="/upload/1"><img data-remote-src="https://t.example/a"></p>'
    assert sanitize_for_sending(html, inline={"/upload/1": "cid:1@x"}) == (
        '<p>Hi <a href="https://x.example">x</a><img src="cid:1@x"><img src="https://t.example/a"></p>'
    )
    quoted = sanitize_for_editor(
        '<style>p{}</style><p class=a>x<img src="https://t.example/a"><img src="cid:b"></p>', inline={"b": "part:2"}
    )
    assert quoted == ('<p>x<img data-remote-src="https://t.example/a"><img src="part:2"></p>')


# --- Bounds --------------------------------------------------------------------------------------------------------

LARGE = limits.MAX_HTML_CHARACTERS
TRIED = LARGE // 4  # time grows with the length, or these would never end
COSTLY = {
    "nested": "<div>" * 10_000,
    "nested and closed": "<div>" * 10_000 + "x" + "</div>" * 10_000,
    "formatting": "".join(f"<font size={i}>" for i in range(59)) + "<p>x" * 50_000,
    "misnested": ("<b><i><u><p>" + "</b></i></u>") * 40_000,
    "links": "<a>" * 500_000,
    "attributes": "<a " + " ".join(f"a{i}=1" for i in range(150_000)) + ">",
    "entities": '<a href="' + "&" * 1_500_000 + '">',
    "comment": "<!--" + "- " * 900_000,
    "brackets": "<" * 1_500_000,
    "foster parents": "<table>" + "x<b>y" * 100_000,
    "style sheet": "<style>" + "a{color:red}" * 25_000 + "</style>",
    "style brackets": "<style>" + "(" * 250_000 + "</style>",
    "styles": "".join(f'<p style="color:rgb({i},1,1)">' for i in range(20_000)),
    "selectors": "<style>" + "a," * 100_000 + "b{color:red}</style>",
    "number": "&#" + "9" * 1_000_000 + ";",
    "unfinished": '<a href="' * 150_000,
    "selects": "<select>" + "<option>" * 100_000,
    "images": "<img src=http://t.example/b>" * 50_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_costly_html_is_bounded(name):
    html = COSTLY[name][:TRIED]
    began = time.process_time()
    safe = clean(html)
    sanitize.html_to_text(html)
    sanitize.html_to_preview(html)
    assert time.process_time() - began < 15
    assert safe.notice in ("", "html_too_complex")


def test_too_large_html_is_shown_as_text():
    safe = clean("<p>first</p>" + "x " * (LARGE // 2))
    assert safe.notice == "html_too_large"
    assert "first" in safe.html
    assert problems(safe.html) == []


def test_deeply_nested_html_is_shown_as_text():
    safe = clean("<div>" * 10_000 + "the words<script>alert(1)</script>" + "</div>" * 10_000)
    assert safe.notice == "html_too_complex"
    assert "the words" in safe.html
    assert "alert" not in safe.html


def test_ordinary_nesting_is_no_reason(message):
    assert clean("<table><tr><td>" * 60 + "x").notice == ""
    assert clean("<blockquote><div>" * 150 + "x").notice == ""


# --- Quotes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, fresh, quoted",
    [
        ("html-gmail", "Thank you!", "Good morning"),
        ("html-outlook", "Thank you!", "Good morning"),
        ("html-thunderbird", "Thank you!", "wrote:"),
    ],
)
def test_the_quoted_conversation_is_apart(message, name, fresh, quoted):
    view = render(message(f"conversation/{name}.eml"))
    assert fresh in view.html
    assert quoted not in view.html
    assert quoted in view.quoted_html
    assert problems(view.html) == problems(view.quoted_html) == []


@pytest.mark.parametrize("name", ["html-between", "html-forwarded"])
def test_answers_between_and_forwards_stay_whole(message, name):
    assert render(message(f"conversation/{name}.eml")).quoted_html == ""


def test_markup_in_names_stays_text(message):
    parsed = parse(message("security/names-with-markup.eml"))
    assert parsed.subject == '<script>alert(1)</script> & "quotes"'
