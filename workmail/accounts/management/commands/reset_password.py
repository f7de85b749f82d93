import secrets
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from workmail.accounts import passwords, second_factor
from workmail.accounts.actor import SYSTEM


class Command(BaseCommand):
    help = "Give a person a random password, to be changed at the next sign-in. For an administrator who lost theirs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="any address of the person")
        parser.add_argument("--second-factor-off", action="store_true", help="turn off the second factor, too")

    def handle(self, *, address: str, second_factor_off: bool, **_options: object) -> None:
        user = passwords.find(address)
        if user is None:
            raise CommandError(f"Nobody has the address {address}.")
        password = secrets.token_urlsafe(12)
        passwords.reset(SYSTEM, user, password)
        if second_factor_off:
            second_factor.turn_off(SYSTEM, user)
        self.stdout.write(password)
