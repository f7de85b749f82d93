"""Import mail from an mbox file, a Maildir or a tree of .eml files into somebody's mailbox."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mailapp import access
from mailapp.store.importing import operation, sources
from mailapp.store.importing.operation import Outcome
from mailapp.store.models import Mailbox
from workmail.directory import addresses
from workmail.directory.models import Entity
from workmail.errors import OverQuota, WorkmailError

_BAR_WIDTH = 30


class Command(BaseCommand):
    help = (
        "Import mail from an mbox file, a Maildir or a tree of .eml files. "
        "It can be stopped with Ctrl-C and run again: nothing is imported twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="an e-mail address of the mailbox")
        parser.add_argument("path", type=Path, help="an mbox file, a Maildir, or a folder with .eml files")
        parser.add_argument("--folder", default="", help="import below this folder, such as Old/2019")

    def handle(self, *args: Any, user: str, path: Path, folder: str, **options: Any) -> None:
        mailbox = _mailbox_of(user)
        try:
            source = sources.open_source(path)
        except FileNotFoundError as error:
            raise CommandError(f"There is nothing at {path}.") from error
        bar = _Bar(source.size)
        into = [name for name in folder.split("/") if name.strip()]
        try:
            outcome = operation.run(mailbox, source, into=into, progress=bar.show)
        except KeyboardInterrupt:
            bar.end()
            raise CommandError("Stopped. Run the same command again to go on.", returncode=130) from None
        except OverQuota as error:
            bar.end()
            raise CommandError("The mailbox is full. Give it more space and run the same command again.") from error
        bar.end()
        for origin in outcome.skipped:
            self.stderr.write(f"Skipped, empty or too big: {origin}")
        self.stdout.write(
            f"{outcome.imported} messages imported, {outcome.known} were there already, {len(outcome.skipped)} skipped."
        )


def _mailbox_of(user: str) -> access.OpenMailbox:
    resolved = addresses.resolve(user)
    found = [resolved.entity] if resolved else list(Entity.objects.filter(name=user, kind="user", state="enabled")[:2])
    if len(found) > 1:
        raise CommandError(f"Several organizations have a user {user}: use the e-mail address.")
    mailbox = Mailbox.objects.filter(entity=found[0]).first() if found else None
    if mailbox is None:
        raise CommandError(f"There is no mailbox of {user}.")
    try:
        opened = access.open_mailbox_for_system(mailbox.pk)
        _ = opened.keys
    except WorkmailError as error:
        raise CommandError(str(error)) from error
    return opened


class _Bar:
    """A progress bar on a terminal; a line now and then elsewhere."""

    def __init__(self, size: int) -> None:
        self._size = max(size, 1)
        self._is_terminal = sys.stderr.isatty()
        self._began = self._shown = time.monotonic()

    def show(self, outcome: Outcome, done: int) -> None:
        now = time.monotonic()
        if now - self._shown < (0.1 if self._is_terminal else 10.0) and done < self._size:
            return
        self._shown = now
        share = min(1.0, done / self._size)
        count = outcome.imported + outcome.known
        speed = count / max(now - self._began, 0.001)
        text = f"{share:4.0%} {count:,} messages, {speed:,.0f} a second"
        if self._is_terminal:
            filled = int(share * _BAR_WIDTH)
            sys.stderr.write(f"\r[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {text} ")
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self._is_terminal:
            sys.stderr.write("\n")
