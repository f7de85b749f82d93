"""Our tokenizer stands in for html5lib's: both must lead to the same tree, but for what nobody reads."""

# ruff: noqa: E501  (HTML, one example to a line)

from typing import Any

import html5lib
import pytest
from hypothesis import strategies as st

from mailapp.mime import html_tree
from tests.mime.laws import law

_HTML = "{http://www.w3.org/1999/xhtml}"


def ours(node: Any) -> list[Any]:
    found: list[Any] = []
    for child in node.content:
        if isinstance(child, str):
            if found and isinstance(found[-1], str):
                found[-1] += child
            else:
                found.append(child)
        else:
            attributes = {name: value for name, value in child.attributes.items() if isinstance(name, str)}
            found.append((child.name, attributes, ours(child)))
    return found


def theirs(element: Any) -> list[Any]:
    found: list[Any] = [element.text] if element.text else []
    for child in element:
        if isinstance(child.tag, str):
            name = child.tag.removeprefix(_HTML).rpartition("}")[2]
            attributes = {name: value for name, value in child.attrib.items() if not name.startswith("{")}
            found.append((name, attributes, theirs(child)))
        if child.tail:
            if found and isinstance(found[-1], str):
                found[-1] += child.tail
            else:
                found.append(child.tail)
    return found


def same_tree(html: str) -> None:
    expected = html5lib.parse(html, scripting=True)
    assert ours(html_tree.parse(html)) == [("html", dict(expected.attrib), theirs(expected))]


EXAMPLES = [
    "<p>one<p>two<br/>three</p>four",
    "<b>x<i>y</b>z</i><a href=1>a<a href=2>b",
    "<table><tr><td>a<td>b<tr>c</table><table>x<b>y</table>",
    "<p title='a&amp;b&copy=1&copy;&#65;&#x42;&lt' class=\"x y\" id=z checked>a&amp;b&copy;&nosuch;&lt&notit;&#0;&#x110000;</p>",
    "<title>a<b>&amp;</title><textarea>\n<p>&lt;</textarea><style>p{}</style><script>if(a<b)'</p>'</script>x",
    "<!doctype html><!-- a -- b --><p><!-->x<!--->y<!-- z --!>w<!x><?y?></><//z>",
    "<pre>\n\nx</pre><ul><li>a<li>b<ul><li>c</ul></ul><dl><dt>a<dd>b</dl>",
    "<svg><g xlink:href=x><title>a<![CDATA[<b>]]></title></g></svg><math><mi>x<![CDATA[y]]></math><![CDATA[z]]>",
    "<h1>a<h2>b</h1>c<nobr>d<nobr>e<button>f<button>g",
    "<select><option>a<option>b</select><noscript><p>x</noscript><iframe><p></iframe><xmp><p></xmp>",
    "<body bgcolor=red><body text=blue><html lang=en>x",
    "a<b c=d e='f' g=\"h\"i=j / k>x</b l=m>y",
    "< p><3 <<b>x<a b='1'b='2' B=3>",
    "<o:p></o:p><img src=x><image src=y><p/>z",
    "<a href='unfinished>x",
    "<p>trailing <",
    "<p>trailing </",
    "plain\r\ntext\rwith\nlines",
    "<template><p>x</template><plaintext><b>x</plaintext>",
]


@pytest.mark.parametrize("html", EXAMPLES)
def test_both_tokenizers_lead_to_the_same_tree(html):
    same_tree(html)


NAMES = st.sampled_from(
    [
        "p",
        "b",
        "i",
        "a",
        "div",
        "span",
        "table",
        "tr",
        "td",
        "ul",
        "li",
        "h1",
        "br",
        "img",
        "pre",
        "font",
        "center",
        "blockquote",
        "title",
        "style",
        "svg",
        "math",
        "form",
    ]
)
PIECES = (
    st.tuples(NAMES, st.sampled_from(["", " a=1", " class='x y'", ' href="?a=1&amp;b=2"', " a", "/"])).map(
        lambda pair: f"<{pair[0]}{pair[1]}>"
    )
    | NAMES.map(lambda name: f"</{name}>")
    | st.sampled_from(["text", " ", "\n", "&amp;", "&nbsp;", "&copy", "&", "<", ">", "<!-- x -->", "'", '"', "="])
)


@law(st.lists(PIECES, max_size=25).map("".join), tried=150)
def test_any_mixture_leads_to_the_same_tree(html):
    same_tree(html)
