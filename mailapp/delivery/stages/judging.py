"""What the reader's own filter says of a message: trained by what they call junk, see ``mailapp.junk``."""

from mailapp.access import OpenFolder
from mailapp.delivery.transits import OpenTransit
from mailapp.junk import judging
from mailapp.store.models import Folder


def looks_like_junk(transit: OpenTransit, folder: OpenFolder) -> bool:
    """Ask the filter about mail from outside that is not in Junk anyway."""
    if transit.is_submission or folder.folder.role == Folder.Role.JUNK or not transit.envelope.reverse_path:
        return False  # colleagues, junk already, and reports of what one sent oneself
    authentication = transit.results.authentication
    is_verified = authentication is not None and authentication.passed("dmarc")
    return judging.looks_like_junk(folder.mailbox, transit.prepared.parsed, is_verified=is_verified)
