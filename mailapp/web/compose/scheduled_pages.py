"""What waits to be sent: when, to whom; and changing that."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import recipients, rows, sending
from mailapp.composing.models import Draft
from mailapp.store import queries
from mailapp.web import answers
from mailapp.web.compose import pages, schedule
from workmail.errors import WorkmailError
from workmail.ui import formats, refusals


@login_required
@require_GET
def open_message(request: HttpRequest, message_key: UUID) -> HttpResponse:
    """Open a message of Scheduled, by the name it has in lists."""
    mailbox = access.open_own_mailbox(request.actor)
    message = queries.message(mailbox, message_key)
    draft = Draft.objects.filter(mailbox=mailbox.mailbox, sent_key=message_key).first()
    if draft is None or draft.status != Draft.Status.HELD:  # it has left meanwhile, or was put here by another program
        return HttpResponseRedirect(reverse("mail:message", args=[message.folder_id, message_key]))
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft.pk]))


@login_required
@require_POST
def change(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Let it leave at another time, or now."""
    mailbox = access.open_own_mailbox(request.actor)
    try:
        send_at = None if request.POST.get("now") else schedule.asked(request)
        outcome = sending.reschedule(mailbox, draft_id, send_at)
    except WorkmailError as error:
        draft = rows.find(mailbox, draft_id)
        if refusals.wants_json(request) or draft is None:
            raise
        if draft.status == Draft.Status.HELD:
            return page(request, mailbox, draft, problem=error)
        answers.remember(request, str(error))
        return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft_id]))
    sentence = said(outcome.draft) if send_at else _("Message sent.")
    return answers.done(request, {"sentence": sentence, "undo": ""}, to=_folder_of(mailbox, outcome.draft))


def page(
    request: HttpRequest, mailbox: OpenMailbox, draft: Draft, *, problem: WorkmailError | None = None
) -> HttpResponse:
    """Return the page of a message that waits for its time."""
    fields = rows.fields_of(mailbox, draft)
    context = {
        **pages.surroundings(request, mailbox),
        "draft": draft,
        "fields": fields,
        "recipients": [person.display_name or person.addr_spec for person in recipients.all_of(fields)],
        "moments": schedule.offered(),
        "own_moment": schedule.written(draft.hold_until) if draft.hold_until else "",
        "problem": problem,
    }
    return render(
        request, "mail/compose/scheduled.html", context, status=refusals.status_of(problem) if problem else 200
    )


def said(draft: Draft) -> str:
    """Say when the message leaves."""
    # Translators: {time} is a date and time such as "30 Nov 2026, 08:00"
    return _("The message will be sent on {time}.").format(time=formats.date_and_time(draft.hold_until))


def _folder_of(mailbox: OpenMailbox, draft: Draft) -> str:
    message = queries.message(mailbox, draft.sent_key) if draft.sent_key else None
    return reverse("mail:folder", args=[message.folder_id]) if message else reverse("mail:home")
