"""The whole way: taught by hand, judged at delivery, told in the message."""

from typing import Any

import pytest

from mailapp.junk import judging
from mailapp.store.models import Folder, Message
from tests.delivery.conftest import House, _nothing_at_hand, house, name_server, quiet  # noqa: F401
from tests.factories import open_mailbox
from tests.junk.test_filter import message
from tests.junk.test_junk import teach


@pytest.mark.django_db(transaction=True)
def test_mail_that_looks_like_junk_lands_there_and_everything_else_in_the_inbox(
    house: House,  # noqa: F811
    name_server: Any,  # noqa: F811
    quiet: None,  # noqa: F811
) -> None:
    teach(house.alice, open_mailbox(house.alice))
    for kind in ("junk", "wanted"):
        house.receive("alice@example.test", "bob@example.test", raw=message(kind, 99, message_id=f"<{kind}@x.example>"))
    judging._untaught.clear()
    house.work()

    def arrived(user: Any, role: str) -> list[tuple[str, ...]]:
        rows = Message.objects.filter(mailbox=open_mailbox(user).mailbox, folder__role=role).order_by("uid")
        return [tuple(row.keywords) for row in rows]

    assert arrived(house.alice, Folder.Role.JUNK)[-1] == ("$LooksLikeJunk",)
    assert len(arrived(house.alice, Folder.Role.JUNK)) == judging.ENOUGH + 1
    assert len(arrived(house.alice, Folder.Role.INBOX)) == judging.ENOUGH + 1
    assert arrived(house.bob, Folder.Role.JUNK) == []
    assert len(arrived(house.bob, Folder.Role.INBOX)) == 2
