"""What a person does with a file: link it, withdraw the link, delete it, write with it, keep one from a message."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.composing import drafts, linking
from mailapp.composing.state import Fields, Origin
from mailapp.files import links, storing
from mailapp.web import answers
from mailapp.web.files import pages
from mailapp.web.part_pages import content_of
from mailapp.web.sources import open_source
from workmail.errors import Invalid, LimitExceeded, OverQuota

UNPROCESSABLE = 422


@login_required
@require_POST
def link(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Make a link, or change the one there is."""
    mailbox = access.open_own_mailbox(request.actor)
    file = storing.find(mailbox, file_id)
    if file.link is not None and not links.is_living(file.link):
        file.link = None
    form = pages.LinkForm(request.POST, file)
    if form.is_valid():
        try:
            sentence = _changed(mailbox, file, form)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return answers.done(request, {"sentence": sentence, "undo": ""}, to=reverse("mail:file", args=[file_id]))
    return pages.file_page(request, mailbox, file, form, status=UNPROCESSABLE)


def _changed(mailbox: access.OpenMailbox, file, form: pages.LinkForm) -> str:
    cleaned = form.cleaned_data
    if file.link is None:
        links.create(mailbox, file, days=cleaned["days"], password=cleaned["password"])
        return _("The link is made. Copy it, or write a message with it.")
    password = "" if cleaned.get("removes_password") else cleaned["password"] or None
    links.change(mailbox, file, days=cleaned["days"], password=password, keeps_file=cleaned["keeps_file"])
    return _("The link is changed.")


@login_required
@require_POST
def revoke(request: HttpRequest, file_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    file = storing.find(mailbox, file_id)
    links.revoke(mailbox, file)
    sentence = _("The link to “%(name)s” opens nothing any more.") % {"name": storing.name_of(mailbox, file)}
    return answers.done(request, {"sentence": sentence, "undo": ""})


@login_required
@require_POST
def delete(request: HttpRequest, file_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    file = storing.find(mailbox, file_id)
    name = storing.name_of(mailbox, file)
    storing.delete(mailbox, file)
    sentence = _("“%(name)s” is deleted.") % {"name": name}
    return answers.done(request, {"sentence": sentence, "undo": ""}, to=reverse("mail:files"))


@login_required
@require_POST
def write(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Begin a message with the file: attached, or ``as=link``."""
    mailbox = access.open_own_mailbox(request.actor)
    file = storing.find(mailbox, file_id)
    draft = drafts.begin(mailbox, Fields(), Origin())
    try:
        if request.POST.get("as") == "link":
            linking.link(mailbox, draft.pk, file)
        else:
            linking.attach(mailbox, draft.pk, file)
    except (LimitExceeded, OverQuota) as refusal:
        drafts.drop(draft)
        return answers.done(request, {"sentence": str(refusal), "undo": ""}, to=reverse("mail:file", args=[file_id]))
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft.pk]))


@login_required
@require_POST
def keep(request: HttpRequest, key: UUID, number: str, trail: str = "") -> HttpResponse:
    """Save a received attachment among one's files."""
    source = open_source(request, key, trail)
    content = content_of(source.raw, number)
    mailbox = access.open_own_mailbox(request.actor)
    octets = storing.in_pieces(content.octets)
    try:
        file = storing.receive(mailbox, content.file_name or "", octets, len(content.octets))
    except (Invalid, LimitExceeded, OverQuota) as refusal:
        return answers.done(request, {"sentence": str(refusal), "undo": ""})
    sentence = _("“%(name)s” is saved in Files.") % {"name": storing.name_of(mailbox, storing.find(mailbox, file.pk))}
    return answers.done(request, {"sentence": sentence, "undo": "", "url": reverse("mail:files")})
