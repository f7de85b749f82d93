"""Attaching files and pictures, and showing them again."""

import functools
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from mailapp import access
from mailapp.composing import checks, linking, uploads
from mailapp.composing.uploads import StoredFile
from mailapp.jobs.files import PIECE_BYTES
from mailapp.web.compose import link_pages, pictures
from workmail.errors import Invalid, LimitExceeded
from workmail.numbers import natural
from workmail.ui import formats, refusals

# What the form around the files may add: boundaries, names, the text of the message.
_AROUND_BYTES: Final = 5 * 1024 * 1024
_LARGEST_BODY_BYTES: Final = settings.MAX_CONTENT_BYTES + _AROUND_BYTES
_SHOWN_IN_PLACE: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")

View = Callable[..., HttpResponse]


def refuse_large(view: View) -> View:
    """Refuse a body by its announced length, before a single octet of it is parsed.

    Checking the CSRF token reads the form, so it comes after this, and only here.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @functools.wraps(view)
    def check(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        length = natural(request.META.get("CONTENT_LENGTH") or "0")
        if length is None or length > _LARGEST_BODY_BYTES:
            error = LimitExceeded(
                _("Not attached: %(size)s is more than the %(limit)s a message can carry.")
                % {
                    "size": formats.file_size(length or 0),
                    "limit": formats.file_size(settings.MAX_CONTENT_BYTES),
                }
            )
            response = refusals.answer(request, error)
            response.status_code = 413
            return response
        return protected(request, *arguments, **named)

    return check


@refuse_large
@login_required
@require_POST
def upload(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Attach one file; ``inline`` asks for a picture in the text."""
    mailbox = access.open_own_mailbox(request.actor)
    sent = request.FILES.get("file")
    if sent is None:
        raise Invalid(_("Choose a file."), field="file")
    is_inline = request.POST.get("inline") == "1"
    if not is_inline and linking.is_large(mailbox, sent.size):
        kept = linking.receive(mailbox, draft_id, sent.name or "", sent.chunks(PIECE_BYTES), sent.size)
        return link_pages.carried_answer(request, mailbox, draft_id, kept.pk)
    uploads.check_room(mailbox, draft_id, sent.size)
    file = uploads.attach(
        mailbox,
        draft_id,
        sent.name or "",
        sent.read(),
        content_type=sent.content_type or "",
        is_inline=is_inline,
    )
    answer = described(draft_id, file)
    if not file.is_inline:
        answer["html"] = render_to_string("mail/compose/attachment.html", {"file": answer}, request)
    return JsonResponse(answer, status=201)


@login_required
@require_POST
def remove(request: HttpRequest, draft_id: UUID, upload_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    uploads.remove(mailbox, draft_id, upload_id)
    if refusals.wants_json(request):
        return JsonResponse({"removed": str(upload_id)})
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft_id]))


@login_required
@require_safe
def show(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """A file of one's own draft: pictures in place, everything else as a download that cannot run here."""
    mailbox = access.open_own_mailbox(request.actor)
    file = uploads.find(mailbox, upload_id)
    is_picture = file.is_inline and file.details.content_type in _SHOWN_IN_PLACE
    response = HttpResponse(
        uploads.read(mailbox, file),
        content_type=file.details.content_type if is_picture else "application/octet-stream",
    )
    response["Content-Disposition"] = content_disposition_header(not is_picture, file.file_name)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def described(draft_id: UUID, file: StoredFile) -> dict[str, Any]:
    """Return what the page shows of a file."""
    return {
        "id": str(file.id),
        "name": file.file_name,
        "size": file.size_bytes,
        "type": file.details.content_type,
        "inline": file.is_inline,
        "url": pictures.url_of(file.id),
        "remove_url": reverse("mail:compose_upload_remove", args=[draft_id, file.id]),
        "link_url": reverse("mail:compose_upload_link", args=[draft_id, file.id]),
        "extension": checks.extension(file.file_name)[:4].upper(),
        "warning": warning_about(file.file_name),
    }


def warning_about(file_name: str) -> str:
    """Return a sentence about a file that many recipients will not get; empty for all others."""
    if not checks.is_blocked(file_name):
        return ""
    return _("Most mail systems refuse files that end in .%(extension)s, because they can run programs.") % {
        "extension": checks.extension(file_name)
    }
