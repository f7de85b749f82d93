"""The parameters of MAIL and RCPT as values (RFC 1870, 3461, 6152, 6531). Pure."""

import re
from dataclasses import dataclass

from gateways.smtp import replies
from gateways.smtp.replies import Reply

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*\Z")
_ORCPT = re.compile(r"[A-Za-z0-9-]{1,32};.{1,500}\Z")
_NOTIFY = ("SUCCESS", "FAILURE", "DELAY")


class ParameterRefused(Exception):
    """A parameter that is unknown, or has no usable value."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class MailParameters:
    size: int = 0
    body: str = "7BIT"
    is_utf8: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class RecipientParameters:
    notify: tuple[str, ...] = ()
    orcpt: str = ""


def of_mail(parameters: dict[str, str | None]) -> MailParameters:
    """Read the parameters of MAIL. AUTH= (RFC 4954 §5) is understood and not believed.

    Raises:
        ParameterRefused: See its ``reply``.
    """
    known = {"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"}
    _refuse_unknown(parameters, known)
    size = parameters.get("SIZE") or "0"
    body = (parameters.get("BODY") or "7BIT").upper()
    ret = (parameters.get("RET") or "").upper()
    envid = parameters.get("ENVID") or ""
    if not (size.isascii() and size.isdigit() and len(size) <= 20):
        raise ParameterRefused(replies.SYNTAX)
    if body not in ("7BIT", "8BITMIME"):
        raise ParameterRefused(replies.UNKNOWN_PARAMETER.saying("BODY must be 7BIT or 8BITMIME"))
    if "SMTPUTF8" in parameters and parameters["SMTPUTF8"] is not None:
        raise ParameterRefused(replies.SYNTAX)
    if ("RET" in parameters and ret not in ("FULL", "HDRS")) or len(envid) > 100 or not _XTEXT.match(envid):
        raise ParameterRefused(replies.SYNTAX)
    return MailParameters(int(size), body, "SMTPUTF8" in parameters, ret, envid)


def of_recipient(parameters: dict[str, str | None]) -> RecipientParameters:
    """Read the parameters of RCPT.

    Raises:
        ParameterRefused: See its ``reply``.
    """
    _refuse_unknown(parameters, {"NOTIFY", "ORCPT"})
    words = tuple((parameters.get("NOTIFY") or "").upper().split(",")) if "NOTIFY" in parameters else ()
    if words and words != ("NEVER",) and not all(word in _NOTIFY for word in words):
        raise ParameterRefused(replies.SYNTAX)
    orcpt = parameters.get("ORCPT") or ""
    if "ORCPT" in parameters and not _ORCPT.match(orcpt):
        raise ParameterRefused(replies.SYNTAX)
    return RecipientParameters(words, orcpt)


def _refuse_unknown(parameters: dict[str, str | None], known: set[str]) -> None:
    if parameters.keys() - known:
        raise ParameterRefused(replies.UNKNOWN_PARAMETER)
