"""Taking contacts elsewhere."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from mailapp.contacts import book as books
from mailapp.contacts import exporting
from mailapp.contacts.exporting import Format
from mailapp.web.people import frames
from workmail.errors import Invalid


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    book = frames.open_book(request)
    formats = [
        (Format.VCARD_4, _("vCard 4"), _("Everything, with pictures and groups. For programs of today.")),
        (Format.VCARD_3, _("vCard 3"), _("Everything, with pictures and groups. For phones and older programs.")),
        (Format.GOOGLE, _("CSV for Google"), _("A table, without pictures and groups.")),
        (Format.OUTLOOK, _("CSV for Outlook"), _("A table, without pictures and groups.")),
    ]
    return render(request, "people/export.html", {**frames.frame(request, book, "export"), "formats": formats})


@login_required
@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """The file; ``format`` as in ``exporting.Format``, ``key`` one contact, else all."""
    book = frames.open_book(request)
    try:
        wanted = Format(request.GET.get("format", ""))
    except ValueError as error:
        raise Invalid(field="format") from error
    keys = None
    if "key" in request.GET:
        keys = frames.keys_in(request.GET.getlist("key"))
        for key in keys:
            books.get(book, key)
    name, content_type, octets = exporting.export(book, wanted, keys)
    response = HttpResponse(octets, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
