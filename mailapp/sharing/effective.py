"""What holds for one person now: grants to them and to the groups they are in, through any number of groups.

A disabled or deleted group gives nothing and passes nothing on; leaving a group ends at once what came through it.
Whether the person is enabled is the caller's to ask: ``mailapp.access`` has them at hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from mailapp.sharing.levels import ALL_RIGHTS, RIGHTS, Right
from mailapp.sharing.models import FolderGrant, MailboxGrant
from mailapp.store.models import Folder, Mailbox
from workmail.directory.models import Entity, Membership

_GROUPS_OF = """
WITH RECURSIVE held(id) AS (
    SELECT m.group_id FROM directory_membership m JOIN directory_entity e ON e.id = m.group_id
    WHERE m.member_id = %s AND e.state = 'enabled'
    UNION
    SELECT m.group_id FROM directory_membership m JOIN directory_entity e ON e.id = m.group_id
    JOIN held ON m.member_id = held.id
    WHERE e.state = 'enabled'
) SELECT id FROM held"""


@dataclass(frozen=True, slots=True)
class Share:
    """What of one mailbox is shared with somebody. ``whole``: everything, by full access."""

    rights: frozenset[Right] = frozenset()
    folders: Mapping[UUID, frozenset[Right]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return Right.LOOKUP in self.rights

    def __bool__(self) -> bool:
        return self.is_whole or bool(self.folders)


def granted_to(user_id: UUID) -> Q:
    """The condition that a grant holds for this person: nested groups included, in the same statement."""
    prepared = Entity._meta.pk.get_db_prep_value(user_id, connection)
    return Q(grantee_id=user_id) | Q(is_to_group=True, grantee_id__in=RawSQL(_GROUPS_OF, [prepared]))  # noqa: S611


def share_of(user_id: UUID, mailbox: Mailbox) -> Share:
    """Return what this person may do in somebody else's mailbox: two statements, three where subfolders count."""
    if MailboxGrant.objects.filter(granted_to(user_id), entity_id=mailbox.entity_id, full_access=True).exists():
        return Share(rights=ALL_RIGHTS)
    grants = FolderGrant.objects.filter(granted_to(user_id), mailbox=mailbox)
    rows = list(grants.values_list("folder_id", "level", "includes_subfolders"))
    if not rows:
        return Share()
    parents: dict[UUID, UUID | None] = {}
    if any(includes_subfolders for _, _, includes_subfolders in rows):
        parents = dict(Folder.objects.filter(mailbox=mailbox).values_list("pk", "parent_id"))
    return Share(folders=_spread(rows, parents))


def shares_of(user_id: UUID, organization_id: str) -> list[tuple[Mailbox, Share, list[Folder]]]:
    """Return all mailboxes that are shared with this person, with the folders they see: three statements.

    Mailboxes of people who are not enabled are missing: nobody comes into those through a grant.
    """
    whole = MailboxGrant.objects.filter(granted_to(user_id), full_access=True).values("entity_id")
    rows: dict[UUID, list[tuple[UUID, str, bool]]] = {}
    for mailbox_id, *row in FolderGrant.objects.filter(granted_to(user_id)).values_list(
        "mailbox_id", "folder_id", "level", "includes_subfolders"
    ):
        rows.setdefault(mailbox_id, []).append(tuple(row))  # type: ignore[arg-type]
    found = list(
        Mailbox.objects.filter(Q(entity_id__in=whole) | Q(pk__in=list(rows)))
        .filter(organization_id=organization_id, entity__state=Entity.State.ENABLED)
        .exclude(entity_id=user_id)
        .annotate(is_whole=Exists(whole.filter(entity_id=OuterRef("entity_id"))))
        .select_related("key__organization_key", "entity")
    )
    if not found:
        return []
    folders: dict[UUID, list[Folder]] = {}
    for folder in Folder.objects.filter(mailbox__in=found).select_related("collection"):
        folders.setdefault(folder.mailbox_id, []).append(folder)
    shares = []
    for mailbox in sorted(found, key=lambda mailbox: (str(mailbox.entity).casefold(), mailbox.pk)):
        here = folders.get(mailbox.pk, [])
        if mailbox.is_whole:
            shares.append((mailbox, Share(rights=ALL_RIGHTS), here))
            continue
        share = Share(folders=_spread(rows[mailbox.pk], {folder.pk: folder.parent_id for folder in here}))
        shares.append((mailbox, share, [folder for folder in here if folder.pk in share.folders]))
    return shares


def with_hint(mailboxes: QuerySet[Mailbox]) -> QuerySet[Mailbox]:
    """Add ``may_see_shares``: False means that nothing is shared with the owner, so that nobody need ask further.

    It costs no statement of its own. It may be True for somebody in a group of an organization that shares with groups.
    """
    conditions = Q()
    is_member = Exists(Membership.objects.filter(member_id=OuterRef("entity_id")))
    for model, extra in ((MailboxGrant, {"full_access": True}), (FolderGrant, {})):
        direct = Exists(model.objects.filter(grantee_id=OuterRef("entity_id"), **extra))
        by_group = Exists(model.objects.filter(organization_id=OuterRef("organization_id"), is_to_group=True, **extra))
        conditions |= Q(direct) | Q(is_member, by_group)
    return mailboxes.annotate(may_see_shares=ExpressionWrapper(conditions, output_field=BooleanField()))


def people_behind(grantee: Entity) -> list[UUID]:
    """Return the people who get what is granted to this entity: itself, or the members of the group."""
    if grantee.kind != Entity.Kind.GROUP:
        return [grantee.pk]
    seen, level, people = {grantee.pk}, {grantee.pk}, set()
    while level:
        members = Membership.objects.filter(group_id__in=level, member__isnull=False)
        level = set()
        for member_id, kind in members.values_list("member_id", "member__kind"):
            if kind != Entity.Kind.GROUP:
                people.add(member_id)
            elif member_id not in seen:
                level.add(member_id)
        seen |= level
    return list(people)


def _spread(
    rows: Iterable[tuple[UUID, str, bool]], parents: Mapping[UUID, UUID | None]
) -> dict[UUID, frozenset[Right]]:
    """Return the rights in each folder; of several grants all rights hold."""
    rights: dict[UUID, frozenset[Right]] = {}
    downwards: dict[UUID, frozenset[Right]] = {}
    for folder_id, level, includes_subfolders in rows:
        granted = RIGHTS[level]
        rights[folder_id] = rights.get(folder_id, frozenset()) | granted
        if includes_subfolders:
            downwards[folder_id] = downwards.get(folder_id, frozenset()) | granted
    if not downwards:
        return rights
    for folder_id in parents:
        above, steps = parents[folder_id], 0
        while above is not None and steps < len(parents):
            if above in downwards:
                rights[folder_id] = rights.get(folder_id, frozenset()) | downwards[above]
            above, steps = parents.get(above), steps + 1
    return rights
