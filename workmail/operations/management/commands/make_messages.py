from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workmail.operations import messages


class Command(BaseCommand):
    help = "Collect the texts of the interface into locale/*/LC_MESSAGES/*.po. Translations are kept, stale texts go."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a catalogue is not current")

    def handle(self, *, check: bool, **options: object) -> None:
        collected = messages.collect(settings.BASE_DIR)
        stale = []
        for language, _name in settings.LANGUAGES:
            for domain, found in collected.items():
                path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"{domain}.po"
                if check:
                    stale += [] if messages.is_current(path, found, language) else [path]
                elif found:
                    self._report(language, domain, messages.rewrite(path, found, language))
                else:
                    path.unlink(missing_ok=True)
        if stale:
            raise CommandError("Not current, run make messages: " + ", ".join(map(str, stale)))

    def _report(self, language: str, domain: str, catalogue: messages.polib.POFile) -> None:
        line = f"{language} {domain}: {len(catalogue)} texts"
        if language != settings.LANGUAGE_CODE and language != "en":
            fuzzy, missing = len(catalogue.fuzzy_entries()), len(catalogue.untranslated_entries())
            line += f", {missing} without translation, {fuzzy} fuzzy"
        self.stdout.write(line)
