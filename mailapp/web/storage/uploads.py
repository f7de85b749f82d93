"""A file to import arrives: in pieces by a script, each sealed at once, or whole by a plain form."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.jobs import files
from mailapp.jobs.models import JobFile
from mailapp.store.importing import jobs as importing
from mailapp.web import answers
from mailapp.web.storage.forms import FileForm, UploadForm
from mailapp.web.storage.transfer_pages import UNPROCESSABLE, begun, page
from workmail.errors import Invalid, LimitExceeded, NotFound, Stale
from workmail.numbers import natural
from workmail.ui import formats

_LONGEST_NAME = 200
_MOST_UPLOADS = 10  # of one person, not yet imported


@login_required
@require_POST
def import_file(request: HttpRequest) -> HttpResponse:
    """Take a file from a plain form, and import it."""
    mailbox = access.open_own_mailbox(request.actor)
    form = FileForm(mailbox, request.POST, request.FILES)
    if form.is_valid():
        try:
            _receive(mailbox, form)
        except (Invalid, LimitExceeded) as refusal:
            form.refuse(refusal)
        else:
            return begun(request, _("The import has begun. You can leave this page."))
    return page(request, mailbox, file_form=form, status=UNPROCESSABLE)


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a file that comes in pieces: ``name`` and ``size``."""
    mailbox = access.open_own_mailbox(request.actor)
    _check_room(mailbox, natural(request.POST.get("size", "")) or 0)
    file = files.create(mailbox, _clean_name(request.POST.get("name", "")))
    return JsonResponse(
        {
            "url": reverse("mail:import_piece", args=[file.pk]),
            "finish": reverse("mail:import_finish", args=[file.pk]),
        },
        status=201,
    )


@login_required
@require_POST
def piece(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Take the octets of the body, which begin at ``?at=``; a writer that is behind or ahead is told where to go on."""
    mailbox = access.open_own_mailbox(request.actor)
    file = _upload(mailbox, file_id)
    at, octets = natural(request.GET.get("at", "")), request.body
    if at is None or not octets or file.size_bytes + len(octets) > settings.IMPORT_MAX_BYTES:
        raise Invalid
    try:
        return JsonResponse({"size": files.append(mailbox, file, octets, at=at)})
    except Stale as stale:
        return JsonResponse({"size": stale.details["size"]}, status=409)


@login_required
@require_POST
def finish(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file is there: import it."""
    mailbox = access.open_own_mailbox(request.actor)
    file = _upload(mailbox, file_id)
    form = UploadForm(mailbox, request.POST)
    if not form.is_valid():
        raise NotFound  # the folder is gone, or was never theirs
    files.complete(file)
    importing.start_file(mailbox, file, form.folder())
    return answers.done(
        request,
        {"sentence": _("The import has begun. You can leave this page."), "undo": ""},
        to=reverse("mail:transfer"),
    )


def _receive(mailbox: OpenMailbox, form: FileForm) -> None:
    sent = form.cleaned_data["file"]
    _check_room(mailbox, sent.size)
    file = files.create(mailbox, _clean_name(sent.name or ""))
    for octets in sent.chunks(files.PIECE_BYTES):
        files.append(mailbox, file, octets)
    files.complete(file)
    try:
        importing.start_file(mailbox, file, form.folder())
    except BaseException:
        files.delete(file)
        raise


def _upload(mailbox: OpenMailbox, file_id: UUID) -> JobFile:
    file = files.find(mailbox, file_id)
    if file.is_download or file.is_complete or file.job_id is not None:
        raise NotFound
    return file


def _check_room(mailbox: OpenMailbox, size: int) -> None:
    if size < 1:
        raise Invalid(_("The file is empty. Choose another one."), field="file")
    if size > settings.IMPORT_MAX_BYTES:
        raise Invalid(
            _("The file is larger than %(limit)s. Import it in parts.")
            % {"limit": formats.file_size(settings.IMPORT_MAX_BYTES)},
            field="file",
        )
    waiting = JobFile.objects.filter(mailbox=mailbox.mailbox, is_download=False, expires_at__gt=timezone.now())
    if waiting.count() >= _MOST_UPLOADS:
        raise LimitExceeded(_("Too many files wait to be imported. Wait until some of them are."), field="file")


def _clean_name(name: str) -> str:
    name = " ".join(name.replace("\\", "/").rpartition("/")[2].split())[:_LONGEST_NAME]
    return name.encode("utf-8", "replace").decode() or "file"
