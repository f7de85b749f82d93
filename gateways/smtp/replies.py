"""Every reply this door gives, as a named value with its enhanced status code (RFC 5321 §4.2, RFC 3463, RFC 2034).

They are for programs and for postmasters' logs, so they are English and not translated.
"""

from dataclasses import dataclass, replace

from mailapp.delivery.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    status: str  # enhanced status code; empty where RFC 2034 wants none
    text: str
    closes: bool = False  # the connection ends after it

    def lines(self) -> str:
        """Return the reply as it goes over the wire, without the last line end."""
        lines = self.text.split("\n")
        prefix = f"{self.status} " if self.status else ""
        marked = [f"{self.code}-{prefix}{line}" for line in lines[:-1]]
        return "\r\n".join([*marked, f"{self.code} {prefix}{lines[-1]}"])

    def saying(self, text: str) -> "Reply":
        return replace(self, text=text)


BYE = Reply(221, "2.0.0", "Bye", closes=True)
HELP = Reply(214, "2.0.0", "See RFC 5321. Postmasters: write to postmaster at any domain of this host")
OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
ACCEPTED = Reply(250, "2.6.0", "Accepted as {id}")
CHUNK_OK = Reply(250, "2.0.0", "{count} octets received")
CANNOT_VERIFY = Reply(252, "2.1.5", "Send mail to it and see")
SIGNED_IN = Reply(235, "2.7.0", "Signed in")
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")
SEND_DATA = Reply(354, "", "End data with <CR><LF>.<CR><LF>")

SHUTTING_DOWN = Reply(421, "4.3.2", "This host is shutting down, try again later", closes=True)
TIMED_OUT = Reply(421, "4.4.2", "Nothing came for too long", closes=True)
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, try again later", closes=True)
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors", closes=True)
NOT_NOW = Reply(451, "4.3.0", "Something went wrong here, try again later")
NO_SPACE = Reply(452, "4.3.1", "No space for this message now, try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
MAILBOX_FULL = Reply(452, "4.2.2", "The mailbox is full")
DAILY_LIMIT = Reply(452, "4.7.1", "The day's limit on recipients elsewhere is reached, try again tomorrow")
NO_TLS_NOW = Reply(454, "4.7.0", "TLS is not available")

UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command not recognized")
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")
BAD_LINE_END = Reply(500, "5.5.2", "A line must end with <CR><LF>", closes=True)
SYNTAX = Reply(501, "5.5.4", "Syntax error in parameters")
HELLO_NEEDS_NAME = Reply(501, "5.5.4", "Say who you are: EHLO name")
BAD_BASE64 = Reply(501, "5.5.2", "This is not base64")
AUTH_CANCELLED = Reply(501, "5.7.0", "Signing in was cancelled")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
BAD_SEQUENCE = Reply(503, "5.5.1", "Bad sequence of commands")
HELLO_FIRST = Reply(503, "5.5.1", "Send EHLO first")
MAIL_FIRST = Reply(503, "5.5.1", "Send MAIL first")
RECIPIENT_FIRST = Reply(503, "5.5.1", "Name a recipient first")
NESTED_MAIL = Reply(503, "5.5.1", "A sender is named already")
SIGNED_IN_ALREADY = Reply(503, "5.5.1", "You are signed in already")
TLS_ALREADY = Reply(503, "5.5.1", "TLS is active already")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "This way of signing in is not offered")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not recognized")
STARTTLS_FIRST = Reply(530, "5.7.0", "Issue a STARTTLS command first")
SIGN_IN_FIRST = Reply(530, "5.7.0", "Sign in first")
WRONG_PASSWORD = Reply(535, "5.7.8", "The address or the password is not right")
SIGN_IN_LOCKED = Reply(535, "5.7.8", "Too many wrong passwords, try again later")
APPLICATION_PASSWORD_NEEDED = Reply(534, "5.7.9", "Use an application password here")
ENCRYPTION_NEEDED = Reply(538, "5.7.11", "Use TLS before signing in")
NO_SUCH_RECIPIENT = Reply(550, "5.1.1", "No such recipient here")
NO_RELAYING = Reply(550, "5.7.1", "Relaying denied")
TOO_BIG = Reply(552, "5.3.4", "Message too big")
BAD_ADDRESS = Reply(553, "5.1.3", "This is not a usable address")
BAD_SENDER = Reply(553, "5.1.7", "This is not a usable sender address")
NON_ASCII_ADDRESS = Reply(553, "5.6.7", "Say SMTPUTF8 before using addresses beyond ASCII")
BARE_LINE_END = Reply(554, "5.6.11", "Bare <CR> or <LF> in the message (see RFC 5321 section 2.3.8)", closes=True)
DATA_LINE_TOO_LONG = Reply(554, "5.6.0", "A line of the message is too long (see RFC 5321 section 4.5.3.1.6)")
NO_VALID_RECIPIENTS = Reply(554, "5.5.1", "No valid recipients")

_CODE_OF_STATUS = {
    "4.2.2": 452,
    "4.3.1": 452,
    "4.5.3": 452,
    "5.1.3": 553,
    "5.3.4": 552,
    "5.4.6": 554,
    "5.6.0": 554,
}


def from_verdict(verdict: Verdict) -> Reply:
    """Translate what a stage before acceptance has decided."""
    status = verdict.enhanced_status_code or "4.3.0"
    code = _CODE_OF_STATUS.get(status, 550 if status.startswith("5") else 451)
    return Reply(code, status, verdict.text or "Not accepted")
