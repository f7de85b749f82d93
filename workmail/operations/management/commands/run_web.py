from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Serve the web pages and the live updates (daphne) on WORKMAIL_WEB_HOST and WORKMAIL_WEB_PORT."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        from daphne.cli import CommandLineInterface  # installs its reactor when imported

        from workmail.operations import request_bodies

        request_bodies.bound(settings.SMTP_MAX_MESSAGE_BYTES)
        arguments = ["--bind", settings.WEB_HOST, "--port", str(settings.WEB_PORT), "--verbosity", "0"]
        arguments += ["--no-server-name", "--websocket_timeout", "-1"]
        CommandLineInterface().run([*arguments, settings.ASGI_APPLICATION.replace(".application", ":application")])
