"""Index a mailbox anew, such as after a new version cuts words differently."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from mailapp.access import open_mailbox_for_system
from mailapp.search import indexing
from mailapp.store.models import Mailbox, Message
from workmail.directory import addresses
from workmail.errors import KeyUnavailable


class Command(BaseCommand):
    help = (
        "Index all messages of a mailbox anew. Searching works meanwhile. "
        "It can be stopped with Ctrl-C: what is left is indexed in the background."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mailbox", help="an e-mail address of the mailbox, or its id")

    def handle(self, *args: Any, mailbox: str, **options: Any) -> None:
        mailbox_id = _mailbox_id(mailbox)
        try:
            _ = open_mailbox_for_system(mailbox_id).keys
        except KeyUnavailable as error:
            raise CommandError(str(error)) from error
        indexing.remove_expunged()
        indexing.reset(mailbox_id)
        count = 0
        while done := indexing.index_pending(mailbox_id):
            count += done
            left = Message.objects.filter(mailbox_id=mailbox_id, is_indexed=False).count()
            self.stderr.write(f"{count:,} messages indexed, {left:,} to go")
        self.stdout.write(f"{count:,} messages indexed.")


def _mailbox_id(text: str) -> UUID:
    try:
        found = Mailbox.objects.filter(pk=UUID(text)).first()
    except ValueError:
        resolved = addresses.resolve(text)
        found = Mailbox.objects.filter(entity=resolved.entity).first() if resolved else None
    if found is None:
        raise CommandError(f"There is no mailbox of {text}.")
    return found.pk
