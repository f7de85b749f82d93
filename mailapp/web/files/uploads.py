"""A file to keep arrives: in pieces by a script, each sealed at once, or whole by a plain form."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.files import storing
from mailapp.jobs.files import PIECE_BYTES
from mailapp.web import answers
from mailapp.web.files import pages
from workmail.errors import Invalid, LimitExceeded, OverQuota, Stale
from workmail.ui import refusals


@login_required
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take a file from a plain form."""
    mailbox = access.open_own_mailbox(request.actor)
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise Invalid(_("Choose a file."), field="file")
        file = storing.receive(mailbox, sent.name or "", sent.chunks(PIECE_BYTES), sent.size)
    except (Invalid, LimitExceeded, OverQuota) as refusal:
        if refusals.wants_json(request):
            raise
        return pages.listing_page(request, mailbox, problem=str(refusal), status=refusals.status_of(refusal))
    return _kept(request, mailbox, file.pk)


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a file that comes in pieces: ``name`` and ``size``."""
    mailbox = access.open_own_mailbox(request.actor)
    return begun(request, mailbox, lambda file_id: reverse("mail:file_finish", args=[file_id]))


@login_required
@require_POST
def piece(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Take the octets of the body, which begin at ``?at=``; a writer that is behind or ahead is told where to go on."""
    mailbox = access.open_own_mailbox(request.actor)
    stored = storing.unfinished(mailbox, file_id)
    at = request.GET.get("at", "")
    if not at.isdecimal() or len(at) > 15:
        raise Invalid
    try:
        return JsonResponse({"size": storing.append(mailbox, stored, request.body, at=int(at))})
    except Stale as stale:
        return JsonResponse({"size": stale.details["size"]}, status=409)


@login_required
@require_POST
def finish(request: HttpRequest, file_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    file = storing.finish(mailbox, file_id)
    return _kept(request, mailbox, file.pk)


def begun(request: HttpRequest, mailbox: OpenMailbox, finish_url: Callable[[UUID], str]) -> HttpResponse:
    size = request.POST.get("size", "")
    stored = storing.begin(
        mailbox, request.POST.get("name", ""), int(size) if size.isdecimal() and len(size) < 16 else 0
    )
    answer = {"url": reverse("mail:file_piece", args=[stored.pk]), "finish": finish_url(stored.pk)}
    return JsonResponse(answer, status=201)


def _kept(request: HttpRequest, mailbox: OpenMailbox, file_id: UUID) -> HttpResponse:
    name = storing.name_of(mailbox, storing.find(mailbox, file_id))
    url = reverse("mail:files")
    sentence = _("“%(name)s” is kept.") % {"name": name}
    if refusals.wants_json(request):  # the script loads the page anew, which then says it
        answers.remember(request, sentence)
        return JsonResponse({"sentence": sentence, "undo": "", "url": url}, status=201)
    return answers.done(request, {"sentence": sentence, "undo": ""}, to=url)
