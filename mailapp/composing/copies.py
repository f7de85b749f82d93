"""The copy of what was sent in somebody's name in their own Sent folder, where the grant asks for one."""

from uuid import UUID

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.store import appending, queries
from mailapp.store.models import Folder, Message
from workmail.errors import NotFound


def put(mailbox: OpenMailbox, sent_key: UUID | None, entity_id: UUID) -> bool:
    """File it there once, however often it is tried; False when there is nothing to file, or nowhere.

    It is the house's own record, so a full mailbox does not refuse it. Bcc is the writer's secret no more than theirs.
    """
    sent = Message.objects.filter(mailbox=mailbox.mailbox, key=sent_key).select_related("content").first()
    if sent is None:
        return False
    try:
        owner = access.open_mailbox_of_entity_for_system(entity_id)
        folder = access.folder_by_role(owner, Folder.Role.SENT)
    except NotFound:
        return False
    prepared = appending.prepare_existing(sent.content, queries.content_key(mailbox, sent), queries.raw(mailbox, sent))
    sealed = appending.seal(owner.keys, prepared, flags=appending.Flags(is_seen=True), internal_date=sent.internal_date)
    if Message.objects.filter(mailbox=owner.mailbox, content_digest=sealed.message.content_digest).exists():
        return False
    appending.append(folder, [sealed], is_beyond_quota=True)
    return True
