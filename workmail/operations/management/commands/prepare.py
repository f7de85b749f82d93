import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workmail.errors import WorkmailError
from workmail.operations import demo, preparation


class Command(BaseCommand):
    help = "Make the installation ready to start: database, languages, static files, keys, demo. Safe to repeat."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        try:
            preparation.prepare(self.stdout.write)
        except WorkmailError as error:
            raise CommandError(f"The demo cannot be made: {error}") from error
        report = settings.DATA_DIR / "run" / "prepared.json"
        report.touch(mode=0o600)  # the supervisor shows it; it may hold the demo's password
        report.write_text(json.dumps({"demo": demo.describe()}), encoding="utf-8")
