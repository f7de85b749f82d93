"""The automatic reply: its texts, its time, and what others will read."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.rules import replies
from mailapp.rules.models import AutomaticReply
from mailapp.rules.replies import LONGEST_TEXT, Reply, State, Texts
from mailapp.rules.wording import subject_of_reply
from mailapp.web.rules import pages
from workmail.accounts.web import notices
from workmail.errors import Invalid
from workmail.ui import formats

UNPROCESSABLE = 422
_AT = "%Y-%m-%dT%H:%M"


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(format=_AT, attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, required=False, widget=widget, input_formats=[_AT, f"{_AT}:%S"])


_AUDIENCES = (
    (AutomaticReply.Audience.NOBODY.value, AutomaticReply.Audience.NOBODY.label),
    (AutomaticReply.Audience.KNOWN.value, gettext_lazy("Only my contacts and people I have written to")),
    (AutomaticReply.Audience.EVERYONE.value, AutomaticReply.Audience.EVERYONE.label),
)


class ReplyForm(forms.Form):
    """Times are those of the person's zone, which is active in every request."""

    is_on = forms.BooleanField(label=gettext_lazy("Answer automatically"), required=False)
    starts_at = _moment(pgettext_lazy("automatic reply", "From"))
    ends_at = _moment(pgettext_lazy("automatic reply", "Until"))
    inside = forms.CharField(
        label=gettext_lazy("What colleagues get"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("Who else gets an answer"),
        choices=_AUDIENCES,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Each sender gets one answer. Mailing lists, robots and junk get none."),
    )
    outside = forms.CharField(
        label=gettext_lazy("What people outside your organization get"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def reply(self) -> Reply:
        values = self.cleaned_data
        return Reply(
            is_on=values["is_on"],
            audience=values["audience"],
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            texts=Texts(values["inside"], values["outside"]),
        )


@login_required
@require_http_methods(["GET", "POST"])
def automatic_reply(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    if request.method != "POST":
        return _page(request, mailbox, _form_of(replies.get(mailbox)))
    if request.POST.get("turn") == "off":
        kept = replies.get(mailbox)
        replies.save(mailbox, Reply(False, kept.audience, kept.starts_at, kept.ends_at, kept.texts))
        return _said(request, _("The automatic reply is off."))
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, mailbox, form, status=UNPROCESSABLE)
    if request.POST.get("then") == "preview":
        return _page(request, mailbox, form, preview=form.reply())
    try:
        saved = replies.save(mailbox, form.reply())
    except Invalid as error:
        form.add_error(str(error.details.get("field", "")) or None, str(error))
        return _page(request, mailbox, form, status=UNPROCESSABLE)
    return _said(request, _state_words(saved) or _("Saved."))


def _said(request: HttpRequest, sentence: str) -> HttpResponse:
    notices.say(request, sentence)
    return HttpResponseRedirect(reverse("mail:automatic_reply"))


def _form_of(reply: Reply) -> ReplyForm:
    return ReplyForm(
        initial={
            "is_on": reply.is_on,
            "starts_at": reply.starts_at,
            "ends_at": reply.ends_at,
            "inside": reply.texts.inside,
            "outside": reply.texts.outside,
            "audience": reply.audience,
        }
    )


def _page(
    request: HttpRequest, mailbox: OpenMailbox, form: ReplyForm, *, preview: Reply | None = None, status: int = 200
) -> HttpResponse:
    kept = replies.get(mailbox)
    context = {
        "form": form,
        "reply": kept,
        "state_words": _state_words(kept),
        "zone": timezone.get_current_timezone_name(),
        "preview": preview,
        "preview_subject": subject_of_reply(_("Lunch on Friday?")),
        **pages.page_context(request, mailbox),
    }
    return render(request, "mail/rules/automatic_reply.html", context, status=status)


def _state_words(reply: Reply) -> str:
    values = {
        "start": formats.date_and_time(reply.starts_at) if reply.starts_at else "",
        "end": formats.date_and_time(reply.ends_at) if reply.ends_at else "",
    }
    match reply.state():
        case State.ON if reply.ends_at:
            return _("The automatic reply is on until {end}.").format(**values)
        case State.ON:
            return _("The automatic reply is on.")
        case State.WAITING:
            return _("The automatic reply begins on {start}.").format(**values)
        case State.OVER:
            return _("The automatic reply ended on {end}.").format(**values)
    return ""
