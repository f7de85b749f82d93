"""Serve SMTP: the MX port, and the submission ports with STARTTLS and with TLS from the first octet."""

import asyncio
import logging
import signal
import ssl

from django.conf import settings
from django.core.management.base import BaseCommand

from gateways.smtp.server import MX, SUBMISSION, SUBMISSIONS, Server

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve SMTP until SIGTERM or SIGINT; messages that are arriving then still arrive."
    requires_system_checks = ()  # they would load every page; `manage.py check` is run at preparation

    def handle(self, *args: object, **options: object) -> None:
        asyncio.run(serve())


async def serve() -> None:
    tls = tls_context()
    server = Server(tls)
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        server.loop.add_signal_handler(signal_number, stop.set)
    await server.listen(MX, settings.SMTP_HOST, settings.MX_PORT)
    if tls is not None:  # nobody may sign in without it, so without it the ports are of no use
        await server.listen(SUBMISSION, settings.SMTP_HOST, settings.SUBMISSION_PORT)
        await server.listen(SUBMISSIONS, settings.SMTP_HOST, settings.SUBMISSIONS_PORT)
    logger.info("SMTP listens on %s: %s", settings.SMTP_HOST, server.ports)
    await stop.wait()
    await server.close()


def tls_context() -> ssl.SSLContext | None:
    """Return the TLS of all ports, or None without a certificate."""
    if not settings.TLS_CERTIFICATE.exists():
        logger.warning("No certificate at %s: no TLS, and no submission", settings.TLS_CERTIFICATE)
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.TLS_CERTIFICATE, settings.TLS_KEY)
    return context
