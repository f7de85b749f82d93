from django.core.management.base import BaseCommand, CommandError

from workmail.errors import WorkmailError
from workmail.operations import demo


class Command(BaseCommand):
    help = "Make the demo organization example.test with its people, or add what it lacks."

    def handle(self, **options: object) -> None:
        try:
            demo.make_demo()
        except WorkmailError as error:
            raise CommandError(f"The demo cannot be made: {error}") from error
        description = demo.describe()
        if description:
            self.stdout.write("\n".join([*description["addresses"], f"Password: {description['password']}"]))
