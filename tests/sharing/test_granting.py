"""Who may share, with whom, and what is noted of it."""

from typing import Any

import pytest

from mailapp.sharing import granting, senders
from mailapp.sharing.granting import Permissions
from mailapp.sharing.levels import Level
from mailapp.sharing.models import FolderGrant, MailboxGrant
from mailapp.sharing.senders import Manner
from mailapp.store import folders
from tests import factories
from tests.sharing.steps import allow, opened, share
from workmail.accounts.actor import SYSTEM
from workmail.audit.models import AuditEntry
from workmail.directory import services
from workmail.directory.models import Membership
from workmail.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db
SEND_AS = Permissions(send_as=True)


def notes(action: str) -> list[tuple[Any, Any]]:
    entries = AuditEntry.objects.filter(action=action, succeeded=True).order_by("pk")
    return [(entry.details["before"], entry.details["after"]) for entry in entries]


def test_sharing_is_noted_with_before_and_after_and_the_same_again_is_nothing(alice: Any, bob: Any) -> None:
    for level in (Level.VIEWER, Level.VIEWER, Level.EDITOR, None, None):
        share(alice, "inbox", bob, level)
    viewer = {"level": "viewer", "includes_subfolders": False}
    editor = {"level": "editor", "includes_subfolders": False}
    assert notes("folder.share") == [(None, viewer), (viewer, editor), (editor, None)]
    allow(alice, bob, full_access=True)
    allow(alice, bob, full_access=True)
    allow(alice, bob, send_as=True)  # replaces, as PutMailboxPermissions does
    assert not MailboxGrant.objects.get().full_access
    allow(alice, bob)
    assert not MailboxGrant.objects.exists()
    assert [bool(after) for _before, after in notes("mailbox.share")] == [True, True, False]


def test_the_owner_and_administrators_share_and_nobody_else(alice: Any, bob: Any, chloe: Any, stranger: Any) -> None:
    administrator = factories.administrator_of(alice.organization)
    allow(alice, bob, by=administrator, send_as=True)
    folder = factories.open_folder(alice).folder
    granting.grant_folder(factories.actor_for(administrator), folder.pk, bob, Level.VIEWER)
    with pytest.raises(Forbidden):
        allow(alice, chloe, by=chloe, full_access=True)
    for somebody in (stranger, factories.administrator_of(stranger.organization)):
        with pytest.raises(NotFound):
            allow(alice, somebody, by=somebody, full_access=True)
        with pytest.raises(NotFound):
            granting.grant_folder(factories.actor_for(somebody), folder.pk, somebody, Level.OWNER)
        with pytest.raises(NotFound):
            granting.mailbox_grants(factories.actor_for(somebody), alice)
    with pytest.raises(NotFound):
        granting.grant_folder(factories.actor_for(chloe), folder.pk, chloe, Level.OWNER)
    with pytest.raises(NotFound):
        granting.folder_grants(factories.actor_for(chloe), folder.pk)
    assert (MailboxGrant.objects.count(), FolderGrant.objects.count()) == (1, 1)


@pytest.mark.parametrize("level", [Level.VIEWER, Level.CONTRIBUTOR, Level.EDITOR])
def test_who_is_no_co_owner_does_not_share_on(alice: Any, bob: Any, chloe: Any, level: str) -> None:
    folder = share(alice, "inbox", bob, level)
    for grantee in (bob, chloe):
        with pytest.raises(Forbidden):
            granting.grant_folder(factories.actor_for(bob), folder.folder.pk, grantee, Level.OWNER)
    with pytest.raises(Forbidden):
        granting.folder_grants(factories.actor_for(bob), folder.folder.pk)


def test_a_co_owner_shares_the_folder_but_not_what_is_below(alice: Any, bob: Any, chloe: Any) -> None:
    top = folders.create(factories.open_mailbox(alice), "Projects")
    below = folders.create(factories.open_mailbox(alice), "Secret", top)
    granting.grant_folder(factories.actor_for(alice), top.folder.pk, bob, Level.OWNER)
    actor = factories.actor_for(bob)
    granting.grant_folder(actor, top.folder.pk, chloe, Level.OWNER)
    for grantee in (bob, chloe):
        with pytest.raises(Forbidden):
            granting.grant_folder(actor, top.folder.pk, grantee, Level.OWNER, includes_subfolders=True)
    with pytest.raises(NotFound):
        opened(chloe, below)
    with pytest.raises(Forbidden):
        allow(alice, bob, by=bob, full_access=True)
    with pytest.raises(Forbidden):
        granting.all_folder_grants(opened(bob, top).mailbox)


def test_nobody_outside_the_organization_and_nothing_senseless_is_granted(
    organization: Any, alice: Any, bob: Any, stranger: Any
) -> None:
    folder = factories.open_folder(alice).folder
    for grantee in (stranger, factories.make_user(organization, "later", enabled=False)):
        with pytest.raises(NotFound):
            granting.grant_folder(factories.actor_for(alice), folder.pk, grantee, Level.VIEWER)
        with pytest.raises(NotFound):
            allow(alice, grantee, full_access=True)
    with pytest.raises(Invalid):
        allow(alice, alice, full_access=True)
    with pytest.raises(Invalid):
        granting.grant_folder(factories.actor_for(alice), folder.pk, bob, "emperor")
    group = factories.make_group(organization, "sales")
    with pytest.raises(Invalid):
        allow(group, bob, by=factories.administrator_of(organization), full_access=True)
    with pytest.raises(Invalid):
        granting.grantee_at(organization.pk, "nobody@example.test")


# --- In whose name -------------------------------------------------------------------------------------------------


def test_names_are_ones_own_first_and_then_what_is_granted(organization: Any, alice: Any, bob: Any, chloe: Any) -> None:
    group = factories.make_group(organization, "sales", members=[chloe])
    administrator = factories.administrator_of(organization)
    assert senders.manner_for(bob.pk, bob.pk) is Manner.OWN
    assert senders.manner_for(bob.pk, alice.pk) is None
    allow(alice, bob, send_on_behalf=True)
    assert senders.manner_for(bob.pk, alice.pk) is Manner.ON_BEHALF
    allow(group, bob, by=administrator, send_as=True)
    team = factories.make_group(organization, "team", members=[bob])
    allow(alice, team, send_as=True)
    assert senders.manner_for(bob.pk, alice.pk) is Manner.SEND_AS
    assert [(str(name.entity), name.manner) for name in senders.names_for(bob.pk)] == [
        ("Alice", Manner.SEND_AS),
        ("sales", Manner.SEND_AS),
    ]
    services.remove_member(SYSTEM, Membership.objects.get(group=team))
    assert senders.manner_for(bob.pk, alice.pk) is Manner.ON_BEHALF
    services.disable(SYSTEM, alice)
    assert senders.manner_for(bob.pk, alice.pk) is None
    assert senders.manner_for(chloe.pk, group.pk) is None  # a member of a group does not speak for it


def test_full_access_is_not_a_name(alice: Any, bob: Any) -> None:
    allow(alice, bob, full_access=True)
    assert senders.manner_for(bob.pk, alice.pk) is None
    assert senders.names_for(bob.pk) == []


def test_names_cost_two_statements(
    organization: Any, alice: Any, bob: Any, chloe: Any, django_assert_num_queries: Any
) -> None:
    for owner in (alice, chloe):
        allow(owner, bob, send_as=True)
    with django_assert_num_queries(2):
        assert len(senders.names_for(bob.pk)) == 2
