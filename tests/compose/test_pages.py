"""The composer as plain forms, and what its scripts are answered."""

from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mailapp.composing import rows, uploads
from mailapp.composing.models import Draft
from mailapp.delivery.models import Transit
from mailapp.store.models import Message
from tests import factories
from tests.compose.conftest import PNG, Writer
from workmail.accounts import preferences

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}
# Of the ten seconds to take back, what a busy machine has left when it answers.
NEARLY_TEN = range(6, 11)


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def address(name, draft_id, *more):
    return reverse(f"mail:compose_{name}", args=[draft_id, *more])


def form(**values):
    return {
        "from_address": "alice@example.test",
        "to": "bob@example.test",
        "subject": "Lunch",
        "text": "Noon?",
        "html": "",
        "mode": "unscripted",
        "importance": "normal",
        "includes_quote": "on",
        "editor": str(uuid4()),
        "sequence": "0",
        "revision": "0",
    } | values


def test_a_new_message_changes_nothing_until_it_is_saved(page):
    response = page.get(reverse("mail:compose"))
    assert response.status_code == 200
    assert b"New message" in response.content
    assert Draft.objects.count() == 0


def test_a_link_may_fill_the_fields(page):
    response = page.get(reverse("mail:compose"), {"to": "carol@example.org", "subject": "Hello\r\nBcc: x@y"})
    content = response.content.decode()
    assert 'value="carol@example.org"' in content
    assert 'value="Hello Bcc: x@y"' in content


def test_a_mailto_link_is_understood(page):
    uri = "mailto:a%40example.org,b@example.org?cc=c@example.org&subject=Hi%20there&body=One%0D%0ATwo"
    response = page.get(reverse("mail:compose"), {"mailto": uri})
    content = response.content.decode()
    assert "a@example.org,b@example.org" in content
    assert "c@example.org" in content
    assert "Hi there" in content


def test_saving_without_script_leads_back_to_the_draft_which_says_so(page, bob):
    draft_id = uuid4()
    response = page.post(address("save", draft_id), form(), follow=True)
    assert response.redirect_chain[-1][0] == address("edit", draft_id)
    content = response.content.decode()
    assert "Draft saved at" in content
    assert "Noon?" in content
    assert 'value="Lunch"' in content


def test_files_come_along_and_can_be_removed_without_script(page, alice):
    draft_id = uuid4()
    files = [SimpleUploadedFile("plan.pdf", b"%PDF"), SimpleUploadedFile("run.exe", b"MZ")]
    response = page.post(address("save", draft_id), form() | {"files": files}, follow=True)
    assert b"plan.pdf" in response.content
    assert b"refuse files that end in .exe" in response.content
    mailbox = factories.open_mailbox(alice)
    plan = uploads.files_of(mailbox, draft_id)[0]
    response = page.post(address("save", draft_id), form(remove=str(plan.id), revision="1"), follow=True)
    assert [file.file_name for file in uploads.files_of(mailbox, draft_id)] == ["run.exe"]


def test_sending_without_script_says_so_and_offers_undo_on_the_next_page(page, bob):
    draft_id = uuid4()
    response = page.post(address("send", draft_id), form(next=reverse("mail:home")))
    assert response.status_code == 302
    assert response["Location"] == reverse("mail:home")
    said, *rest, seconds, then = page.session["mail_said"]
    assert seconds in NEARLY_TEN
    assert said == f"Sending in {seconds} seconds. Until then you can take it back."
    assert (rest, then) == (["", address("take_back", draft_id)], "Message sent.")
    response = page.post(address("take_back", draft_id), follow=True)
    assert response.redirect_chain[-1][0] == address("edit", draft_id)
    assert b"Noon?" in response.content
    assert Transit.objects.get().state == Transit.State.RECALLED


def test_a_question_is_asked_on_the_page_and_answered_by_a_button(page, bob):
    draft_id, editor = uuid4(), str(uuid4())
    response = page.post(address("send", draft_id), form(subject="", editor=editor))
    assert response.status_code == 422
    content = response.content.decode()
    assert "This message has no subject" in content
    assert 'name="confirmed" value="subject"' in content
    assert "Noon?" in content
    response = page.post(address("send", draft_id), form(subject="", confirmed="subject", editor=editor))
    assert response.status_code == 302


def test_a_refusal_shows_the_page_again_with_everything_in_it(page, bob):
    response = page.post(address("send", uuid4()), form(to="nobody@example.test", text="Long text"))
    assert response.status_code == 400
    content = response.content.decode()
    assert "This recipient does not exist: nobody@example.test" in content
    assert "Long text" in content
    assert Message.objects.filter(is_draft=True).count() == 1


def test_two_pages_of_one_draft_notice_each_other_without_script(page):
    draft_id = uuid4()
    page.post(address("save", draft_id), form(text="One"))
    page.post(address("save", draft_id), form(text="Two", revision="1"))
    response = page.post(address("save", draft_id), form(text="Three", revision="1"))
    assert response.status_code == 409
    content = response.content.decode()
    assert "Keep this version" in content
    assert "Three" in content
    assert 'name="revision" id="id_revision" value="2"' in content
    assert page.post(address("save", draft_id), form(text="Three", revision="2")).status_code == 302


def test_a_formatted_draft_keeps_its_formatting_when_only_fields_change_without_script(page, alice):
    writer = Writer(factories.open_mailbox(alice))
    writer.save(html="<p>Some <b>bold</b></p>", text="", is_plain=False)
    opened = page.get(address("edit", writer.draft_id)).context["form"]
    values = {name: opened[name].value() for name in ("text", "html", "mode", "editor", "revision")}
    values = {name: str(value) for name, value in values.items()}
    page.post(address("save", writer.draft_id), form(subject="Other", **values))
    fields = rows.fields_of(writer.mailbox, rows.get(writer.mailbox, writer.draft_id))
    assert (fields.subject, fields.is_plain) == ("Other", False)
    assert "<b>bold</b>" in fields.html


def test_a_script_is_answered_with_what_it_needs(page):
    draft_id = uuid4()
    answer = page.post(address("save", draft_id), form(mode="rich", html="<p>Hi</p>", sequence="1"), **JSON).json()
    assert answer["draft"] == str(draft_id)
    assert answer["revision"] == 1
    assert answer["url"] == address("edit", draft_id)
    other = page.post(address("save", draft_id), form(mode="plain", text="x"), **JSON)
    assert other.status_code == 409
    assert (other.json()["reason"], other.json()["revision"]) == ("edited", 1)


def test_a_script_that_sends_gets_questions_and_then_where_to_go(page, bob):
    draft_id, editor = uuid4(), str(uuid4())
    asked = page.post(address("send", draft_id), form(subject="", editor=editor), **JSON)
    assert asked.status_code == 422
    assert [question["code"] for question in asked.json()["questions"]] == ["subject"]
    sent = page.post(address("send", draft_id), form(subject="", confirmed="subject", editor=editor), **JSON).json()
    assert sent["seconds"] in NEARLY_TEN
    assert sent["undo"] == address("take_back", draft_id)
    taken = page.post(sent["undo"], **JSON).json()
    assert taken["url"] == address("edit", draft_id)


def test_no_time_to_take_back_when_the_person_wants_none(page, alice, bob):
    preferences.save(factories.actor_for(alice), alice, {"undo_send_seconds": 0})
    sent = page.post(address("send", uuid4()), form(), **JSON).json()
    assert (sent["seconds"], sent["undo"]) == (0, "")
    assert Draft.objects.get().status == Draft.Status.SENT


def test_a_sent_draft_is_not_editable(page, bob):
    draft_id = uuid4()
    page.post(address("send", draft_id), form())
    response = page.get(address("edit", draft_id))
    assert b"Take it back" in response.content
    assert page.post(address("save", draft_id), form(), **JSON).json()["reason"] == "sent"


def test_uploads_are_answered_with_their_row(page):
    draft_id = uuid4()
    answer = page.post(address("upload", draft_id), {"file": SimpleUploadedFile("plan.pdf", b"%PDF")}, **JSON)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["name"], body["size"]) == ("plan.pdf", 4)
    assert body["remove_url"] in body["html"]
    assert page.post(body["remove_url"], **JSON).json() == {"removed": body["id"]}
    assert page.post(body["remove_url"], **JSON).status_code == 200  # a second click


def test_an_upload_is_refused_by_its_length_before_it_is_read(page, settings):
    response = page.post(
        address("upload", uuid4()),
        data=b"--x\r\n",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(50 * 1024 * 1024),
        **JSON,
    )
    assert response.status_code == 413
    assert "29" in response.json()["message"]
    assert Draft.objects.count() == 0


def test_a_picture_is_shown_in_place_and_anything_else_is_a_download_that_cannot_run(page, alice):
    writer = Writer(factories.open_mailbox(alice))
    picture = writer.attach("dot.png", PNG, is_inline=True)
    hostile = writer.attach("x.html", b"<script>alert(1)</script>", content_type="text/html")
    shown = page.get(reverse("mail:compose_file", args=[picture.id]))
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Disposition"].startswith("inline")
    assert shown.content == PNG
    saved = page.get(reverse("mail:compose_file", args=[hostile.id]))
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved["Content-Security-Policy"]
    assert saved["X-Content-Type-Options"] == "nosniff"


def test_pictures_have_addresses_on_the_page_and_content_ids_in_the_draft(page, alice):
    writer = Writer(factories.open_mailbox(alice))
    picture = writer.attach("dot.png", PNG, is_inline=True)
    url = reverse("mail:compose_file", args=[picture.id])
    page.post(address("save", writer.draft_id), form(mode="rich", html=f'<p><img src="{url}" alt="dot"></p>'), **JSON)
    fields = rows.fields_of(writer.mailbox, rows.get(writer.mailbox, writer.draft_id))
    assert f'src="cid:{picture.details.content_id}"' in fields.html
    assert url in page.get(address("edit", writer.draft_id)).context["form"]["html"].value()


def test_an_answer_leads_to_its_draft_and_knows_the_way_back(page, alice):
    message = factories.store_message(alice, factories.make_message_bytes(to="alice@example.test", text="Old words"))
    back = reverse("mail:home")
    response = page.get(reverse("mail:compose_reply", args=[message.key]), {"next": back}, follow=True)
    assert response.status_code == 200
    assert response.context["next"] == back
    draft = Draft.objects.get()
    quote = page.get(address("quote", draft.pk))
    assert b"Old words" in quote.content
    assert "script-src" not in quote["Content-Security-Policy"]
    assert "sandbox" in quote["Content-Security-Policy"]


def test_a_page_fetched_in_advance_begins_no_answer(page, alice):
    message = factories.store_message(alice)
    response = page.get(reverse("mail:compose_reply", args=[message.key]), headers={"Sec-Purpose": "prefetch"})
    assert response.status_code == 204
    assert Draft.objects.count() == 0


def test_discarding_says_so_and_can_be_undone(page):
    draft_id = uuid4()
    page.post(address("save", draft_id), form())
    answer = page.post(address("discard", draft_id), **JSON).json()
    assert answer["sentence"] == "Draft moved to Deleted."
    assert Message.objects.get().folder.role == "deleted"
    undo = page.session["mail_said"][1]
    page.post(reverse("mail:undo"), {"undo": undo})
    assert Message.objects.get().folder.role == "drafts"


def test_the_way_back_never_leaves_the_house(page):
    for target in ("https://evil.test/", "//evil.test/", "javascript:alert(1)", "/mail/compose/"):
        response = page.get(reverse("mail:compose"), {"next": target})
        assert response.context["next"] == reverse("mail:home"), target


def test_suggestions_and_recipients_are_answered_in_words(page, organization, bob):
    factories.make_group(organization, "team", members=[bob, "x@example.org"])
    results = page.get(reverse("mail:compose_suggest"), {"q": "te"}).json()["results"]
    assert results == [
        {
            "name": "team",
            "address": "team@example.test",
            "kind": "group",
            "outside": False,
            "members": 2,
            "detail": "",
            "note": "",
        }
    ]
    answer = page.post(
        reverse("mail:compose_recipients"),
        {"to": "team@example.test, Helena <helena@example.org>", "cc": "bob@example.test"},
    ).json()
    assert answer["sentence"] == "Goes to 4 people, 1 outside Example (Helena, example.org)."
    assert answer["outside"] == 1
    wrong = page.post(reverse("mail:compose_recipients"), {"to": "nobody@example.test, helena@example.org"}).json()
    assert wrong["problems"] == ["There is no nobody@example.test at Example. Correct it or remove it."]
    tagged = page.post(reverse("mail:compose_recipients"), {"to": "bob+orders@example.test"}).json()
    assert (tagged["sentence"], tagged["problems"]) == ("Goes to 1 person.", [])


@pytest.mark.parametrize("name", ["edit", "quote", "save", "send", "discard", "take_back", "upload"])
def test_nobody_else_gets_at_a_draft(client, alice, bob, name):
    writer = Writer(factories.open_mailbox(alice))
    writer.save()
    url = address(name, writer.draft_id)
    get = name in ("edit", "quote")
    assert (client.get(url) if get else client.post(url)).status_code == 302  # to the sign-in page
    client.force_login(bob)
    data = form(from_address="bob@example.test") | (
        {"file": SimpleUploadedFile("a.txt", b"a")} if name == "upload" else {}
    )
    response = client.get(url) if get else client.post(url, data, **JSON)
    assert response.status_code in (404, 200)
    if name == "discard":
        assert Message.objects.get(is_draft=True).folder.role == "drafts"
    else:
        assert response.status_code == 404


def test_forms_from_elsewhere_are_refused(alice):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    for name in ("save", "send", "discard", "take_back", "upload"):
        assert client.post(address(name, uuid4()), form()).status_code == 403, name


@pytest.mark.parametrize("value", ["", "x", "00000000-0000-0000-0000-00000000000"])
def test_an_unusable_form_is_answered_not_crashed(page, value):
    response = page.post(address("save", uuid4()), form(editor=value), **JSON)
    assert response.status_code == 400
    assert page.post(address("save", uuid4()), form(sequence="-1"), **JSON).status_code == 400
    assert page.get(reverse("mail:compose"), {"draft": value}).status_code == 404


def test_uuid_of_nobody_is_not_found(page):
    assert page.get(address("edit", UUID(int=0))).status_code == 404
    assert page.get(reverse("mail:compose_reply", args=[UUID(int=0)])).status_code == 404
