"""What a list says of itself, and which way out of it is the best."""

import pytest

from mailapp.mime.list_headers import ways
from mailapp.mime.parse import parse
from tests import factories

BOTH = ["mailto:leave@example.org?subject=leave%20me", "https://example.org/leave?u=1"]


def parsed(*fields: tuple[str, str]):
    return parse(factories.make_message_bytes(header_fields=fields))


def test_one_click_comes_before_a_mail_and_a_mail_before_a_page() -> None:
    assert [way.kind for way in ways(BOTH, one_click=True)] == ["one-click", "mail", "page"]
    assert [way.kind for way in ways(BOTH, one_click=False)] == ["mail", "page"]
    assert [way.kind for way in ways(["http://example.org/"], one_click=True)] == ["page"]


def test_a_mail_has_one_recipient_and_nothing_else_that_its_link_asks_for() -> None:
    [way] = ways(
        ["mailto:leave@example.org,bob@example.test?cc=alice@example.test&subject=a%0D%0ABcc:x@y.z&body=b%00c+d"],
        one_click=False,
    )
    assert (way.target, way.subject, way.text) == ("leave@example.org", "a Bcc:x@y.z", "bc+d")


@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "ftp://example.org/", "mailto:", "mailto:nobody", "https://", "https://[::1", ""]
)
def test_what_leads_nowhere_is_left_out(uri: str) -> None:
    assert ways([uri], one_click=True) == []


def test_only_signatures_over_both_fields_count() -> None:
    covers = "v=1; d=Example.org; s=a; h=From:Subject:List-Unsubscribe:\r\n List-Unsubscribe-Post; b=x"
    part = "v=1; d=other.org; s=a; h=from:list-unsubscribe; b=x"
    fields = [("List-Unsubscribe", "<https://example.org/>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    found = parsed(*fields, ("DKIM-Signature", covers.replace("\r\n", "")), ("DKIM-Signature", part))
    assert found.unsubscribe_signers == ("example.org",)
    assert found.list_unsubscribe_one_click
    assert parsed(*fields, ("DKIM-Signature", part)).unsubscribe_signers == ()


def test_the_other_links_of_a_list_are_read_and_closed_lists_have_none_to_write_to() -> None:
    found = parsed(
        ("List-Id", "News <news.example.org>"),
        ("List-Post", "NO"),
        ("List-Archive", "<https://lists.example.org/news/>"),
        ("List-Help", "<javascript:1>, <mailto:help@example.org>"),
    )
    assert found.list_links == (("archive", "https://lists.example.org/news/"), ("help", "mailto:help@example.org"))
