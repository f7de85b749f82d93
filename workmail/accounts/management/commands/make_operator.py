from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from workmail.accounts import passwords
from workmail.accounts.actor import SYSTEM
from workmail.directory.services import set_operator


class Command(BaseCommand):
    help = "Let a person administer every organization of this installation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="any address of the person")
        parser.add_argument("--withdraw", action="store_true", help="take it away again")

    def handle(self, *, address: str, withdraw: bool, **_options: object) -> None:
        user = passwords.find(address)
        if user is None:
            raise CommandError(f"Nobody has the address {address}.")
        set_operator(SYSTEM, user, is_operator=not withdraw)
        self.stdout.write(f"{address} is {'no longer an' if withdraw else 'an'} operator of this installation.")
