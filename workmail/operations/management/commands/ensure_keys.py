from django.core.management.base import BaseCommand

from workmail.operations import preparation


class Command(BaseCommand):
    help = "Make the secrets and the self-signed certificate that are missing. Never replaces what is there."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        preparation.make_folders()
        preparation.ensure_keys(self.stdout.write)
