"""The contacts pages, as a browser without script uses them."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse

from mailapp.contacts import book as books
from mailapp.contacts import correspondents, groups, importing, writing
from mailapp.mime.model import Person
from mailapp.web.people import forms, urls
from tests import factories
from tests.contacts.conftest import make_card
from workmail.accounts.actor import SYSTEM
from workmail.directory import services

pytestmark = pytest.mark.django_db
SECRET = "Brightwater"


@pytest.fixture
def browser(alice):
    client = Client()
    client.force_login(alice)
    return client


def empty_form(**values):
    data = {}
    for prefix in forms.FORMSETS:
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data | values


def form_of(response):
    """What a browser would send of the form as it stands."""
    person, sections = response.context["person"], response.context["sections"]
    data = {f"{name}": person[name].value() or "" for name in person.fields if name not in ("photo", "remove_photo")}
    for section in sections:
        formset, prefix = section["formset"], section["prefix"]
        data |= {f"{prefix}-TOTAL_FORMS": len(formset.forms), f"{prefix}-INITIAL_FORMS": formset.initial_form_count()}
        for form in formset.forms:
            for name in form.fields:
                value = form[name].value()
                if value is not None and value is not False and value != "":
                    data[form.add_prefix(name)] = "on" if value is True else value
    return data


def names(book):
    return [entry.summary.name for entry in books.entries(book)]


def test_a_contact_is_made_changed_and_deleted_by_forms(browser, open_book):
    data = empty_form(given_name="Zoé", family_name="Martin", organization="Quay Freight", birthday="04-12")
    data |= {"email-TOTAL_FORMS": 1, "email-0-value": "zoe@example.org", "email-0-kind": "work"}
    response = browser.post(reverse("contacts:new"), data, follow=True)
    assert "Zoé Martin added to your contacts." in response.content.decode()
    [entry] = books.entries(open_book())
    assert entry.summary.addresses == ("zoe@example.org",)
    page = browser.get(reverse("contacts:edit", args=[entry.key]))
    data = form_of(page) | {"family_name": "Moreau", "email-0-DELETE": "on"}
    response = browser.post(reverse("contacts:edit", args=[entry.key]), data, follow=True)
    assert "Zoé Moreau changed." in response.content.decode()
    assert names(open_book()) == ["Zoé Moreau"]
    assert books.entries(open_book())[0].summary.addresses == ()
    response = browser.post(reverse("contacts:delete", args=[entry.key]), follow=True)
    undo = re.search(r'action="(/people/undo/[^"]+)"', response.content.decode())[1]
    assert names(open_book()) == []
    browser.post(undo)
    assert names(open_book()) == ["Zoé Moreau"]


def test_saving_a_form_as_it_stands_keeps_the_card_as_it_is(browser, open_book):
    card = make_card(
        "Dr. Zoé Martin",
        "N:Martin;Zoé;Anne,Marie;Dr.;",
        "EMAIL;TYPE=x-strange;PREF=3:zoe@example.org",
        "EMAIL:not an address",
        'ADR;LABEL="x":;;1 Road;Town;;1;',
        "BDAY;VALUE=text:about 1980",
        "RELATED;TYPE=friend:urn:uuid:1",
        "X-UNKNOWN;P=1:a\\,b",
        "NOTE:one\\ntwo",
        "CATEGORIES:a\\, b,c",
    )
    [key] = writing.create(open_book(), card).keys
    before = books.get(open_book(), key)
    page = browser.get(reverse("contacts:edit", args=[key]))
    data = form_of(page)
    data["categories"] = "a, b, c"
    assert "1 more value of the card is kept as it is." in page.content.decode()
    response = browser.post(reverse("contacts:edit", args=[key]), data)
    assert response.status_code == 302, response.context["person"].errors
    after = books.get(open_book(), key)
    keep = [each for each in before.card.properties if each.name not in ("CATEGORIES", "REV")]
    assert [each for each in after.card.properties if each.name not in ("CATEGORIES", "REV")] == keep


def test_another_row_is_added_without_script_and_nothing_typed_is_lost(browser):
    data = empty_form(given_name="Zoé", add="phone") | {"phone-TOTAL_FORMS": 1, "phone-0-value": "+33 1"}
    response = browser.post(reverse("contacts:new"), data)
    html = response.content.decode()
    assert 'value="Zoé"' in html
    assert 'value="+33 1"' in html
    assert 'name="phone-1-value"' in html


def test_what_cannot_be_used_is_said_at_its_field(browser, open_book):
    data = empty_form(given_name="A", birthday="yesterday") | {"email-TOTAL_FORMS": 1, "email-0-value": "nobody"}
    response = browser.post(reverse("contacts:new"), data)
    assert response.status_code == 422
    html = response.content.decode()
    assert "This is not an address." in html
    assert "Write the date as 1985-04-12" in html
    response = browser.post(reverse("contacts:new"), empty_form())
    assert "Give the contact a name" in response.content.decode()
    picture = SimpleUploadedFile("x.png", b"<svg/>", "image/png")
    response = browser.post(reverse("contacts:new"), empty_form(given_name="A") | {"photo": picture})
    assert "not a picture" in response.content.decode()
    assert names(open_book()) == []


def test_a_change_of_what_was_changed_elsewhere_is_refused_and_keeps_what_was_typed(browser, open_book):
    [key] = writing.create(open_book(), make_card("A")).keys
    data = form_of(browser.get(reverse("contacts:edit", args=[key])))
    contact = books.get(open_book(), key)
    writing.change(contact, make_card("B", f"UID:{contact.summary.uid}"))
    response = browser.post(reverse("contacts:edit", args=[key]), data | {"nickname": "Typed"})
    assert response.status_code == 422
    assert "changed elsewhere" in response.content.decode()
    assert 'value="Typed"' in response.content.decode()


def test_a_picture_is_made_small_and_shown(browser, open_book):
    import io

    from PIL import Image

    octets = io.BytesIO()
    Image.new("RGB", (900, 600), "red").save(octets, "PNG")
    file = SimpleUploadedFile("x.png", octets.getvalue(), "image/png")
    browser.post(reverse("contacts:new"), empty_form(given_name="A") | {"photo": file})
    [entry] = books.entries(open_book())
    response = browser.get(reverse("contacts:photo", args=[entry.key]))
    assert response["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(response.content)).size == (400, 267)


def test_the_list_searches_and_shows_letters(browser, open_book):
    for number in range(25):
        writing.create(
            open_book(), make_card(f"{chr(65 + number)}nna", "ORG:Dock" if number < 3 else "TEL:+33 612345678")
        )
    page = browser.get(reverse("contacts:home"))
    assert page.content.decode().count("data-person") == 25
    assert browser.get(reverse("contacts:home"), {"letter": "C"}).content.decode().count("data-person") == 1
    assert browser.get(reverse("contacts:home"), {"q": "dock"}).content.decode().count("data-person") == 3
    assert browser.get(reverse("contacts:home"), {"q": "12 34 56"}).content.decode().count("data-person") == 22
    assert "Search colleagues" in browser.get(reverse("contacts:home"), {"q": "zzz"}).content.decode()


def test_several_are_merged_deleted_and_put_into_a_group(browser, open_book):
    keys = [writing.create(open_book(), make_card("A", f"EMAIL:{n}@example.org")).keys[0] for n in range(4)]
    [group] = groups.create(open_book(), "Team").keys
    act = reverse("contacts:act")
    browser.post(act, {"action": "group", "group": str(group), "key": [str(keys[0]), str(keys[1])]})
    assert len(books.get(open_book(), group).summary.members) == 2
    browser.post(act, {"action": "merge", "key": [str(keys[0]), str(keys[1])]})
    assert len(books.get(open_book(), group).summary.members) == 1
    browser.post(act, {"action": "delete", "key": [str(key) for key in keys]})
    assert names(open_book()) == ["Team"]


def test_groups_are_made_and_filled_by_forms(browser, open_book):
    [key] = writing.create(open_book(), make_card("Zoé", "EMAIL:zoe@example.org")).keys
    data = {"name": "Team", "people": "Zoé <zoe@example.org>, other@example.org"}
    response = browser.post(reverse("contacts:group_new"), data, follow=True)
    assert "goes to 2 people" in response.content.decode()
    [group] = groups.listed(open_book())
    assert group.summary.members == (books.get(open_book(), key).summary.uid, "mailto:other@example.org")
    browser.post(reverse("contacts:group_members", args=[group.key]), {"remove": "mailto:other@example.org"})
    assert len(books.get(open_book(), group.key).summary.members) == 1
    response = browser.post(reverse("contacts:group_new"), {"name": "Crew", "people": "nobody"})
    assert response.status_code == 422
    assert browser.get(reverse("contacts:contact", args=[group.key])).status_code == 404


def test_duplicates_are_merged_or_kept_apart(browser, open_book):
    keys = [str(writing.create(open_book(), make_card("Zoé Martin")).keys[0]) for _ in range(2)]
    assert "They have the same name." in browser.get(reverse("contacts:duplicates")).content.decode()
    browser.post(reverse("contacts:keep_apart"), {"key": keys})
    assert "Nobody seems to be there twice." in browser.get(reverse("contacts:duplicates")).content.decode()
    browser.post(reverse("contacts:merge"), {"key": keys})
    assert names(open_book()) == ["Zoé Martin"]


def test_recent_people_can_become_contacts_or_be_forgotten(browser, alice, open_book):
    from django.utils import timezone

    correspondents.record_use(factories.open_mailbox(alice), [Person("Ina Berg", "ina@example.org")], timezone.now())
    assert "Ina Berg" in browser.get(reverse("contacts:recent")).content.decode()
    browser.post(reverse("contacts:add"), {"name": "Ina Berg", "address": "ina@example.org"})
    assert names(open_book()) == ["Ina Berg"]
    assert browser.post(reverse("contacts:add"), {"name": "X", "address": "INA@example.org"}).status_code == 409
    browser.post(reverse("contacts:forget"), {"address": "ina@example.org"})
    assert "Ina Berg" not in browser.get(reverse("contacts:recent")).content.decode().split("Recent people</h1>")[1]


def test_the_address_list_shows_what_an_administrator_entered_and_hides_the_hidden(browser, organization, bob):
    admin = factories.administrator_of(organization)
    chloe = factories.make_user(organization, "chloe", display_name="Chloé Martin")
    services.change_user(
        factories.actor_for(admin),
        bob,
        department="Finance",
        job_title="Head",
        phone="+33 1",
        manager="admin@example.test",
    )
    services.change_user(factories.actor_for(admin), chloe, hidden_from_address_list=True)
    page = browser.get(reverse("contacts:directory")).content.decode()
    assert "Head, Finance" in page
    assert "Chloé" not in page
    card = browser.get(reverse("contacts:entity", args=[bob.pk])).content.decode()
    assert "Administrator" in card
    assert "tel:+331" in card
    assert browser.get(reverse("contacts:entity", args=[chloe.pk])).status_code == 404
    assert "Chloé" not in browser.get(reverse("contacts:name_card"), {"address": "chloe@example.test"}).content.decode()
    assert (
        browser.get(reverse("contacts:directory"), {"department": "Nothing"}).content.decode().count("data-person") == 0
    )


def test_a_card_over_a_name_says_who_it_is(browser, organization, bob):
    url = reverse("contacts:name_card")
    html = browser.get(url, {"address": "bob@example.test", "name": "The Boss"}).content.decode()
    assert "The message calls itself “The Boss”." in html
    assert "At Example" in html
    fragment = browser.get(
        url, {"address": "x@example.org", "name": "<b>"}, HTTP_X_REQUESTED_WITH="XMLHttpRequest"
    ).content.decode()
    assert "Outside Example" in fragment
    assert "<html" not in fragment
    assert "<b>" not in fragment.replace("<b></b>", "")
    assert browser.get(url, {"address": "nobody"}).status_code == 400


def test_an_administrator_gives_a_picture_and_facts(organization, bob, browser):
    import io

    from PIL import Image

    client = Client()
    client.force_login(factories.administrator_of(organization))
    octets = io.BytesIO()
    Image.new("RGB", (50, 50)).save(octets, "PNG")
    client.post(
        reverse("admin:user_portrait", args=[bob.pk]), {"portrait": SimpleUploadedFile("x.png", octets.getvalue())}
    )
    assert browser.get(reverse("contacts:portrait", args=[bob.pk]))["Content-Type"] == "image/jpeg"
    data = {"display_name": "Bob", "role": "user", "department": "IT", "manager": "nobody@example.test"}
    response = client.post(reverse("admin:user", args=[bob.pk]), data)
    assert "There is no person with this address" in response.content.decode()
    data["manager"] = "alice@example.test"
    assert client.post(reverse("admin:user", args=[bob.pk]), data).status_code == 302
    bob.refresh_from_db()
    assert (bob.department, bob.manager.name) == ("IT", "alice")
    response = client.post(
        reverse("admin:user", args=[bob.manager.pk]), data | {"display_name": "Alice", "manager": "bob@example.test"}
    )
    assert "cannot report to themselves" in response.content.decode()


# --- Strangers ---------------------------------------------------------------------------------------------------


@pytest.fixture
def addresses(alice, open_book, organization):
    """An address of every page, with Alice's objects in them."""
    [key] = writing.create(
        open_book(),
        make_card(SECRET, "PHOTO:data:image/gif;base64,R0lGODdhAQABAIAAAAAAAAAAACwAAAAAAQABAAAIBAABBAQAOw=="),
    ).keys
    [group] = groups.create(open_book(), f"{SECRET} team").keys
    undo_id = writing.create(open_book(), make_card(f"{SECRET} B")).undo_id
    import_id = importing.receive(open_book(), "x.vcf", f"BEGIN:VCARD\nFN:{SECRET}\nEND:VCARD".encode()).id
    hidden = factories.make_user(organization, "hidden", display_name=SECRET)
    services.change_user(SYSTEM, hidden, hidden_from_address_list=True)
    values = {"key": key, "undo_id": undo_id, "import_id": import_id, "entity_id": hidden.pk}
    found = {}
    for pattern in urls.urlpatterns:
        [(_template, wanted)] = get_resolver().namespace_dict["contacts"][1].reverse_dict.getlist(pattern.name)[0][0]
        chosen = values | ({"key": group} if pattern.name.startswith("group") else {})
        found[pattern.name] = reverse(f"contacts:{pattern.name}", kwargs={name: chosen[name] for name in wanted})
    return found


NEEDS_OBJECT = {
    *("contact", "edit", "delete", "photo", "group", "group_rename", "group_members", "group_delete", "undo"),
    *("import_preview", "entity", "portrait"),
}


def test_alice_herself_gets_in_everywhere(addresses, browser):
    for name, address in addresses.items():
        if name not in ("entity", "portrait"):
            assert browser.get(address).status_code in (200, 400, 405), name
    assert SECRET in browser.get(addresses["home"]).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_is_sent_to_sign_in(addresses, method):
    for name, address in addresses.items():
        response = getattr(Client(), method)(address)
        assert response.status_code in (302, 405), name
        assert response.status_code == 405 or response["Location"].startswith("/sign-in/"), name


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_finds_or_changes_anything(addresses, organization, bob, open_book, method):
    before = {entry.key: entry.modseq for entry in books.entries(open_book())}
    for user in (bob, factories.administrator_of(factories.make_organization("other"))):
        client = Client()
        client.force_login(user)
        for name, address in addresses.items():
            response = getattr(client, method)(address)
            assert response.status_code in ((404, 405) if name in NEEDS_OBJECT else (200, 302, 400, 405, 422, 404)), (
                name
            )
            assert SECRET.encode() not in response.content, name
        for action in ("delete", "merge"):
            client.post(addresses["act"], {"action": action, "key": [str(key) for key in before]})
        client.post(addresses["merge"], {"key": [str(key) for key in before]})
        assert (
            client.get(addresses["export_file"], {"format": "vcard4", "key": str(next(iter(before)))}).status_code
            == 404
        )
    assert {entry.key: entry.modseq for entry in books.entries(open_book())} == before
