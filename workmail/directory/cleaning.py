"""What names, domains and addresses may look like here. Each function returns the clean form or raises Invalid."""

import re
import unicodedata

from django.utils.translation import gettext as _

from workmail.directory.addresses import fold_domain, split
from workmail.errors import Invalid

_DOMAIN_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z")
_LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]{1,64}\Z")
_BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they make a name read as another one
_NAME = re.compile(r"[\w.@+'-]{1,64}\Z")


def clean_domain(name: str) -> str:
    folded = fold_domain(name.strip())
    if not _DOMAIN_NAME.match(folded):
        raise Invalid(_("This is not a domain name. It looks like example.org."), field="domain")
    return folded


def clean_address(addr_spec: str, field: str = "address") -> tuple[str, str]:
    """Return the local part as written and the folded domain."""
    try:
        local_part, domain = split(addr_spec)
    except Invalid as error:
        raise Invalid(_("Write the address as name@domain."), field=field) from error
    if not _LOCAL_PART.match(local_part) or local_part.startswith(".") or local_part.endswith("."):
        raise Invalid(_("The part before the @ has characters that an address cannot have."), field=field)
    folded = fold_domain(domain)
    if not _DOMAIN_NAME.match(folded):
        raise Invalid(_("The part after the @ is not a domain name."), field=field)
    return local_part, folded


def clean_name(name: str) -> str:
    name = name.strip()
    if not _NAME.match(name):
        raise Invalid(_("A user name may have letters, digits and the characters . _ - + ' @."), field="name")
    return name


def clean_text(text: str, field: str, *, least: int = 1) -> str:
    """Names end up in header fields and pages: one line (other white space becomes a space), no control characters."""
    text = " ".join(text.split())
    if len(text) < least or len(text) > (200 if field in ("name", "display_name") else 128):
        raise Invalid(_("Write between 1 and 200 characters."), field=field)
    if any(unicodedata.category(character) in ("Cc", "Cs") or character in _BIDI_CONTROLS for character in text):
        raise Invalid(_("Write the name without control characters."), field=field)
    return text
