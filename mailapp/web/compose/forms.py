"""The form of the composer: the same for a script and without one."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from mailapp.access import OpenMailbox
from mailapp.composing import authors, building, reminders, signatures
from mailapp.composing.drafts import Editor
from mailapp.composing.models import Draft
from mailapp.composing.state import Fields, Manner
from mailapp.web.compose import pictures

_LONGEST_LIST = 200_000
_LONGEST_SUBJECT = 5_000
_LONGEST_TEXT = 4_000_000


def _reminders() -> list[tuple[int, str]]:
    after = [
        (days, ngettext("After %(days)d day", "After %(days)d days", days) % {"days": days}) for days in reminders.DAYS
    ]
    return [(0, pgettext("reminder", "Never")), *after]


class ComposeForm(forms.Form):
    """What a page of the composer sends.

    ``mode`` says which of the two texts counts: ``rich`` the HTML, ``plain`` the text, and ``unscripted`` the text,
    unless it was left as it was made from the HTML.
    """

    from_address = forms.ChoiceField(label=pgettext_lazy("field of a message", "From"))
    to = forms.CharField(label=pgettext_lazy("field of a message", "To"), required=False, max_length=_LONGEST_LIST)
    cc = forms.CharField(label=pgettext_lazy("field of a message", "Cc"), required=False, max_length=_LONGEST_LIST)
    bcc = forms.CharField(label=pgettext_lazy("field of a message", "Bcc"), required=False, max_length=_LONGEST_LIST)
    subject = forms.CharField(
        label=pgettext_lazy("field of a message", "Subject"), required=False, max_length=_LONGEST_SUBJECT
    )
    text = forms.CharField(
        label=_("Message text"), required=False, strip=False, max_length=_LONGEST_TEXT, widget=forms.Textarea
    )
    html = forms.CharField(required=False, strip=False, max_length=_LONGEST_TEXT, widget=forms.HiddenInput)
    mode = forms.ChoiceField(
        choices=[("rich", "rich"), ("plain", "plain"), ("unscripted", "unscripted")], widget=forms.HiddenInput
    )
    importance = forms.ChoiceField(
        label=_("Importance"),
        required=False,
        choices=[
            ("normal", pgettext_lazy("importance of a message", "Normal")),
            ("high", pgettext_lazy("importance of a message", "High")),
            ("low", pgettext_lazy("importance of a message", "Low")),
        ],
    )
    requests_receipt = forms.BooleanField(label=_("Ask for a read receipt"), required=False)
    includes_quote = forms.BooleanField(label=_("Include the original message"), required=False)
    remind_days = forms.TypedChoiceField(
        label=_("Remind me if nobody answers"), required=False, coerce=int, empty_value=0, choices=_reminders
    )
    # Not a choice: a signature that was deleted meanwhile must not keep anyone from saving.
    signature = forms.CharField(label=_("Signature"), required=False, max_length=36)
    # What a page without script began with: by these the server knows what was changed.
    signature_before = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)
    from_before = forms.CharField(required=False, max_length=1_000, widget=forms.HiddenInput)
    is_answer = forms.BooleanField(required=False, widget=forms.HiddenInput)
    editor = forms.UUIDField(widget=forms.HiddenInput)
    sequence = forms.IntegerField(required=False, min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mailbox: OpenMailbox, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mailbox = mailbox
        self.fields["from_address"].choices = [
            (author.person.addr_spec, author.label) for author in authors.all_of(mailbox)
        ]

    def state(self) -> Fields:
        """Return what the writer has, after ``is_valid``."""
        value = self.cleaned_data
        is_plain = value["mode"] == "plain"
        if value["mode"] == "unscripted":
            is_plain = not value["html"] or _lines(value["text"]) != _lines(building.text_of(value["html"]))
        fields = Fields(
            from_address=value["from_address"],
            to=value["to"],
            cc=value["cc"],
            bcc=value["bcc"],
            subject=value["subject"],
            html="" if is_plain else pictures.from_page(value["html"]),
            text=value["text"] if is_plain else "",
            is_plain=is_plain,
            importance=value["importance"] or "normal",
            requests_receipt=value["requests_receipt"],
            includes_quote=value["includes_quote"],
            signature=value["signature"],
            remind_days=value["remind_days"],
        )
        return self._signed(fields) if value["mode"] == "unscripted" else fields

    def _signed(self, fields: Fields) -> Fields:
        """Put the signature into the text that was chosen, or that the chosen address begins with."""
        value = self.cleaned_data
        before, wanted = value["signature_before"], value["signature"]
        if before == wanted and value["from_before"] and value["from_before"] != fields.from_address:
            manner = Manner.REPLY if value["is_answer"] else Manner.NEW
            new = signatures.default_for(self.mailbox, fields.from_address, manner)
        elif before != wanted:
            new = signatures.named(self.mailbox, wanted)
        else:
            return fields
        old = signatures.named(self.mailbox, before)
        return signatures.exchange(replace(fields, signature=before), old, new)

    def page(self) -> Editor:
        return Editor(
            self.cleaned_data["editor"], self.cleaned_data["sequence"] or 0, self.cleaned_data["revision"] or 0
        )


def filled(
    mailbox: OpenMailbox,
    fields: Fields,
    draft: Draft | None = None,
    *,
    editor: UUID | None = None,
    manner: Manner = Manner.NEW,
) -> ComposeForm:
    """Return the form of a page that is opened now: it is an editor of its own."""
    return ComposeForm(
        mailbox=mailbox,
        initial={
            "from_address": building.author(mailbox, fields).addr_spec,
            "to": fields.to,
            "cc": fields.cc,
            "bcc": fields.bcc,
            "subject": fields.subject,
            "text": fields.text if fields.is_plain else building.text_of(fields.html),
            "html": pictures.for_page(fields.html),
            "mode": "plain" if fields.is_plain else "unscripted",
            "importance": fields.importance,
            "requests_receipt": fields.requests_receipt,
            "includes_quote": fields.includes_quote,
            "signature": fields.signature,
            "remind_days": fields.remind_days,
            "signature_before": fields.signature,
            "from_before": building.author(mailbox, fields).addr_spec,
            "is_answer": manner is not Manner.NEW,
            "editor": editor or uuid4(),
            "sequence": 0,
            "revision": draft.revision if draft else 0,
        },
    )


def bound(request: HttpRequest, mailbox: OpenMailbox) -> ComposeForm:
    return ComposeForm(request.POST, mailbox=mailbox)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]
