from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from workmail.operations import catalogues


class Command(BaseCommand):
    help = "Compile the message catalogues that changed. Needs no system gettext."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        for path in catalogues.compile_changed(Path(folder) for folder in settings.LOCALE_PATHS):
            self.stdout.write(f"Compiled {path}.")
