"""Reading: conversations and messages, what is said of the sender, the text in its frame, bounces, invitations."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.mime import reports
from mailapp.mime.model import Person
from mailapp.store import appending
from mailapp.store.summaries import Summary
from mailapp.web import bounces, senders
from tests import factories
from workmail.accounts import preferences

pytestmark = pytest.mark.django_db

HTML = '<p>Hello <b>there</b></p><img src="https://example.org/pixel.gif" alt="Logo">'
BOUNCE = b"""From: Mail delivery <postmaster@example.test>
To: alice@example.test
Subject: Not delivered
Message-ID: <bounce@example.test>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.test

Final-Recipient: rfc822; orders@example.org
Action: failed
Status: %s
Diagnostic-Code: smtp; 550 no

--b--
""".replace(b"\n", b"\r\n")
INVITATION = b"""From: Bob <bob@example.test>
To: alice@example.test
Subject: Site walk
Message-ID: <invitation@example.test>
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:1@example.test
DTSTAMP:20261101T090000Z
DTSTART:20261113T140000Z
DTEND:20261113T150000Z
SUMMARY:Site walk, unit 7
LOCATION:Quay Road depot
ORGANIZER;CN=Bob:mailto:bob@example.test
ATTENDEE:mailto:alice@example.test
END:VEVENT
END:VCALENDAR
""".replace(b"\n", b"\r\n")


def store(
    user: Any, raw: bytes, *, authentication: dict[str, str] | None = None, role: str = "inbox", **flags: Any
) -> Any:
    folder = factories.open_folder(user, role)
    sealed = appending.seal(
        folder.keys, appending.prepare(raw), flags=appending.Flags(**flags), authentication=authentication
    )
    return appending.append(folder, [sealed])[0]


def read(client: Client, message: Any, **query: str) -> str:
    response = client.get(reverse("mail:message", args=[message.folder_id, message.key]), query)
    assert response.status_code == 200
    return response.content.decode()


def conversation_url(message: Any) -> str:
    return reverse("mail:conversation", args=[message.folder_id, message.thread_id])


# --- Conversations ---------------------------------------------------------------------------------------------


@pytest.fixture
def three(alice: Any) -> list[Any]:
    messages = []
    for number in range(1, 4):
        raw = factories.make_message_bytes(
            message_id=f"<{number}@example.org>",
            references=[f"<{earlier}@example.org>" for earlier in range(1, number)],
            subject="Walk",
            text=f"This is number {number}.",
        )
        messages.append(store(alice, raw, is_seen=number != 2))
    return messages


def test_a_conversation_unfolds_what_is_unread_and_the_last(browser_of_alice: Client, three: list[Any]) -> None:
    page = browser_of_alice.get(conversation_url(three[0])).content.decode()
    shown = set(re.findall(r'<article class="msg" id="m-([0-9a-f]+)"', page))
    assert shown == {three[1].key.hex, three[2].key.hex}
    assert f'data-unread="{three[1].key}"' in page
    assert "3 messages" in page


def test_a_folded_message_unfolds_by_a_link_and_as_a_fragment(browser_of_alice: Client, three: list[Any]) -> None:
    page = browser_of_alice.get(conversation_url(three[0]), {"open": str(three[0].key)}).content.decode()
    assert f'<article class="msg" id="m-{three[0].key.hex}"' in page
    fragment = read(browser_of_alice, three[0], part="message")
    assert fragment.lstrip().startswith("<article")
    assert "This is number 1." in fragment


def test_opening_changes_nothing(browser_of_alice: Client, three: list[Any]) -> None:
    """What a GET changes, a prefetching browser or a scanner of links changes too."""
    browser_of_alice.get(conversation_url(three[0]))
    three[1].refresh_from_db()
    assert not three[1].is_seen


def test_a_pane_is_the_same_without_the_page_around_it(browser_of_alice: Client, three: list[Any]) -> None:
    for options in ({"HTTP_HX_REQUEST": "true"}, {"QUERY_STRING": "part=reading"}):
        fragment = browser_of_alice.get(conversation_url(three[0]), **options).content.decode()
        assert "<html" not in fragment
        assert "data-reading" in fragment


def test_a_conversation_that_is_gone_is_not_found(alice: Any, browser_of_alice: Client, three: list[Any]) -> None:
    from mailapp.store import moving

    url = conversation_url(three[0])
    moving.expunge(factories.open_folder(alice), [message.uid for message in three])
    assert browser_of_alice.get(url).status_code == 404


def test_a_conversation_in_several_folders_costs_few_statements(
    alice: Any, browser_of_alice: Client, django_assert_max_num_queries: Any, three: list[Any]
) -> None:
    browser_of_alice.get(conversation_url(three[0]))
    with django_assert_max_num_queries(22):
        browser_of_alice.get(conversation_url(three[0]))
    with django_assert_max_num_queries(12):
        browser_of_alice.get(conversation_url(three[0]), {"part": "reading"})


def test_a_message_in_another_folder_has_no_address_in_this_one(alice: Any, browser_of_alice: Client) -> None:
    message = factories.store_message(alice)
    archive = factories.open_folder(alice, "archive").folder.pk
    assert browser_of_alice.get(reverse("mail:message", args=[archive, message.key])).status_code == 404


# --- Who sent it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "is_colleague", "kind", "words"),
    [
        ({"dmarc": "pass", "spf": "pass"}, True, "ok", "Colleague, sender verified"),
        ({"dmarc": "pass", "dkim": "pass"}, False, "ok", "Sender verified"),
        ({"dmarc": "fail", "spf": "pass"}, False, "bad", "Probably not from the sender it names"),
        ({"dmarc": "none", "spf": "pass", "dkim": "pass"}, False, "warn", "Sender could not be verified"),
        ({"spf": "pass"}, False, "warn", "Sender could not be verified"),
        ({"dmarc": "none"}, True, "bad", "Says it is from a colleague, but that could not be verified"),
        ({}, False, "", "Sender not checked"),
    ],
)
def test_what_is_said_of_the_sender(codes: dict[str, str], is_colleague: bool, kind: str, words: str) -> None:
    said = senders.verification(Summary(authentication=codes), is_own=False, is_colleague=is_colleague)
    assert (said.kind, said.words) == (kind, words)
    assert {check.name for check in said.checks} == {code.upper() for code in codes}


def test_an_invented_name_in_our_own_domain_is_no_colleague(alice: Any, browser_of_alice: Client) -> None:
    raw = factories.make_message_bytes(from_="The director <director@EXAMPLE.test>")
    message = store(alice, raw, authentication={"dmarc": "fail", "spf": "fail"})
    assert "Says it is from a colleague, but that could not be verified" in read(browser_of_alice, message)


def test_answers_that_go_elsewhere_and_senders_on_behalf_are_named(alice: Any, browser_of_alice: Client) -> None:
    raw = factories.make_message_bytes(
        from_="Bank <bank@example.org>",
        header_fields=[("Reply-To", "thief@example.net"), ("Sender", "list@example.com")],
    )
    page = read(browser_of_alice, store(alice, raw))
    assert "Answers go to thief@example.net, not to the sender." in page
    assert "Sent by list@example.com on behalf of Bank." in page


@pytest.mark.parametrize(
    ("to", "cc", "words"),
    [
        ("alice@example.test", (), "to you"),
        ("Bob <bob@example.org>", "alice@example.test", "to you and Bob"),
        (
            ["a@example.org", "b@example.org", "c@example.org", "alice@example.test"],
            (),
            "to you, a@example.org and 2 others",
        ),
    ],
)
def test_recipients_in_a_few_words(alice: Any, browser_of_alice: Client, to: Any, cc: Any, words: str) -> None:
    assert f"<span>{words}</span>" in read(browser_of_alice, store(alice, factories.make_message_bytes(to=to, cc=cc)))


# --- The text --------------------------------------------------------------------------------------------------


def body(client: Client, message: Any, **query: str) -> Any:
    return client.get(reverse("mail:body", args=[message.key]), query)


def test_plain_text_stands_in_the_page_and_html_in_a_frame(alice: Any, browser_of_alice: Client) -> None:
    plain = read(
        browser_of_alice, store(alice, factories.make_message_bytes(text="<b>not bold</b> https://example.org"))
    )
    assert "&lt;b&gt;not bold&lt;/b&gt;" in plain
    assert "body-frame" not in plain
    framed = read(browser_of_alice, store(alice, factories.make_message_bytes(html=HTML)))
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in framed
    assert "<b>there</b>" not in framed


def test_the_frame_has_a_policy_under_which_nothing_runs_or_loads(alice: Any, browser_of_alice: Client) -> None:
    response = body(browser_of_alice, store(alice, factories.make_message_bytes(html=HTML)))
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    for directive in (
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "font-src http://testserver/static/fonts/;",
        "sandbox ",
    ):
        assert directive in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Referrer-Policy"] == "no-referrer"


def test_remote_images_are_held_back_until_asked_for(alice: Any, browser_of_alice: Client) -> None:
    message = store(alice, factories.make_message_bytes(html=HTML))
    assert "Images from other servers are not shown" in read(browser_of_alice, message)
    held_back = body(browser_of_alice, message).content.decode()
    assert not re.search(r'\ssrc="', held_back)
    shown = body(browser_of_alice, message, images="1").content.decode()
    assert re.search(r'src="/mail/image/\?url=https%3A%2F%2Fexample.org%2Fpixel.gif&amp;signature=', shown)
    assert ' src="https:' not in shown


def test_images_of_a_trusted_sender_are_shown_next_time_if_the_sender_is_verified(
    alice: Any, browser_of_alice: Client
) -> None:
    raw = factories.make_message_bytes(from_="News <news@example.org>", html=HTML)
    first = store(alice, raw, authentication={"dmarc": "pass"})
    browser_of_alice.post(reverse("mail:trust", args=[first.key]))
    again = store(
        alice, factories.make_message_bytes(from_="NEWS@example.org", html=HTML), authentication={"dmarc": "pass"}
    )
    assert "?images=1" in read(browser_of_alice, again)
    forged = store(
        alice, factories.make_message_bytes(from_="news@example.org", html=HTML), authentication={"dmarc": "fail"}
    )
    page = read(browser_of_alice, forged)
    assert "body/?images=1" not in page
    assert "Images from other servers are not shown" in page


def test_a_sender_that_is_not_verified_cannot_become_trusted(alice: Any, browser_of_alice: Client) -> None:
    from mailapp.web.models import TrustedSender

    message = store(alice, factories.make_message_bytes(html=HTML), authentication={"dmarc": "none"})
    browser_of_alice.post(reverse("mail:trust", args=[message.key]))
    assert not TrustedSender.objects.exists()


@pytest.mark.parametrize(
    ("choice", "shows", "offers"), [("ask", False, True), ("never", False, False), ("always", True, False)]
)
def test_the_setting_for_remote_images(
    alice: Any, browser_of_alice: Client, choice: str, shows: bool, offers: bool
) -> None:
    preferences.save(factories.actor_for(alice), alice, {"external_images": choice})
    page = read(browser_of_alice, store(alice, factories.make_message_bytes(html=HTML)))
    assert ("body/?images=1" in page) is shows
    assert ("Images from other servers are not shown" in page) is offers


def test_quoted_text_is_folded(alice: Any, browser_of_alice: Client) -> None:
    text = "Yes.\n\nOn Monday Bob wrote:\n> Can you come?\n> Please.\n"
    page = read(browser_of_alice, store(alice, factories.make_message_bytes(text=text)))
    assert "<summary>Quoted text</summary>" in page


def test_inline_images_come_from_the_message_itself(alice: Any, browser_of_alice: Client) -> None:
    raw = (
        b"From: b@example.org\r\nTo: alice@example.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b'<img src="cid:logo@example.org">\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <logo@example.org>\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
    )
    message = store(alice, raw)
    html = body(browser_of_alice, message).content.decode()
    source = re.search(r'src="(/mail/m/[^"]+)"', html).group(1)  # type: ignore[union-attr]
    assert browser_of_alice.get(source)["Content-Type"] == "image/png"


# --- Special messages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (b"5.1.1", "the address does not exist. Check the spelling"),
        (b"5.1.2", "its domain does not exist"),
        (b"5.2.2", "the mailbox is full"),
        (b"5.3.4", "it is too large"),
        (b"5.7.1", "refused by the other side’s rules"),
        (b"5.4.1", "could not be reached"),
        (b"5.9.9", "was not delivered."),
        (b"nonsense", "was not delivered."),
    ],
)
def test_a_report_of_non_delivery_is_said_in_words(
    alice: Any, browser_of_alice: Client, code: bytes, words: str
) -> None:
    page = read(browser_of_alice, store(alice, BOUNCE % code))
    assert "orders@example.org" in page
    assert words in page


def test_a_report_that_is_damaged_says_nothing_and_breaks_nothing() -> None:
    for raw in (b"", BOUNCE % b"", BOUNCE.replace(b"Final-Recipient", b"\xff\x00")[:400], b"a: b\r\n\r\n"):
        assert all(bounces.sentence(report) for report in reports.bounce_details(raw))


def test_an_invitation_is_a_card(alice: Any, browser_of_alice: Client) -> None:
    page = read(browser_of_alice, store(alice, INVITATION))
    for words in ("Site walk, unit 7", "Quay Road depot", "14:00–15:00", "1 person invited", "Organized by Bob."):
        assert words in page


def test_signed_and_encrypted_messages_say_so(alice: Any, browser_of_alice: Client) -> None:
    signed = (
        b"From: b@example.org\r\nTo: alice@example.test\r\nSubject: x\r\nContent-Type: multipart/signed; boundary=b; "
        b'protocol="application/pgp-signature"; micalg=pgp-sha256\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        b"--b\r\nContent-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n--b--\r\n"
    )
    assert "OpenPGP signature. It was not checked here." in read(browser_of_alice, store(alice, signed))


def test_a_message_without_anything_can_be_read(alice: Any, browser_of_alice: Client) -> None:
    for raw in (b"", b"\r\n", b"Subject:\r\n\r\n", b"From: \xff\xfe\r\n\r\n\x00\xff"):
        page = read(browser_of_alice, store(alice, raw))
        assert "(no subject)" in page
        assert "(unknown sender)" in page


# --- Source, file, print, nested -------------------------------------------------------------------------------


def test_source_and_file_are_the_octets_that_arrived(alice: Any, browser_of_alice: Client) -> None:
    raw = factories.make_message_bytes(subject="Report: <b>/../x", text="<script>alert(1)</script>")
    message = store(alice, raw)
    page = browser_of_alice.get(reverse("mail:source", args=[message.key])).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    response = browser_of_alice.get(reverse("mail:eml", args=[message.key]))
    assert response.content == raw
    assert response["Content-Disposition"] == 'attachment; filename="Report b..x.eml"'
    assert response["Content-Type"] == "application/octet-stream"


def test_a_printed_conversation_has_everything_and_no_chrome(
    alice: Any, browser_of_alice: Client, three: list[Any]
) -> None:
    url = reverse("mail:conversation_print", args=[three[0].folder_id, three[0].thread_id])
    response = browser_of_alice.get(url)
    page = response.content.decode()
    for number in (1, 2, 3):
        assert f"This is number {number}." in page
    assert 'class="top"' not in page
    assert "script-src 'self'" in response["Content-Security-Policy"]
    html = store(alice, factories.make_message_bytes(html=HTML))
    page = browser_of_alice.get(reverse("mail:print", args=[html.key])).content.decode()
    assert "<b>there</b>" in page
    assert ' src="https:' not in page


def test_a_message_in_a_message_has_pages_of_its_own(alice: Any, browser_of_alice: Client) -> None:
    innermost = factories.make_message_bytes(subject="Innermost", attachments=[("deep.txt", "text/plain", b"deep")])
    inner = nest(innermost, "Inner")
    message = store(alice, nest(inner, "Outer"))
    page = read(browser_of_alice, message)
    first = re.search(r'href="(/mail/m/[^"]+/in/[^"]+/)"', page).group(1)  # type: ignore[union-attr]
    page = browser_of_alice.get(first).content.decode()
    assert "Inner" in page
    second = re.search(r'class="nm trunc" href="(/mail/m/[^"]+/in/[^"]+/)"', page).group(1)  # type: ignore[union-attr]
    page = browser_of_alice.get(second).content.decode()
    assert "Innermost" in page
    download = re.search(r'href="([^"]+deep.txt\?download)"', page).group(1)  # type: ignore[union-attr]
    assert browser_of_alice.get(download).content == b"deep"
    for name in ("source/", "print/", "download.eml", "body/"):
        assert browser_of_alice.get(f"{second}{name}").status_code == 200
    assert browser_of_alice.get(f"{second}download.eml").content.startswith(b"From: Sender")


def nest(raw: bytes, subject: str) -> bytes:
    head = (
        f"From: Sender <sender@example.org>\r\nTo: alice@example.test\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b-{0}\r\n\r\n--b-{0}\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        "--b-{0}\r\nContent-Type: message/rfc822\r\n\r\n"
    ).replace("{0}", subject)
    return head.encode() + raw + f"\r\n--b-{subject}--\r\n".encode()


@pytest.mark.parametrize("trail", ["9", "1", "2~2~2~2", "~", "2~", "2" * 400])
def test_a_trail_that_leads_nowhere_is_not_found(alice: Any, browser_of_alice: Client, trail: str) -> None:
    message = store(alice, factories.make_message_bytes())
    assert browser_of_alice.get(f"/mail/m/{message.key}/in/{trail}/").status_code == 404


def test_me_is_the_reader_in_all_addresses_of_theirs(alice: Any) -> None:
    from mailapp.web.messages import Reader

    reader = Reader(frozenset({"alice@example.test"}))
    assert reader.is_me(Person("Alice", "ALICE@Example.Test"))
    assert not reader.is_me(Person("Alice", "alice@example.org"))
