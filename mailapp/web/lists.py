"""The list of a folder."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from mailapp import access
from mailapp.store.models import Folder


@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    folder = access.folder_by_role(mailbox, Folder.Role.INBOX)
    return HttpResponseRedirect(reverse("mail:folder", args=[folder.folder.pk]))


@login_required
def folder(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    opened = access.open_folder(request.actor, folder_id)
    return HttpResponse(str(opened.folder.pk), content_type="text/plain")
