"""Signatures: kept sealed, begun with by address, exchanged and never doubled, with script and without."""

from uuid import uuid4

import pytest
from django.urls import reverse

from mailapp.composing import answering, building, kept, rows, signatures, tasks
from mailapp.composing.models import Signature, SignatureChoice
from mailapp.composing.signatures import Choice
from mailapp.composing.state import Fields, Manner
from tests import factories
from tests.compose.conftest import Writer
from tests.compose.test_pages import JSON, form
from workmail.accounts import preferences
from workmail.errors import Invalid, LimitExceeded, NotFound

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def office(mailbox):
    return signatures.save(mailbox, "Office", "<p>Alice Martin<br><b>Fernhill</b></p>")


@pytest.fixture
def sales(mailbox):
    return signatures.save(mailbox, "Sales", "<p>The sales team</p>")


@pytest.fixture
def chosen(mailbox, office, sales):
    signatures.choose(
        mailbox,
        {"alice@example.test": Choice(office.id, None), "sales@example.test": Choice(sales.id, sales.id)},
    )


@pytest.mark.both_databases
def test_a_signature_is_sealed_safe_and_can_be_changed_deleted_and_brought_back(mailbox):
    signed = signatures.save(mailbox, " Office ", "<p>Alice <script>alert(1)</script></p>")
    row = Signature.objects.get()
    assert b"Alice" not in bytes(row.held)
    assert (signed.name, signed.html) == ("Office", "<p>Alice </p>")
    signatures.save(mailbox, "Home", "<p>A.</p>", signature_id=signed.id)
    kept.revert(Signature, mailbox, signed.id)
    assert signatures.get(mailbox, signed.id).name == "Office"
    kept.delete(Signature, mailbox, signed.id)
    assert signatures.listed(mailbox) == []
    kept.restore(Signature, mailbox, signed.id)
    assert [each.name for each in signatures.listed(mailbox)] == ["Office"]


def test_what_was_deleted_is_forgotten_a_day_later(mailbox, office):
    kept.delete(Signature, mailbox, office.id)
    tasks.sweep()
    assert Signature.objects.exists()
    Signature.objects.update(deleted_at="2026-01-01T00:00Z")
    tasks.sweep()
    assert not Signature.objects.exists()


def test_a_signature_needs_a_name_and_something_to_say_and_there_is_an_end(mailbox, monkeypatch):
    for name, html in (("", "<p>A</p>"), ("A", "<p> </p>"), ("A", f"<p>{'a' * 30_000}</p>")):
        with pytest.raises(Invalid):
            signatures.save(mailbox, name, html)
    monkeypatch.setattr(kept, "MOST", 1)
    signatures.save(mailbox, "A", "<p>A</p>")
    with pytest.raises(LimitExceeded):
        signatures.save(mailbox, "B", "<p>B</p>")


@pytest.mark.both_databases
def test_each_address_begins_with_its_own(mailbox, chosen):
    assert "Fernhill" in answering.begin_new(mailbox, Fields()).html
    fields = answering.begin_new(mailbox, Fields(from_address="sales@example.test", text="Hello"))
    assert fields.html.endswith("<p>The sales team</p>")
    assert "Hello" in fields.html
    assert signatures.default_for(mailbox, "alice@example.test", Manner.REPLY) is None


def test_an_answer_begins_with_the_signature_of_the_address_it_was_sent_to(alice, mailbox, chosen, sales):
    message = factories.store_message(alice, factories.make_message_bytes(to="sales@example.test"))
    draft = answering.begin(mailbox, message.key, Manner.REPLY)
    fields = rows.fields_of(mailbox, draft)
    assert (fields.html, fields.signature) == ("<p></p><p>The sales team</p>", str(sales.id))


def test_in_a_plain_answer_it_stands_above_the_quote_below_its_mark(alice, mailbox, chosen):
    preferences.save(mailbox.actor, alice, {"compose_format": "plain"})
    message = factories.store_message(alice, factories.make_message_bytes(to="sales@example.test", text="Well?"))
    text = rows.fields_of(mailbox, answering.begin(mailbox, message.key, Manner.REPLY)).text
    assert text.startswith("\n\n-- \nThe sales team\n\n")
    assert text.rstrip().endswith("> Well?")


def test_a_signature_is_exchanged_where_it_stands_and_never_doubled(office, sales):
    for fields in (
        Fields(html="<p>Hello</p>"),
        Fields(text="Hello", is_plain=True),
    ):
        signed = signatures.exchange(fields, None, office)
        other = signatures.exchange(signed, office, sales)
        body = other.text if other.is_plain else other.html
        assert (body.count("sales team"), body.count("Fernhill")) == (1, 0)
        bare = signatures.exchange(other, sales, None)
        assert ("sales" in bare.html + bare.text, bare.signature) == (False, "")


def test_a_signature_that_the_writer_changed_is_theirs(office, sales):
    fields = Fields(html="<p>Hi</p><p>Alice, at home</p>", signature=str(office.id))
    assert signatures.exchange(fields, office, sales) == fields


def test_a_disclaimer_does_not_ask_for_an_attachment(writer, mailbox, bob):
    signed = signatures.save(mailbox, "Legal", "<p>Any attachment is confidential.</p>")
    writer.send(text=f"Noon?\n\n{signed.plain}", signature=str(signed.id))


def test_signatures_of_others_mean_nothing(alice, bob, mailbox, office):
    theirs = factories.open_mailbox(bob)
    with pytest.raises(NotFound):
        signatures.get(theirs, office.id)
    with pytest.raises(NotFound):
        signatures.save(theirs, "Mine", "<p>x</p>", signature_id=office.id)
    with pytest.raises(NotFound):
        kept.delete(Signature, theirs, office.id)
    with pytest.raises(NotFound):
        signatures.choose(theirs, {"bob@example.test": Choice(office.id, None)})
    with pytest.raises(Invalid):
        signatures.choose(theirs, {"alice@example.test": Choice()})
    assert signatures.named(theirs, str(office.id)) is None


# --- Pages ---------------------------------------------------------------------------------------------------


def test_a_page_without_script_keeps_chooses_and_deletes_with_undo(page, mailbox):
    page.post(reverse("mail:signature_create"), {"name": "Office", "text": "Alice\nFernhill", "mode": "unscripted"})
    [signed] = signatures.listed(mailbox)
    assert signed.text == "Alice\nFernhill"
    page.post(
        reverse("mail:signatures_choose"),
        {"new alice@example.test": str(signed.id), "answers alice@example.test": ""},
    )
    shown = page.get(reverse("mail:compose")).content.decode()
    assert "Fernhill" in shown
    response = page.post(reverse("mail:signature_delete", args=[signed.id]), **JSON)
    assert signatures.listed(mailbox) == []
    page.post(reverse("mail:undo"), {"undo": response.json()["undo"]}, **JSON)
    assert [each.id for each in signatures.listed(mailbox)] == [signed.id]
    assert SignatureChoice.objects.get(for_new__isnull=False).for_new_id == signed.id


def test_saving_and_choosing_can_be_undone(page, mailbox, office):
    changed = page.post(
        reverse("mail:signature_save", args=[office.id]), {"name": "New", "html": "<p>x</p>", "mode": "rich"}, **JSON
    )
    page.post(reverse("mail:undo"), {"undo": changed.json()["undo"]}, **JSON)
    assert signatures.get(mailbox, office.id).name == "Office"
    use = page.post(
        reverse("mail:signatures_choose"),
        {"new alice@example.test": office.id, "answers alice@example.test": ""},
        **JSON,
    )
    assert signatures.choices(mailbox)["alice@example.test"].for_new == office.id
    page.post(reverse("mail:undo"), {"undo": use.json()["undo"]}, **JSON)
    assert signatures.choices(mailbox)["alice@example.test"] == Choice()


def test_what_was_typed_is_not_lost_when_it_is_refused(page):
    response = page.post(reverse("mail:signature_create"), {"name": "", "text": "Yours,\nAlice"})
    assert response.status_code == 400
    assert "Yours,\nAlice" in response.content.decode()


def test_without_script_another_address_brings_its_signature(page, mailbox, office, sales, chosen):
    opened = answering.begin_new(mailbox, Fields())
    draft_id = uuid4()
    values = form(
        text=building.text_of(opened.html),
        html=opened.html,
        signature=str(office.id),
        signature_before=str(office.id),
        from_before="alice@example.test",
        from_address="sales@example.test",
    )
    page.post(reverse("mail:compose_save", args=[draft_id]), values)
    fields = rows.fields_of(mailbox, rows.get(mailbox, draft_id))
    assert fields.html == "<p></p><p>The sales team</p>"
    assert fields.signature == str(sales.id)


def test_a_signature_that_is_gone_keeps_nobody_from_saving(page, mailbox):
    draft_id = uuid4()
    values = form(signature=str(uuid4()), signature_before="")
    assert page.post(reverse("mail:compose_save", args=[draft_id]), values).status_code == 302
    assert rows.fields_of(mailbox, rows.get(mailbox, draft_id)).text == "Noon?"


@pytest.mark.parametrize("name", ["signature_save", "signature_delete"])
def test_a_colleague_does_not_find_the_addresses_of_a_signature(client, bob, mailbox, office, name):
    client.force_login(bob)
    values = {"name": "x", "text": "x"}
    assert client.post(reverse(f"mail:{name}", args=[office.id]), values).status_code == 404
    assert signatures.get(mailbox, office.id) == office


def test_a_sent_message_says_its_signature_once(mailbox, office, bob, in_folder):
    writer = Writer(mailbox)
    fields = signatures.exchange(Fields(html="<p>Noon?</p>"), None, office)
    writer.send(html=fields.html, text="", is_plain=False, signature=fields.signature)
    [sent] = in_folder("sent")
    assert sent.html.count("Fernhill") == 1
    assert sent.text.count("Fernhill") == 1
