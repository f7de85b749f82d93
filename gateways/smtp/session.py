"""The state machine of one SMTP session (RFC 5321 §4.1.4): who the client is, what it has said, what may come next.

Knows no sockets: ``connection`` reads and writes. What is decided about mail is decided by the stages of
``mailapp.delivery``; this translates.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError

from gateways.smtp import parameters, replies, wire
from gateways.smtp.parameters import MailParameters, ParameterRefused
from gateways.smtp.replies import Reply
from gateways.smtp.wire import Command, SyntaxProblem
from mailapp.delivery import intake, pipeline
from mailapp.delivery.envelope import Envelope, Recipient
from mailapp.delivery.offers import Offer
from mailapp.delivery.verdicts import Verdict
from workmail.accounts import passwords
from workmail.directory.models import Domain, User
from workmail.errors import LimitExceeded

logger = logging.getLogger(__name__)

Run = Callable[..., Awaitable[Any]]  # runs an operation on a database thread
_BEFORE_TLS = {"EHLO", "HELO", "NOOP", "RSET", "QUIT", "HELP", "STARTTLS"}


@dataclass(frozen=True, slots=True)
class Port:
    """What a listening socket is for."""

    name: str
    is_submission: bool = False
    is_implicit_tls: bool = False


@dataclass(slots=True)
class Transaction:
    """From MAIL to the end of the message."""

    offer: Offer
    parameters: MailParameters
    refused: int = 0  # recipients


@dataclass(slots=True)
class Session:
    port: Port
    client_address: str
    run: Run
    offers_tls: bool
    cipher: str = ""  # of the TLS that is active
    helo: str = ""
    is_extended: bool = False
    user: User | None = None
    transaction: Transaction | None = field(default=None)

    def begin_tls(self, cipher: str) -> None:
        """Forget everything the client said in the clear (RFC 3207 §4.2)."""
        self.cipher, self.helo, self.is_extended = cipher, "", False
        self.user = self.transaction = None

    async def handle(self, command: Command) -> Reply:
        """Carry out a command that needs no more octets than its line."""
        if self.port.is_submission and not self.cipher and command.verb not in _BEFORE_TLS:
            return replies.ENCRYPTION_NEEDED if command.verb == "AUTH" else replies.STARTTLS_FIRST
        handler = _HANDLERS.get(command.verb)
        return await handler(self, command.argument) if handler else replies.UNKNOWN_COMMAND

    # --- Greeting ------------------------------------------------------------------------------------------------

    async def ehlo(self, argument: str) -> Reply:
        if not self._greet(argument, is_extended=True):
            return replies.HELLO_NEEDS_NAME
        return Reply(250, "", "\n".join([f"{settings.MAIL_HOST_NAME} greets you", *self._extensions()]))

    async def helo_(self, argument: str) -> Reply:
        if not self._greet(argument, is_extended=False):
            return replies.HELLO_NEEDS_NAME
        return Reply(250, "", settings.MAIL_HOST_NAME)

    def _greet(self, argument: str, *, is_extended: bool) -> bool:
        name = argument.split()[0] if argument.split() else ""
        if not name or len(name) > 255:
            return False
        self.helo, self.is_extended, self.transaction = name, is_extended, None
        return True

    def _extensions(self) -> list[str]:
        extensions = [
            f"SIZE {settings.SMTP_MAX_MESSAGE_BYTES}",
            "8BITMIME",
            "PIPELINING",
            "CHUNKING",
            "SMTPUTF8",
            "DSN",
            "ENHANCEDSTATUSCODES",
        ]
        if self.offers_tls and not self.cipher:
            extensions.append("STARTTLS")
        if self.port.is_submission and self.cipher:
            extensions.append("AUTH PLAIN LOGIN")
        return [*extensions, "HELP"]

    # --- Signing in ----------------------------------------------------------------------------------------------

    def refuse_sign_in(self) -> Reply | None:
        """Return why AUTH cannot begin now, or None."""
        if not self.port.is_submission:
            return replies.NOT_IMPLEMENTED
        if not self.cipher:
            return replies.ENCRYPTION_NEEDED
        if self.user is not None:
            return replies.SIGNED_IN_ALREADY
        if not self.is_extended:
            return replies.HELLO_FIRST
        return replies.BAD_SEQUENCE if self.transaction is not None else None

    async def sign_in(self, address: str, password: str) -> Reply:
        try:
            self.user = await self.run(
                passwords.check, address, password, protocol="smtp", client_address=self.client_address
            )
        except passwords.SignInRefused as refusal:
            return {
                "locked": replies.SIGN_IN_LOCKED,
                "second_factor": replies.APPLICATION_PASSWORD_NEEDED,
            }.get(refusal.code, replies.WRONG_PASSWORD)
        except DatabaseError:
            logger.exception("Nobody can sign in")
            return replies.NOT_NOW
        return replies.SIGNED_IN

    # --- The transaction -----------------------------------------------------------------------------------------

    async def mail(self, argument: str) -> Reply:
        if not self.helo:
            return replies.HELLO_FIRST
        if self.port.is_submission and self.user is None:
            return replies.SIGN_IN_FIRST
        if self.transaction is not None:
            return replies.NESTED_MAIL
        try:
            path = wire.parse_path(argument, "FROM:", may_be_null=True)
            found = parameters.of_mail(path.parameters)
        except SyntaxProblem:
            return replies.SYNTAX.saying("Syntax: MAIL FROM:<address>")
        except ParameterRefused as refusal:
            return refusal.reply
        except ValueError:
            return replies.BAD_SENDER
        if path.parameters and not self.is_extended:
            return replies.UNKNOWN_PARAMETER
        if not path.address.isascii() and not found.is_utf8:
            return replies.NON_ASCII_ADDRESS
        offer = Offer(self._envelope(path.address, found), self.user, size_bytes=found.size)
        # The MX stages look at nothing but the numbers here; that needs no database thread.
        reply = await self._judge(offer) if offer.is_submission else _translated(_run_stages(offer))
        if reply is not None:
            return reply
        self.transaction = Transaction(offer, found)
        return replies.SENDER_OK

    def _envelope(self, reverse_path: str, found: MailParameters) -> Envelope:
        protocol = ("UTF8SMTP" if found.is_utf8 else "ESMTP") if self.is_extended else "SMTP"
        return Envelope(
            reverse_path=reverse_path,
            recipients=(),
            helo=self.helo,
            client_address=self.client_address,
            protocol=protocol + ("S" if self.cipher else "") + ("A" if self.user else ""),
            cipher=self.cipher,
            user_id=str(self.user.pk) if self.user else "",
            is_utf8=found.is_utf8,
            ret=found.ret,
            envid=found.envid,
        )

    async def rcpt(self, argument: str) -> Reply:
        if self.transaction is None:
            return replies.MAIL_FIRST
        try:
            path = wire.parse_path(argument, "TO:", may_be_null=False)
            found = parameters.of_recipient(path.parameters)
        except SyntaxProblem:
            return replies.SYNTAX.saying("Syntax: RCPT TO:<address>")
        except ParameterRefused as refusal:
            return refusal.reply
        except ValueError:
            return replies.BAD_ADDRESS
        if not path.address.isascii() and not self.transaction.parameters.is_utf8:
            return replies.NON_ASCII_ADDRESS
        address = path.address
        if address == "postmaster":
            address = await self.run(_postmaster)
        offer = self.transaction.offer
        offer.recipient = Recipient(address, found.notify, found.orcpt)
        if (reply := await self._judge(offer)) is not None:
            self.transaction.refused += 1
            return reply
        offer.envelope = replace(offer.envelope, recipients=(*offer.envelope.recipients, offer.recipient))
        return replies.RECIPIENT_OK

    def refuse_message(self) -> Reply | None:
        """Return why the message cannot come now, or None."""
        if self.transaction is None:
            return replies.MAIL_FIRST
        if not self.transaction.offer.envelope.recipients:
            return replies.NO_VALID_RECIPIENTS if self.transaction.refused else replies.RECIPIENT_FIRST
        return None

    async def finish(self, raw: bytes) -> Reply:
        """Take the whole message. 250 only after it is durable."""
        assert self.transaction is not None
        offer, self.transaction = self.transaction.offer, None
        offer.recipient, offer.raw, offer.size_bytes = None, raw, len(raw)
        return await self.run_safely(_accept, offer)

    async def _judge(self, offer: Offer) -> Reply | None:
        verdict = await self.run_safely(_run_stages, offer)
        return _translated(verdict) if isinstance(verdict, Verdict) else verdict

    async def run_safely(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        """Run an operation; what goes wrong inside becomes a reply that lets the client try again later."""
        try:
            return await self.run(operation, *arguments)
        except LimitExceeded:
            return replies.DAILY_LIMIT
        except DatabaseError:
            logger.exception("The database refused")
            return replies.NOT_NOW
        except OSError:
            logger.exception("The blob store refused")
            return replies.NO_SPACE
        except Exception:
            logger.exception("A command failed")
            return replies.NOT_NOW

    # --- The rest ------------------------------------------------------------------------------------------------

    async def rset(self, argument: str) -> Reply:
        self.transaction = None
        return replies.OK

    async def noop(self, argument: str) -> Reply:
        return replies.OK

    async def vrfy(self, argument: str) -> Reply:
        return replies.CANNOT_VERIFY if argument else replies.SYNTAX

    async def help(self, argument: str) -> Reply:
        return replies.HELP

    async def quit(self, argument: str) -> Reply:
        return replies.BYE

    async def not_implemented(self, argument: str) -> Reply:
        return replies.NOT_IMPLEMENTED


_HANDLERS: dict[str, Callable[[Session, str], Awaitable[Reply]]] = {
    "EHLO": Session.ehlo,
    "HELO": Session.helo_,
    "MAIL": Session.mail,
    "RCPT": Session.rcpt,
    "RSET": Session.rset,
    "NOOP": Session.noop,
    "VRFY": Session.vrfy,
    "HELP": Session.help,
    "QUIT": Session.quit,
    "AUTH": Session.not_implemented,  # on the MX port; elsewhere ``connection`` asks for the words
    "EXPN": Session.not_implemented,
    "ETRN": Session.not_implemented,
    "TURN": Session.not_implemented,
}


def _translated(verdict: Verdict | None) -> Reply | None:
    return None if verdict is None else replies.from_verdict(verdict)


def _run_stages(offer: Offer) -> Verdict | None:
    stages = pipeline.BEFORE_SUBMISSION if offer.is_submission else pipeline.BEFORE_ACCEPTANCE
    return pipeline.run(stages, offer)


def _accept(offer: Offer) -> Reply:
    if verdict := _run_stages(offer):
        return replies.from_verdict(verdict)
    if offer.is_submission:
        trace_id, _ = intake.accept_submission(offer)
    else:
        assert offer.raw is not None
        trace_id, _ = intake.accept(offer.envelope, offer.raw, offer.recipients_by_organization)
    return replies.ACCEPTED.saying(replies.ACCEPTED.text.format(id=trace_id))


def _postmaster() -> str:
    """Return whom ``<postmaster>`` without a domain means: the one of this host's first organization."""
    domain = (
        Domain.objects.filter(is_default=True, is_verified=True, organization__state="active")
        .order_by("organization__created_at")
        .first()
    )
    return f"postmaster@{domain.name}" if domain else "postmaster@localhost"
