"""A little mail for the demo organization, so that the first look is not at empty folders.

The letters are written in the language of whoever writes them, as among real colleagues; they are content, not
interface, and so do not go through gettext. Nothing here passes the delivery pipeline: a start must not wait for it.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from django.utils import timezone

from mailapp import access
from mailapp.store import appending
from mailapp.store.models import Folder, Mailbox
from workmail.directory.models import Organization

_WELCOME = {
    "en": (
        "Welcome to workmail",
        (
            "Good morning,\n\nthis is your mailbox. Write to a colleague, or press ? for the keyboard map.\n\n"
            "Everything here was made for the demo; delete what you like.\n"
        ),
    ),
    "fr": (
        "Bienvenue dans workmail",
        (
            "Bonjour,\n\nvoici votre boîte aux lettres. Écrivez à un collègue ou appuyez sur ?, "
            "qui montre les raccourcis.\n\n"
            "Tout ce qui est ici a été fait pour la démonstration\u00a0: supprimez ce que vous voulez.\n"
        ),
    ),
    "ru": (
        "Добро пожаловать в workmail",
        (
            "Доброе утро!\n\nЭто ваш почтовый ящик. Напишите коллеге или нажмите ?, чтобы увидеть сочетания клавиш.\n\n"
            "Всё здесь сделано для демонстрации: удаляйте что угодно.\n"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One sample message; ``hours`` is its age. Names stand for addresses of the demo's domain."""

    key: str
    author: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    hours: float
    answers: tuple[str, ...] = ()
    html: str = ""
    with_table: bool = False


LETTERS = (
    Letter(
        "lunch",
        "alice",
        ("bob", "chloe"),
        "Lunch on Thursday?",
        "Shall we try the new place by the station on Thursday? They take no reservations, so 12:15 would be wise.\n",
        30,
    ),
    Letter(
        "lunch-bob",
        "bob",
        ("alice", "chloe"),
        "Re: Lunch on Thursday?",
        "12:15 is fine. I walk over from the workshop and keep a table.\n",
        28,
        answers=("lunch",),
    ),
    Letter(
        "lunch-chloe",
        "chloe",
        ("alice", "bob"),
        "Re: Lunch on Thursday?",
        "Avec plaisir\u202f! J’arrive vers midi et demi, commencez sans moi.\n",
        26.5,
        answers=("lunch", "lunch-bob"),
    ),
    Letter(
        "figures",
        "dmitri",
        ("alice", "admin"),
        "Цифры за октябрь",
        "Добрый день!\n\nВ приложении таблица за октябрь. Вопросы лучше сразу, в пятницу меня не будет.\n",
        20,
        with_table=True,
    ),
    Letter(
        "offer",
        "bob",
        ("alice", "dmitri"),
        "The new sign above the door",
        "The painter sent two designs. I prefer the second one: the letters can be read from across the street.\n",
        5,
        html="<p>The painter sent two designs. I prefer <strong>the second one</strong>: the letters can be read "
        "from across the street.</p><ul><li>first design: blue on white</li><li>second design: white on blue</li></ul>",
    ),
    Letter(
        "plan",
        "chloe",
        ("alice",),
        "Ordre du jour de lundi",
        "Bonjour Alice,\n\nvoici trois points pour lundi\u00a0: le budget, les congés, la nouvelle salle.\n\nChloé\n",
        2,
    ),
)


def fill(organization: Organization) -> None:
    """Put the sample letters into the mailboxes of the organization's people."""
    writer = _Writer(organization)
    now = timezone.now()
    for letter in LETTERS:
        writer.store(writer.compose(letter, now), letter.author, letter.recipients, now - timedelta(hours=letter.hours))
    for name, language in writer.languages.items():
        subject, text = _WELCOME.get(language, _WELCOME["en"])
        letter = Letter(f"welcome-{name}", "admin", (name,), subject, text, 0.1)
        writer.store(writer.compose(letter, now), None, (name,), now - timedelta(hours=letter.hours))


class _Writer:
    """Composes for, and stores into, the mailboxes of one organization."""

    def __init__(self, organization: Organization) -> None:
        self._domain = organization.domains.get(is_default=True).name
        mailboxes = Mailbox.objects.filter(organization=organization, entity__user__isnull=False)
        people = {mailbox.entity.name: mailbox for mailbox in mailboxes.select_related("entity__user")}
        self.languages = {name: people[name].entity.user.preferences.get("language", "en") for name in people}
        self._display_names = {name: people[name].entity.display_name for name in people}
        self._mailboxes = {name: access.open_mailbox_for_system(mailbox.pk) for name, mailbox in people.items()}

    def compose(self, letter: Letter, now: datetime) -> bytes:
        message = EmailMessage()
        message["From"] = self._mailbox_address(letter.author)
        message["To"] = ", ".join(self._mailbox_address(name) for name in letter.recipients)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(now - timedelta(hours=letter.hours))
        message["Message-ID"] = self._message_id(letter.key)
        if letter.answers:
            message["In-Reply-To"] = self._message_id(letter.answers[-1])
            message["References"] = " ".join(map(self._message_id, letter.answers))
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        if letter.with_table:
            message.add_attachment(_table(), subtype="csv", filename="октябрь.csv")
        return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def store(self, raw: bytes, author: str | None, recipients: Iterable[str], date: datetime) -> None:
        prepared = appending.prepare(raw)
        if author in self._mailboxes:
            self._append(author, Folder.Role.SENT, prepared, date, is_seen=True)
        for name in recipients:
            if name in self._mailboxes:
                self._append(name, Folder.Role.INBOX, prepared, date, is_seen=False)

    def _append(
        self, name: str, role: Folder.Role, prepared: appending.Prepared, date: datetime, *, is_seen: bool
    ) -> None:
        folder = access.folder_by_role(self._mailboxes[name], role)
        flags = appending.Flags(is_seen=is_seen)
        appending.append(folder, [appending.seal(folder.keys, prepared, flags=flags, internal_date=date)])

    def _mailbox_address(self, name: str) -> str:
        return f"{self._display_names.get(name, name)} <{name}@{self._domain}>"

    def _message_id(self, key: str) -> str:
        return f"<sample-{key}@{self._domain}>"


def _table() -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows([("неделя", "заказы", "сумма"), (40, 12, 1840), (41, 9, 1395), (42, 15, 2210)])
    return lines.getvalue()
