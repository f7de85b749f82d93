"""Who acts: a person (or a system job) through one door, from one address."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workmail.directory.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """Every operation that needs a permission is given one. ``user`` is None for the system itself."""

    user: "User | None"
    protocol: str = "web"  # web, imap, smtp, dav, activesync, ews, api, command, system
    client_address: str | None = None
    user_agent: str = ""

    @property
    def organization_id(self) -> str | None:
        return self.user.organization_id if self.user else None


SYSTEM = Actor(user=None, protocol="system")
