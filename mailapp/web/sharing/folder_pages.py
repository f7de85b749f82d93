"""Who may use one folder, and how: by its owner, by whoever it was shared with as a co-owner, by an administrator."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from mailapp import access
from mailapp.access import Right
from mailapp.contacts.suggestions import inside_domains
from mailapp.sharing import granting, levels
from mailapp.sharing.levels import Level
from mailapp.web.sharing import forms, shown
from mailapp.web.sharing.forms import GrantRow
from workmail.accounts.web import notices
from workmail.errors import Invalid, LimitExceeded, NotFound, WorkmailError


@login_required
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Lead to the page of the folder that was chosen from a list."""
    try:
        folder_id = UUID(request.GET.get("folder", ""))
    except ValueError as error:
        raise NotFound from error
    return HttpResponseRedirect(reverse("mail:share_folder", args=[folder_id]))


@login_required
@require_http_methods(["GET", "POST"])
def folder(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    opened = access.open_folder(request.actor, folder_id, needs=[Right.ADMINISTER])
    organization_id = opened.mailbox.mailbox.organization_id
    error = None
    if request.method == "POST":
        try:
            return _change(request, folder_id, organization_id)
        except (Invalid, LimitExceeded) as problem:
            error = problem
    rows = [GrantRow.of(grant) for grant in granting.folder_grants(request.actor, folder_id)]
    context = {
        "folder": opened.folder,
        "name": shown.name_of(opened),
        "folder_url": reverse("mail:folder", args=[folder_id]),
        "url": request.path,
        "rows": rows,
        "levels": [(str(level), str(level.label), levels.meaning(level)) for level in Level],
        "may_include_subfolders": granting.may_include_subfolders(request.actor, folder_id),
        "error": error,
        "typed": request.POST.get("people", "") if error else "",
        "chosen_level": request.POST.get("level", "") if error else str(Level.VIEWER),
        "inside_domains": ",".join(sorted(inside_domains(organization_id))),
        **notices.take(request),
    }
    return render(request, "mail/sharing/folder.html", context, status=400 if error else 200)


def _change(request: HttpRequest, folder_id: UUID, organization_id: str) -> HttpResponse:
    is_removal = request.POST.get("do") == "remove"
    level = None if is_removal else request.POST.get("level", "")
    known = {grant.grantee_id: grant for grant in granting.folder_grants(request.actor, folder_id)}
    chosen = forms.grantees(request, organization_id)
    before = {grantee.pk: forms.folder_state(known.get(grantee.pk)) for grantee in chosen}
    includes_subfolders = request.POST.get("includes_subfolders") == "on"
    for grantee in chosen:
        granting.grant_folder(
            request.actor, folder_id, grantee, level, includes_subfolders=includes_subfolders and not is_removal
        )
    said = ", ".join(str(grantee) for grantee in chosen)
    if is_removal:
        sentence = _("Removed: %(names)s. Their access has ended.") % {"names": said}
    else:
        sentence = _("Saved: %(names)s.") % {"names": said}
    focus = "delegates-h" if is_removal else f"g-{chosen[0].pk}"
    notices.say(request, sentence, undo_url=forms.undo_url(request.actor, "folder", folder_id, before), focus=focus)
    try:
        access.open_folder(request.actor, folder_id, needs=[Right.ADMINISTER])
    except WorkmailError:  # they have just taken their own right away
        return HttpResponseRedirect(reverse("mail:sharing"))
    return HttpResponseRedirect(request.path)
