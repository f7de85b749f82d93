from django.core.management.base import BaseCommand

from workmail.operations import valkey


class Command(BaseCommand):
    help = "Become the embedded Valkey server (broker, channel layer and cache) of this data folder."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        valkey.run()
