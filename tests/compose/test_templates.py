"""Templates: kept sealed, put into what is written, with script and without, each act undone."""

from uuid import uuid4

import pytest
from django.urls import reverse

from mailapp.composing import rows, signatures, templates
from mailapp.composing.models import Template
from mailapp.composing.state import Fields
from tests import factories
from tests.compose.test_pages import JSON, form
from workmail.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def offer(mailbox):
    return templates.save(mailbox, "Offer", Fields(subject="Our offer", html="<p>Dear <b>you</b></p>"))


@pytest.mark.both_databases
def test_a_template_is_sealed_and_says_the_same_in_both_formats(mailbox, offer):
    held = bytes(Template.objects.get().held)
    assert b"Dear" not in held
    assert b"offer" not in held
    [kept] = templates.listed(mailbox)
    assert (kept.name, kept.subject, kept.html) == ("Offer", "Our offer", "<p>Dear <b>you</b></p>")
    rich = templates.insert(Fields(html="<p></p><p>Alice</p>"), kept)
    assert (rich.subject, rich.html) == ("Our offer", "<p>Dear <b>you</b></p><p></p><p>Alice</p>")
    plain = templates.insert(Fields(subject="Mine", text="\n\n-- \nAlice", is_plain=True), kept)
    assert plain.subject == "Mine"
    assert plain.text.endswith("\n\n-- \nAlice")
    assert plain.text.startswith("Dear")


def test_it_is_kept_without_the_signature_script_and_pictures(mailbox):
    signed = signatures.save(mailbox, "Office", "<p>Fernhill</p>")
    fields = signatures.exchange(Fields(html="<p>Hi<script>x()</script></p>"), None, signed)
    assert templates.save(mailbox, "Hi", fields).html == "<p>Hi</p>"


def test_nothing_is_no_template(mailbox):
    for name, fields in (("", Fields(subject="x")), ("A", Fields(html="<p> </p>")), ("A", Fields(html="x" * 300_000))):
        with pytest.raises(Invalid):
            templates.save(mailbox, name, fields)


def test_without_script_it_is_saved_from_the_composer_and_put_into_another_draft(page, mailbox):
    draft_id, other = uuid4(), uuid4()
    page.post(
        reverse("mail:compose_template_create", args=[draft_id]), form(text="Dear all,", template_name="Greeting")
    )
    [template] = templates.listed(mailbox)
    assert (template.name, template.subject, template.text) == ("Greeting", "Lunch", "Dear all,")
    assert rows.fields_of(mailbox, rows.get(mailbox, draft_id)).text == "Dear all,"
    values = form(text="Noon?", subject="", template=str(template.id))
    assert page.post(reverse("mail:compose_template", args=[other]), values).status_code == 302
    fields = rows.fields_of(mailbox, rows.get(mailbox, other))
    assert (fields.subject, fields.text) == ("Lunch", "Dear all,\n\nNoon?")


def test_a_refused_template_loses_nothing(page):
    response = page.post(
        reverse("mail:compose_template_create", args=[uuid4()]), form(text="Dear all,", template_name="")
    )
    assert response.status_code == 400
    assert "Dear all," in response.content.decode()


def test_renaming_and_deleting_are_undone(page, mailbox, offer):
    for name, values in (("template_rename", {"name": "Other"}), ("template_delete", {})):
        answer = page.post(reverse(f"mail:{name}", args=[offer.id]), values, **JSON).json()
        assert [each.name for each in templates.listed(mailbox)] != ["Offer"]
        page.post(reverse("mail:undo"), {"undo": answer["undo"]}, **JSON)
        assert [each.name for each in templates.listed(mailbox)] == ["Offer"]
    assert "Our offer" in page.get(reverse("mail:templates")).content.decode()


def test_a_script_gets_the_text_and_saves_without_leaving(page, mailbox, offer):
    shown = page.get(reverse("mail:template", args=[offer.id])).json()
    assert shown["html"] == offer.html
    answer = page.post(
        reverse("mail:compose_template_create", args=[uuid4()]), form(template_name="Second"), **JSON
    ).json()
    page.post(reverse("mail:undo"), {"undo": answer["undo"]}, **JSON)
    assert [each.name for each in templates.listed(mailbox)] == ["Offer"]


def test_templates_of_others_are_not_found(client, bob, offer):
    client.force_login(bob)
    for name in ("template", "template_rename", "template_delete"):
        method = client.get if name == "template" else client.post
        assert method(reverse(f"mail:{name}", args=[offer.id]), {"name": "x"}).status_code == 404
    values = form(from_address="bob@example.test", template=str(offer.id))
    assert client.post(reverse("mail:compose_template", args=[uuid4()]), values).status_code == 404
    with pytest.raises(NotFound):
        templates.get(factories.open_mailbox(bob), offer.id)
