"""The skin of a session: lines, messages, TLS and time-outs on a socket.

On aiosmtpd's protocol class, which brings the connection and STARTTLS. Its own command loop is not used: it takes bare
LF for a line end, keeps whatever it is sent, and knows neither BDAT nor enhanced status codes.
"""

import asyncio
import logging
import ssl
import time
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from aiosmtpd import smtp
from django.conf import settings

from gateways.smtp import replies, wire
from gateways.smtp.replies import Reply
from gateways.smtp.session import Port, Session
from gateways.smtp.wire import ChunkReader, Command, DataReader, Defect, MessageReader, SyntaxProblem

if TYPE_CHECKING:
    from gateways.smtp.server import Server

logger = logging.getLogger(__name__)

_PIECE = 64 * 1024
_MOST_ERRORS = 20  # replies that begin with 5, unknown recipients included
_LONGEST_MESSAGE_SECONDS = 1_800.0
_LONGEST_SESSION_SECONDS = 4 * 3_600.0
_REPLY_OF_DEFECT = {
    Defect.TOO_BIG: replies.TOO_BIG,
    Defect.BARE_LINE_END: replies.BARE_LINE_END,
    Defect.LINE_TOO_LONG: replies.DATA_LINE_TOO_LONG,
    Defect.NO_SPACE: replies.NO_SPACE,
}


class Gone(Exception):
    """The client is not there any more."""


class Connection(smtp.SMTP):
    """One client."""

    line_length_limit = _PIECE  # of the stream buffer; lines are measured by ``wire``

    def __init__(self, server: "Server", port: Port, tls: ssl.SSLContext | None) -> None:
        self.server = server
        self.port = port
        self.is_admitted = False
        self.is_idle = True  # between commands: may be closed at any time
        self.errors = 0
        self.began_at = time.monotonic()
        self._octets = b""  # read and not yet understood
        self._chunks: ChunkReader | None = None
        self._has_begun = False
        self.dialogue: Session
        super().__init__(
            object(),
            hostname=settings.MAIL_HOST_NAME,
            tls_context=tls,
            timeout=settings.SMTP_COMMAND_TIMEOUT_SECONDS,
            enable_SMTPUTF8=True,
            loop=server.loop,
        )

    # --- The connection ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        is_upgrade = self._has_begun
        self._has_begun = True
        super().connection_made(transport)
        cipher = _describe(transport)
        if is_upgrade:
            self._octets = b""
            self.dialogue.begin_tls(cipher)
            return
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self.dialogue = Session(self.port, address, self.server.run, bool(self.tls_context), cipher)
        self.is_admitted = self.server.admit(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.server.dismiss(self)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        """Let what has arrived be answered: a client may close its half after QUIT."""
        self._reader.feed_eof()
        return self.dialogue.cipher == ""

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def _timeout_cb(self) -> None:
        """Say why before hanging up; called by the timer that every octet sets anew."""
        if self.transport is not None:
            self._writer.write(replies.TIMED_OUT.lines().encode() + b"\r\n")
            self.transport.close()

    async def _handle_client(self) -> None:
        """Greet, and answer commands until one side has enough."""
        try:
            if not self.is_admitted:
                await self.say(self.server.reason_to_refuse())
                return
            await self.say(Reply(220, "", f"{settings.MAIL_HOST_NAME} ESMTP workmail"))
            while await self._answer_next():
                pass
        except (Gone, ConnectionError, asyncio.IncompleteReadError):
            pass
        except smtp.TLSSetupException as error:
            logger.info("%s: TLS failed: %s", self.dialogue.client_address, error.__cause__)
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("%s: the session failed", self.dialogue.client_address)
        finally:
            self._let_go_of_chunks()
            self.close()

    async def say(self, reply: Reply) -> bool:
        """Send a reply; returns whether the session goes on."""
        if self.transport is None or self.transport.is_closing():
            raise Gone
        self._writer.write(reply.lines().encode("utf-8", "replace") + b"\r\n")
        await self._writer.drain()
        if 500 <= reply.code < 600:
            self.errors += 1
        return not reply.closes

    # --- Commands ------------------------------------------------------------------------------------------------

    async def _answer_next(self) -> bool:
        self.is_idle = self.dialogue.transaction is None and self._chunks is None
        line = await self._read_line()
        self.is_idle = False
        if line is None:
            return await self.say(replies.LINE_TOO_LONG) and await self._may_go_on()
        if self.server.is_closing and self._chunks is None:
            return await self.say(replies.SHUTTING_DOWN)
        try:
            command = wire.parse_command(line)
        except SyntaxProblem:
            return await self.say(replies.UNKNOWN_COMMAND) and await self._may_go_on()
        return await self._carry_out(command) and await self._may_go_on()

    async def _may_go_on(self) -> bool:
        if self.errors > _MOST_ERRORS:
            return await self.say(replies.TOO_MANY_ERRORS)
        if time.monotonic() - self.began_at > _LONGEST_SESSION_SECONDS:
            return await self.say(replies.TIMED_OUT)
        return True

    async def _carry_out(self, command: Command) -> bool:
        if command.verb == "BDAT":
            return await self._receive_chunk(command.argument)
        if self._chunks is not None and command.verb not in ("NOOP", "QUIT", "RSET"):
            self._let_go_of_chunks()
            self.dialogue.transaction = None
            return await self.say(replies.BAD_SEQUENCE)
        if command.verb == "DATA":
            return await self._receive_data(command.argument)
        if command.verb == "STARTTLS":
            return await self._start_tls(command.argument)
        if command.verb == "AUTH" and self.dialogue.cipher:
            return await self.say(await self._sign_in(command.argument))
        self._let_go_of_chunks()
        return await self.say(await self.dialogue.handle(command))

    async def _start_tls(self, argument: str) -> bool:
        if self.dialogue.cipher:
            return await self.say(replies.TLS_ALREADY)
        if self.tls_context is None:
            return await self.say(replies.NO_TLS_NOW)
        if argument:
            return await self.say(replies.SYNTAX)
        if self._octets or self._reader._buffer:  # type: ignore[attr-defined]
            # Commands sent along in the clear would be taken for encrypted ones (CVE-2024-34083).
            await self.say(replies.BAD_SEQUENCE.saying("Nothing may follow STARTTLS before TLS is active"))
            return False
        await self.smtp_STARTTLS("")
        return True

    async def push(self, status: Any) -> None:
        """aiosmtpd's way to reply; only its STARTTLS comes here."""
        await self.say(replies.READY_FOR_TLS if str(status).startswith("220") else replies.NO_TLS_NOW)

    # --- Signing in ----------------------------------------------------------------------------------------------

    async def _sign_in(self, argument: str) -> Reply:
        if (reply := self.dialogue.refuse_sign_in()) is not None:
            return reply
        mechanism, _, initial = argument.partition(" ")
        try:
            if mechanism.upper() == "PLAIN":
                address, password = _plain(await self._response(initial.strip(), ""))
            elif mechanism.upper() == "LOGIN":
                address = (await self._response(initial.strip(), "VXNlcm5hbWU6")).decode()
                password = (await self._response("", "UGFzc3dvcmQ6")).decode()
            else:
                return replies.UNKNOWN_MECHANISM
        except _Cancelled:
            return replies.AUTH_CANCELLED
        except ValueError:  # base64 and UTF-8 errors are such
            return replies.BAD_BASE64
        return await self.dialogue.sign_in(address, password)

    async def _response(self, initial: str, challenge: str) -> bytes:
        """Return the client's decoded answer: the one that came with the command, or to a challenge."""
        answer = initial
        if not initial:
            await self.say(Reply(334, "", challenge))
            line = await self._read_line()
            if line is None:
                raise ValueError("too long")
            answer = line.decode("ascii").strip()
        elif initial == "=":  # an empty initial response (RFC 4954 §4)
            return b""
        if answer == "*":
            raise _Cancelled
        return b64decode(answer, validate=True)

    # --- Messages ------------------------------------------------------------------------------------------------

    async def _receive_data(self, argument: str) -> bool:
        if self.port.is_submission and not self.dialogue.cipher:
            return await self.say(replies.STARTTLS_FIRST)
        reply = replies.SYNTAX if argument else self.dialogue.refuse_message()
        if reply is not None:
            return await self.say(reply)
        await self.say(replies.SEND_DATA)
        reader = DataReader(limit=settings.SMTP_MAX_MESSAGE_BYTES, longest_line=settings.SMTP_MAX_LINE_BYTES)
        until = time.monotonic() + _LONGEST_MESSAGE_SECONDS
        try:
            self._octets = reader.feed(self._octets)
            while not reader.is_complete:
                self._octets = reader.feed(await self._read())
                self._keep_in_bounds(reader)
                if time.monotonic() > until:
                    return await self.say(replies.TIMED_OUT)
            return await self._finish(reader)
        finally:
            self.server.memory.release(reader)

    async def _receive_chunk(self, argument: str) -> bool:
        """BDAT (RFC 3030). The octets follow whatever we answer, so they are read before a refusal too."""
        size_text, _, rest = argument.partition(" ")
        is_last = rest.strip().upper() == "LAST"
        if not (size_text.isascii() and size_text.isdigit() and len(size_text) < 12) or (rest.strip() and not is_last):
            await self.say(replies.SYNTAX.saying("Syntax: BDAT size [LAST]"))
            return False  # how much follows is not known
        refusal = None
        if self.port.is_submission and not self.dialogue.cipher:
            refusal = replies.STARTTLS_FIRST
        refusal = refusal or self.dialogue.refuse_message()
        if self._chunks is None:
            self._chunks = ChunkReader(limit=settings.SMTP_MAX_MESSAGE_BYTES, longest_line=settings.SMTP_MAX_LINE_BYTES)
        reader = self._chunks
        await self._read_chunk(None if refusal else reader, int(size_text))
        if refusal is not None:
            self._let_go_of_chunks()
            return await self.say(refusal)
        if not is_last and reader.defect is None:
            return await self.say(replies.CHUNK_OK.saying(f"{size_text} octets received"))
        try:
            reader.end()
            return await self._finish(reader)
        finally:
            self._let_go_of_chunks()

    async def _read_chunk(self, reader: ChunkReader | None, size: int) -> None:
        left = size
        until = time.monotonic() + _LONGEST_MESSAGE_SECONDS
        while left:
            octets = self._octets or await self._read()
            piece, self._octets = octets[:left], octets[left:]
            left -= len(piece)
            if reader is not None:
                reader.feed(piece)
                self._keep_in_bounds(reader)
            if time.monotonic() > until:
                raise Gone

    async def _finish(self, reader: MessageReader) -> bool:
        if reader.defect is not None:
            self.dialogue.transaction = None
            return await self.say(_REPLY_OF_DEFECT[reader.defect])
        async with self.server.accepting:
            return await self.say(await self.dialogue.finish(reader.content()))

    def _keep_in_bounds(self, reader: MessageReader) -> None:
        if not self.server.memory.allows(reader):
            reader.give_up(Defect.NO_SPACE)

    def _let_go_of_chunks(self) -> None:
        if self._chunks is not None:
            self.server.memory.release(self._chunks)
            self._chunks = None

    # --- Octets --------------------------------------------------------------------------------------------------

    async def _read(self) -> bytes:
        self._reset_timeout()
        octets = await self._reader.read(_PIECE)
        if not octets:
            raise Gone
        return octets

    async def _read_line(self) -> bytes | None:
        """Return the next line without its end; None for one that is longer than any command, read to its end."""
        is_too_long = False
        while (end := self._octets.find(b"\n")) < 0:
            if len(self._octets) > wire.LONGEST_COMMAND:
                is_too_long, self._octets = True, b""
            self._octets += await self._read()
        line, self._octets = self._octets[:end], self._octets[end + 1 :]
        return None if is_too_long or len(line) > wire.LONGEST_COMMAND else line.removesuffix(b"\r")


class _Cancelled(Exception):
    """The client took its wish to sign in back."""


def _plain(response: bytes) -> tuple[str, str]:
    """Read ``authorization NUL authentication NUL password`` (RFC 4616). Nobody may act for another here."""
    parts = response.decode().split("\0")
    if len(parts) != 3:
        raise ValueError("three parts are needed")
    authorization, address, password = parts
    if authorization and authorization.casefold() != address.casefold():
        raise ValueError("nobody may act for another")
    return address, password


def _describe(transport: asyncio.BaseTransport) -> str:
    """Return the protocol and cipher of a TLS connection, or an empty string."""
    connection = transport.get_extra_info("ssl_object")
    if connection is None:
        return ""
    cipher = connection.cipher()
    return f"{connection.version()} {cipher[0] if cipher else ''}".strip()
