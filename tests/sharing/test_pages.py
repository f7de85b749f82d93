"""The pages: a shared folder as its reader sees it, the settings, and every address as somebody without the right."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.sharing.levels import Level
from mailapp.sharing.models import FolderGrant, MailboxGrant
from mailapp.store import folders
from mailapp.store.models import Folder, Message
from mailapp.web import image_pages
from tests import factories
from tests.sharing.steps import JSON, allow, opened, share

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
SECRET = "the merger with Brightwater"


@pytest.fixture
def message(alice: Any) -> Message:
    raw = factories.make_message_bytes(
        subject=SECRET,
        html=f"<p>{SECRET} <img src='https://example.org/a.gif'></p>",
        text=None,
        attachments=[("plan.txt", "text/plain", SECRET.encode())],
    )
    return factories.store_message(alice, raw)


def pages_of(message: Message) -> dict[str, str]:
    folder, key = message.folder_id, message.key
    return {
        "list": reverse("mail:folder", args=[folder]),
        "rows": reverse("mail:folder", args=[folder]) + "?part=rows",
        "changes": reverse("mail:changes", args=[folder]) + "?since=0",
        "conversation": reverse("mail:conversation", args=[folder, message.thread_id]),
        "conversation print": reverse("mail:conversation_print", args=[folder, message.thread_id]),
        "message": reverse("mail:message", args=[folder, key]),
        "unfolded": reverse("mail:message", args=[folder, key]) + "?part=message",
        "body": reverse("mail:body", args=[key]),
        "source": reverse("mail:source", args=[key]),
        "eml": reverse("mail:eml", args=[key]),
        "print": reverse("mail:print", args=[key]),
        "archive": reverse("mail:archive", args=[key]),
        "preview": reverse("mail:preview", args=[key, "2"]),
        "part": reverse("mail:part", args=[key, "2", "plan.txt"]),
    }


def test_every_page_of_a_shared_message_opens_for_a_viewer_and_closes_with_the_grant(
    alice: Any, bob: Any, chloe: Any, sign_in: SignIn, message: Message
) -> None:
    addresses = pages_of(message)
    client, other = sign_in(bob), sign_in(chloe)
    share(alice, "inbox", bob, Level.VIEWER)
    for name, address in addresses.items():
        response = client.get(address)
        assert response.status_code == 200, (name, response.status_code)
        assert other.get(address).status_code == 404, name
    share(alice, "inbox", bob, None)
    for name, address in addresses.items():
        response = client.get(address)
        assert response.status_code == 404, (name, response.status_code)
        assert SECRET.encode() not in response.content


def test_what_lies_in_another_folder_is_not_found_with_a_share_of_one(alice: Any, bob: Any, sign_in: SignIn) -> None:
    hidden = factories.store_message(alice, factories.make_message_bytes(subject=SECRET), role="archive")
    shared = share(alice, "inbox", bob, Level.OWNER).folder
    client = sign_in(bob)
    for name, address in pages_of(hidden).items():
        response = client.get(address)
        assert response.status_code == 404, name
    for through in (
        reverse("mail:message", args=[shared.pk, hidden.key]),
        reverse("mail:conversation", args=[shared.pk, hidden.thread_id]),
        reverse("mail:conversation_print", args=[shared.pk, hidden.thread_id]),
        reverse("mail:message", args=[shared.pk, hidden.key]) + "?part=message",
        reverse("mail:compose_reply", args=[hidden.key]),
        reverse("mail:compose_forward", args=[hidden.key]),
    ):
        response = client.get(through)
        assert response.status_code == 404, through
        assert SECRET.encode() not in response.content
    for data in (
        {"action": "read", "message": str(hidden.key)},
        {"action": "delete", "message": str(hidden.key)},
        {"action": "delete", "thread": str(hidden.thread_id)},
    ):
        assert client.post(reverse("mail:act", args=[shared.pk]), data, **JSON).status_code == 404, data
    hidden.refresh_from_db()
    assert not hidden.is_seen


def test_a_conversation_over_folders_and_its_print_hold_the_shared_part_only(
    alice: Any, bob: Any, sign_in: SignIn
) -> None:
    plain = factories.make_message_bytes(subject="Plan", message_id="<a@x.example>", text="Open words.\n")
    secret = factories.make_message_bytes(
        subject="Re: Plan", message_id="<b@x.example>", in_reply_to="<a@x.example>", text=SECRET + "\n"
    )
    here = factories.store_message(alice, plain)
    factories.store_message(alice, secret, role="archive")
    share(alice, "inbox", bob, Level.VIEWER)
    for name in ("conversation", "conversation_print"):
        response = sign_in(bob).get(reverse(f"mail:{name}", args=[here.folder_id, here.thread_id]))
        assert b"Open words" in response.content
        assert SECRET.encode() not in response.content


ACTS = {
    "read": Level.CONTRIBUTOR,
    "flag": Level.CONTRIBUTOR,
    "delete": Level.EDITOR,
    "delete-forever": Level.EDITOR,
    "archive": None,
    "junk": None,
    "phishing": None,
    "snooze": None,
    "mute": None,
}


@pytest.mark.parametrize("action", ACTS)
@pytest.mark.parametrize("level", Level)
def test_acts_need_their_level_and_the_page_says_which_it_refuses(
    alice: Any, bob: Any, sign_in: SignIn, message: Message, level: str, action: str
) -> None:
    share(alice, "inbox", bob, level)
    client, order = sign_in(bob), list(Level)
    allowed = ACTS[action] is not None and order.index(level) >= order.index(ACTS[action])
    page = client.get(reverse("mail:folder", args=[message.folder_id])).content.decode()
    refused = page.partition('data-refused="')[2].partition('"')[0].split()
    assert (action in refused) is not allowed
    data = {"action": action, "thread": str(message.thread_id), "until": "2099-01-01T10:00"}
    if action == "snooze":
        from datetime import timedelta

        from django.utils import timezone

        data["until"] = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    else:
        del data["until"]
    before = Message.objects.values("folder_id", "modseq", "is_seen").get(key=message.key)
    response = client.post(reverse("mail:act", args=[message.folder_id]), data, **JSON)
    assert response.status_code == (200 if allowed else 403), response.content
    if not allowed:
        assert Message.objects.values("folder_id", "modseq", "is_seen").get(key=message.key) == before
        assert response.json()["message"]


def test_a_deletion_is_taken_back_by_who_did_it_and_nobody_else(
    alice: Any, bob: Any, chloe: Any, sign_in: SignIn, message: Message
) -> None:
    for somebody in (bob, chloe):
        share(alice, "inbox", somebody, Level.EDITOR)
    client, url = sign_in(bob), reverse("mail:undo")
    data = {"action": "delete", "thread": str(message.thread_id)}
    answer = client.post(reverse("mail:act", args=[message.folder_id]), data, **JSON).json()
    assert Message.objects.get(key=message.key).folder.role == "deleted"
    assert set(answer["counts"]) == {"folders"}
    for other in (chloe, alice):
        assert sign_in(other).post(url, {"undo": answer["undo"]}, **JSON).status_code == 400
    assert client.post(url, {"undo": answer["undo"]}, **JSON).status_code == 200
    assert Message.objects.get(key=message.key).folder.role == "inbox"
    again = client.post(reverse("mail:act", args=[message.folder_id]), data, **JSON).json()
    share(alice, "inbox", bob, None)
    assert client.post(url, {"undo": again["undo"]}, **JSON).status_code == 404
    share(alice, "inbox", bob, Level.VIEWER)
    assert client.post(url, {"undo": again["undo"]}, **JSON).status_code == 403
    assert Message.objects.get(key=message.key).folder.role == "deleted"


def test_moving_goes_to_shared_folders_of_the_same_mailbox(
    alice: Any, bob: Any, sign_in: SignIn, message: Message
) -> None:
    share(alice, "inbox", bob, Level.EDITOR)
    client, url = sign_in(bob), reverse("mail:act", args=[message.folder_id])
    targets = [factories.open_folder(alice, "archive"), factories.open_folder(bob)]
    for target in targets:
        data = {"action": "move", "thread": str(message.thread_id), "target": str(target.folder.pk)}
        assert client.post(url, data, **JSON).status_code == 404
    share(alice, "archive", bob, Level.CONTRIBUTOR)
    data = {"action": "move", "thread": str(message.thread_id), "target": str(targets[0].folder.pk)}
    assert client.post(url, data, **JSON).status_code == 200


def test_folder_acts_stay_with_the_owner(alice: Any, bob: Any, sign_in: SignIn) -> None:
    made = folders.create(factories.open_mailbox(alice), "Projects")
    from mailapp.sharing import granting

    granting.grant_folder(factories.actor_for(alice), made.folder.pk, bob, Level.OWNER, includes_subfolders=True)
    client = sign_in(bob)
    for name, data in (("rename", {"name": "Mine"}), ("move", {"parent": ""}), ("delete", {})):
        response = client.post(reverse(f"mail:folder_{name}", args=[made.folder.pk]), data, **JSON)
        assert response.status_code == 403, name
    data = {"name": "Below", "parent": str(made.folder.pk)}
    assert client.post(reverse("mail:folder_create"), data, **JSON).status_code == 404
    assert Folder.objects.filter(mailbox=made.mailbox.mailbox).count() == 7


def test_the_side_pane_names_what_is_shared(alice: Any, bob: Any, sign_in: SignIn, message: Message) -> None:
    shared = share(alice, "inbox", bob, Level.VIEWER).folder
    client = sign_in(bob)
    page = client.get(reverse("mail:folder", args=[factories.open_folder(bob).folder.pk])).content.decode()
    pane = page.partition("data-shared-pane")[2].partition("</nav>")[0]
    assert "Alice" in pane
    assert reverse("mail:folder", args=[shared.pk]) in pane
    assert reverse("mail:folder", args=[factories.open_folder(alice, "sent").folder.pk]) not in page
    counts = client.get(reverse("mail:counts")).json()
    assert counts["folders"][str(shared.pk)][0] == "1"
    assert counts["unread"] == 0
    listed = client.get(reverse("mail:folder", args=[shared.pk])).content.decode()
    assert "Alice: Inbox" in listed
    assert "Shared by Alice. You may read here." in listed


def test_opening_ones_own_folder_costs_nothing_more_where_nothing_is_shared(
    alice: Any, bob: Any, chloe: Any, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = sign_in(chloe), reverse("mail:folder", args=[factories.open_folder(chloe).folder.pk])
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as before:
        client.get(url)
    share(alice, "inbox", bob, Level.VIEWER)
    allow(alice, bob, full_access=True)
    with django_assert_num_queries(len(before)):
        client.get(url)


def test_the_fragment_of_shared_folders_tells_a_page_whose_folder_is_gone(
    alice: Any, bob: Any, sign_in: SignIn
) -> None:
    shared = share(alice, "inbox", bob, Level.VIEWER).folder
    client, url = sign_in(bob), reverse("mail:shared_tree") + f"?current={shared.pk}"
    assert "X-Gone" not in client.get(url)
    share(alice, "inbox", bob, None)
    assert client.get(url)["X-Gone"] == "1"
    own = reverse("mail:folder", args=[factories.open_folder(bob).folder.pk])
    assert "This folder is no longer shared with you." in client.get(own).content.decode()


def test_images_are_signed_for_who_reads(alice: Any, bob: Any, sign_in: SignIn, message: Message) -> None:
    folder = opened(bob, share(alice, "inbox", bob, Level.VIEWER))
    url = image_pages.address_of(folder.mailbox, "https://example.org/a.gif")
    assert url == image_pages.address_of(factories.open_mailbox(bob), "https://example.org/a.gif")
    assert url != image_pages.address_of(factories.open_mailbox(alice), "https://example.org/a.gif")


# --- Settings ----------------------------------------------------------------------------------------------------


def test_sharing_a_mailbox_by_form_and_taking_it_back(alice: Any, bob: Any, sign_in: SignIn) -> None:
    client, url = sign_in(alice), reverse("mail:sharing")
    data = {"people": "Bob <bob@example.test>", "full_access": "on", "send_on_behalf": "on"}
    page = client.post(url, data, follow=True)
    assert "Saved: Bob." in page.content.decode()
    grant = MailboxGrant.objects.get()
    assert (grant.full_access, grant.send_as, grant.send_on_behalf) == (True, False, True)
    client.post(url, {"grantee": str(bob.pk), "send_as": "on"})
    grant.refresh_from_db()
    assert (grant.full_access, grant.send_as) == (False, True)
    page = client.post(url, {"grantee": str(bob.pk), "do": "remove"}, follow=True)
    assert not MailboxGrant.objects.exists()
    undo = page.context["status_undo_url"]
    assert sign_in(bob).post(undo).status_code == 400
    assert client.post(undo).status_code == 302
    assert MailboxGrant.objects.get().send_as


@pytest.mark.parametrize(
    "data",
    [
        {"people": "", "full_access": "on"},
        {"people": "nobody@example.test", "full_access": "on"},
        {"people": "mallory@other.test", "full_access": "on"},
        {"people": "alice@example.test", "full_access": "on"},
        {"people": "bob@example.test"},
        {"people": "not an address", "full_access": "on"},
    ],
)
def test_what_cannot_be_is_said_and_kept_in_the_form(
    alice: Any, bob: Any, stranger: Any, sign_in: SignIn, data: dict[str, str]
) -> None:
    response = sign_in(alice).post(reverse("mail:sharing"), data)
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert data["people"] in response.content.decode()
    assert not MailboxGrant.objects.exists()


def test_sharing_a_folder_by_form(alice: Any, bob: Any, chloe: Any, sign_in: SignIn) -> None:
    folder = factories.open_folder(alice).folder
    client, url = sign_in(alice), reverse("mail:share_folder", args=[folder.pk])
    page = client.post(url, {"people": "bob@example.test, chloe@example.test", "level": "viewer"}, follow=True)
    assert "Saved: Bob, Chloe." in page.content.decode()
    client.post(url, {"grantee": str(bob.pk), "level": "owner", "includes_subfolders": "on"})
    assert FolderGrant.objects.get(grantee=bob).includes_subfolders
    assert client.post(url, {"grantee": str(bob.pk), "level": "king"}).status_code == 400
    assert "Share Alice: Inbox" in sign_in(bob).get(url).content.decode()
    assert sign_in(chloe).get(url).status_code == 403
    client.post(url, {"grantee": str(bob.pk), "do": "remove"})
    assert sign_in(bob).get(url).status_code == 404
    listed = client.get(reverse("mail:sharing")).content.decode()
    assert "Chloe (Viewer)" in listed
    assert (
        reverse("mail:share_folder", args=[folder.pk])
        in client.get(reverse("mail:folder", args=[folder.pk])).content.decode()
    )


def test_administrators_share_for_others_and_nobody_else_does(
    organization: Any, alice: Any, bob: Any, stranger: Any, sign_in: SignIn
) -> None:
    group = factories.make_group(organization, "sales")
    for entity in (alice, group):
        url = reverse("mail:sharing_of", args=[entity.pk])
        client = sign_in(factories.administrator_of(organization))
        assert client.get(url).status_code == 200
        assert client.post(url, {"people": "bob@example.test", "send_as": "on"}).status_code == 302
        assert sign_in(bob).get(url).status_code == 403
        assert sign_in(bob).post(url, {"people": "bob@example.test", "send_as": "on"}).status_code == 403
        for foreign in (stranger, factories.administrator_of(stranger.organization)):
            assert sign_in(foreign).get(url).status_code == 404
            assert sign_in(foreign).post(url, {"people": "x@other.test", "send_as": "on"}).status_code == 404
    assert MailboxGrant.objects.count() == 2


def test_completion_offers_people_and_groups_of_the_address_list(
    organization: Any, alice: Any, bob: Any, stranger: Any, sign_in: SignIn
) -> None:
    factories.make_group(organization, "bookkeeping", members=[bob])
    answer = sign_in(alice).get(reverse("mail:sharing_people") + "?q=bo").json()["results"]
    assert {each["address"] for each in answer} == {"bob@example.test", "bookkeeping@example.test"}
    assert sign_in(alice).get(reverse("mail:sharing_people") + "?q=mall").json()["results"] == []


def test_what_is_shared_with_oneself_stands_in_the_settings(alice: Any, bob: Any, sign_in: SignIn) -> None:
    share(alice, "inbox", bob, Level.VIEWER)
    allow(alice, bob, send_on_behalf=True)
    page = sign_in(bob).get(reverse("mail:sharing")).content.decode()
    assert "On their behalf: readers see that you wrote." in page
    assert reverse("mail:folder", args=[factories.open_folder(alice).folder.pk]) in page


def test_the_composer_offers_the_names_one_may_write_in(alice: Any, bob: Any, chloe: Any, sign_in: SignIn) -> None:
    allow(alice, bob, send_as=True)
    allow(chloe, bob, send_on_behalf=True)
    page = sign_in(bob).get(reverse("mail:compose")).content.decode()
    assert "Alice &lt;alice@example.test&gt;</option>" in page
    assert "On behalf of Chloe &lt;chloe@example.test&gt;</option>" in page


def test_the_reader_sees_who_wrote_on_whose_behalf(alice: Any, sign_in: SignIn) -> None:
    raw = factories.make_message_bytes(
        from_="Chloe <chloe@example.test>", header_fields=[("Sender", "Bob <bob@example.test>")]
    )
    message = factories.store_message(alice, raw)
    page = sign_in(alice).get(reverse("mail:message", args=[message.folder_id, message.key])).content.decode()
    assert "Sent by Bob on behalf of Chloe." in page


@pytest.mark.parametrize("name", ["sharing", "sharing_people", "shared_tree", "share_choose", "sharing_undo"])
def test_strangers_are_sent_to_sign_in(db: None, name: str) -> None:
    assert Client().get(reverse(f"mail:{name}")).status_code in (302, 405)


def test_changes_come_as_rows_of_the_shared_folder_alone(
    alice: Any, bob: Any, sign_in: SignIn, message: Message
) -> None:
    share(alice, "inbox", bob, Level.VIEWER)
    factories.store_message(alice, factories.make_message_bytes(subject="Hidden"), role="archive")
    answer = sign_in(bob).get(reverse("mail:changes", args=[message.folder_id]) + "?since=0").json()
    assert [row["name"] for row in answer["rows"]] == [str(message.thread_id)]
    assert "Hidden" not in json.dumps(answer)
    assert set(answer["folders"]) == {str(message.folder_id)}
