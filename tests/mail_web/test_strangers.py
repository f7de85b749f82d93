"""Nobody else gets in: every mail address as a stranger, a colleague, and an administrator of here and elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from mailapp.categories import operations as categories
from mailapp.search import recent, saved
from mailapp.search.models import SavedSearch
from mailapp.store import folders
from mailapp.store.models import Folder, Message
from mailapp.web import image_pages, urls
from tests import factories
from tests.mail_web.steps import JSON, state_of
from tests.mail_web.test_reading import INVITATION, nest

pytestmark = pytest.mark.django_db

# Pages that name nobody's object: each person sees their own, and never a word of Alice's.
OWN = {"home", "counts", "act_anywhere", "undo", "folders", "tree", "folder_create", "search"}
OWN |= {
    "categories",
    "category_choices",
    "category_create",
    "news",
    "palette",
    "push_key",
    "push_subscribe",
    "push_unsubscribe",
}
OWN |= {
    "search_people",
    "search_words",
    "search_options",
    "search_remember",
    "search_forget",
    "saved_searches",
    "saved_search_create",
}
SECRET = "the merger with Brightwater"


@pytest.fixture
def message(alice: Any) -> Message:
    html = factories.make_message_bytes(
        subject=SECRET, text=None, html=f"<p>{SECRET}</p>", attachments=[("plan.txt", "text/plain", SECRET.encode())]
    )
    return factories.store_message(alice, nest(html, SECRET))


@pytest.fixture
def addresses(alice: Any, message: Message) -> dict[str, str]:
    """An address of every page of Alice's, by name."""
    mailbox = factories.open_mailbox(alice)
    own = folders.create(mailbox, SECRET)
    recent.remember(mailbox, SECRET)
    values = {
        "folder_id": own.folder.pk,
        "thread_id": message.thread_id,
        "key": message.key,
        "number": "2",
        "trail": "2",
        "file_name": "plan.txt",
        "category_id": categories.create(mailbox, SECRET).id,
        "search_id": saved.save(mailbox, SECRET, f"subject:({SECRET})").id,
    }
    found: dict[str, str] = {}
    for name in names():
        wanted = parameters_of(name)
        chosen = dict(values)
        if name in ("conversation", "conversation_print", "message"):
            chosen["folder_id"] = message.folder_id
        found[name] = reverse(f"mail:{name}", kwargs={key: chosen[key] for key in wanted})
    found["image"] = image_pages.address_of(mailbox, "https://example.org/pixel.gif")
    return found


def names() -> list[str]:
    return [pattern.name for pattern in urls.urlpatterns if getattr(pattern, "name", None)]


def parameters_of(name: str) -> list[str]:
    [possibility, *_] = [
        possibility
        for value in get_resolver().namespace_dict["mail"][1].reverse_dict.getlist(name)
        for possibility in value[0]
    ]
    return possibility[1]


@pytest.fixture
def strangers(organization: Any, sign_in: Callable[..., Client]) -> dict[str, Client]:
    other = factories.make_organization("other")
    return {
        "colleague": sign_in(factories.make_user(organization, "bob")),
        "administrator": sign_in(factories.administrator_of(organization)),
        "foreign administrator": sign_in(factories.administrator_of(other)),
    }


def test_the_walk_knows_every_address(addresses: dict[str, str]) -> None:
    assert set(names()) == set(addresses)
    assert len(addresses) > 30


def test_alice_herself_gets_in_everywhere(alice: Any, browser_of_alice: Client, addresses: dict[str, str]) -> None:
    """Else the walk below would prove nothing."""
    for name, address in addresses.items():
        if name in ("image", "changes", "preview", "nested_preview", "part", "nested_part"):
            continue  # need a server, a query, or another part number
        response = browser_of_alice.get(address)
        assert response.status_code in (200, 302, 405), (name, response.status_code)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_sign_in_everywhere(addresses: dict[str, str], method: str) -> None:
    client = Client()
    for name, address in addresses.items():
        response = getattr(client, method)(address)
        assert response.status_code in (302, 405), name
        if response.status_code == 302:
            assert response["Location"].startswith("/sign-in/"), name
        assert SECRET.encode() not in response.content


def test_a_script_without_a_session_is_sent_to_sign_in_too(addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        assert Client().get(address, **JSON).status_code in (302, 401, 405), name


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["colleague", "administrator", "foreign administrator"])
def test_nobody_else_finds_anything_at_alices_addresses(
    alice: Any, addresses: dict[str, str], strangers: dict[str, Client], who: str, method: str
) -> None:
    before, tree = state_of(factories.open_mailbox(alice)), set(Folder.objects.values_list("pk", "modseq"))
    for name, address in addresses.items():
        for options in ({}, JSON):
            response = getattr(strangers[who], method)(address, **options)
            if name in OWN:
                assert response.status_code in (200, 302, 400, 404, 405), name
            else:
                assert response.status_code in (404, 405), (name, response.status_code)
            assert SECRET.encode() not in response.content, name
    assert state_of(factories.open_mailbox(alice)) == before
    assert set(Folder.objects.values_list("pk", "modseq")) == tree


@pytest.mark.parametrize("who", ["colleague", "administrator", "foreign administrator"])
def test_names_of_others_in_what_is_posted_mean_nothing(
    alice: Any, message: Message, strangers: dict[str, Client], organization: Any, who: str
) -> None:
    """One's own address, but somebody else's thread, message, folder or parent in the form."""
    client = strangers[who]
    inbox = factories.open_folder(alice).folder
    before = state_of(factories.open_mailbox(alice))
    forms = [
        ("act_anywhere", {"action": "delete", "message": str(message.key)}),
        ("act_anywhere", {"action": "move", "message": str(message.key), "target": str(inbox.pk)}),
        ("folder_create", {"name": "Mine", "parent": str(inbox.pk)}),
    ]
    for name, data in forms:
        response = client.post(reverse(f"mail:{name}"), data, **JSON)
        assert response.status_code == 404, (name, data)
    own = Folder.objects.get(mailbox__entity_id=client.session["_auth_user_id"], role="inbox")
    for data in (
        {"action": "delete", "thread": str(message.thread_id)},
        {"action": "delete", "message": str(message.key)},
        {"action": "move", "everything": "1", "modseq": "99999", "target": str(inbox.pk)},
    ):
        assert client.post(reverse("mail:act", args=[own.pk]), data, **JSON).status_code == 404, data
    kept = saved.save(factories.open_mailbox(alice), "Merger", SECRET)
    for name in ("saved_search_rename", "saved_search_delete"):
        assert client.post(reverse(f"mail:{name}", args=[kept.id]), {"name": "Mine"}, **JSON).status_code == 404, name
    assert SavedSearch.objects.filter(pk=kept.id).exists()
    assert saved.get(factories.open_mailbox(alice), kept.id) == kept
    assert client.get(reverse("mail:message", args=[own.pk, message.key])).status_code == 404
    assert client.get(reverse("mail:conversation", args=[own.pk, message.thread_id])).status_code == 404
    assert state_of(factories.open_mailbox(alice)) == before


def test_a_refusal_looks_like_something_that_never_existed(message: Message, strangers: dict[str, Client]) -> None:
    there = strangers["colleague"].get(reverse("mail:source", args=[message.key]))
    nowhere = strangers["colleague"].get(reverse("mail:source", args=["a3bb189e-8bf9-3888-9912-ace4e6543002"]))
    assert there.status_code == nowhere.status_code == 404
    assert len(there.content) == len(nowhere.content)


def test_nothing_is_changed_by_following_a_link(
    alice: Any, browser_of_alice: Client, addresses: dict[str, str]
) -> None:
    before, tree = state_of(factories.open_mailbox(alice)), set(Folder.objects.values_list("pk", "modseq"))
    for name, address in addresses.items():
        if name != "image":
            browser_of_alice.get(address)
    assert state_of(factories.open_mailbox(alice)) == before
    assert set(Folder.objects.values_list("pk", "modseq")) == tree


def test_a_form_from_another_site_changes_nothing(alice: Any, message: Message) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    url = reverse("mail:act", args=[message.folder_id])
    assert client.post(url, {"action": "delete", "message": str(message.key)}).status_code == 403
    assert Message.objects.get(key=message.key).folder_id == message.folder_id


def test_an_invitation_of_somebody_else_is_not_found_by_number(alice: Any, strangers: dict[str, Client]) -> None:
    invitation = factories.store_message(alice, INVITATION)
    for number in ("1", "1.1", "0"):
        address = reverse("mail:part", args=[invitation.key, number, "invite.ics"])
        assert strangers["colleague"].get(address).status_code == 404
