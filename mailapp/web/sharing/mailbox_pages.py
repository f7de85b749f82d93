"""Settings: who may use one's mailbox and one's name, what is shared of it, and what others share with oneself."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.contacts import address_list, names
from mailapp.contacts.suggestions import inside_domains, member_counts
from mailapp.sharing import granting, senders
from mailapp.sharing.senders import Manner
from mailapp.web import navigation
from mailapp.web.sharing import forms, shown
from mailapp.web.sharing.forms import GrantRow
from workmail.accounts.web import notices
from workmail.directory.models import Entity
from workmail.errors import Invalid, LimitExceeded, NotFound

_MOST_SUGGESTED = 8


@login_required
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    return _page(request, mailbox.mailbox.entity, reverse("mail:sharing"), mailbox)


@login_required
@require_http_methods(["GET", "POST"])
def of_entity(request: HttpRequest, entity_id: UUID) -> HttpResponse:
    """The same for somebody else, a room or a group: administrators only."""
    entity = Entity.objects.filter(pk=entity_id).exclude(state=Entity.State.DELETED).first()
    if entity is None:
        raise NotFound
    return _page(request, entity, reverse("mail:sharing_of", args=[entity_id]))


def _page(request: HttpRequest, entity: Entity, url: str, mailbox: OpenMailbox | None = None) -> HttpResponse:
    error = None
    if request.method == "POST":
        try:
            return _change(request, entity, url)
        except (Invalid, LimitExceeded) as problem:
            error = problem
    rows = [GrantRow.of(grant) for grant in granting.mailbox_grants(request.actor, entity)]
    context = {
        "entity": entity,
        "is_own": mailbox is not None,
        "is_group": entity.kind == Entity.Kind.GROUP,
        "url": url,
        "rows": rows,
        "error": error,
        "typed": request.POST.get("people", "") if error else "",
        "posted": forms.permissions(request.POST) if error else None,
        "inside_domains": ",".join(sorted(inside_domains(entity.organization_id))),
        **(_of_mailbox(mailbox) if mailbox else {}),
        **notices.take(request),
    }
    return render(request, "mail/sharing/mailbox.html", context, status=400 if error else 200)


def _of_mailbox(mailbox: OpenMailbox) -> dict[str, Any]:
    by_folder: dict[UUID, list[GrantRow]] = {}
    for grant in granting.all_folder_grants(mailbox):
        by_folder.setdefault(grant.folder_id, []).append(GrantRow.of(grant))
    tree = navigation.flat(navigation.tree(mailbox))
    return {
        "folders": tree,
        "shared_folders": [(view, by_folder[view.id]) for view in tree if view.id in by_folder],
        "others": shown.mailboxes(mailbox),
        "names": [
            {"name": str(name.entity), "addresses": name.addresses, "is_on_behalf": name.manner is Manner.ON_BEHALF}
            for name in senders.names_for(mailbox.reader_id)
        ],
    }


def _change(request: HttpRequest, entity: Entity, url: str) -> HttpResponse:
    wanted = forms.permissions(request.POST)
    is_removal = request.POST.get("do") == "remove"
    if not wanted and not is_removal:
        raise Invalid(_("Choose at least one permission, or remove the person."), field="full_access")
    known = {grant.grantee_id: grant for grant in granting.mailbox_grants(request.actor, entity)}
    chosen = forms.grantees(request, entity.organization_id)
    before = {grantee.pk: forms.mailbox_state(known.get(grantee.pk)) for grantee in chosen}
    for grantee in chosen:
        granting.grant_mailbox(request.actor, entity, grantee, wanted)
    said = ", ".join(str(grantee) for grantee in chosen)
    if is_removal:
        sentence = _("Removed: %(names)s. Their access has ended.") % {"names": said}
    else:
        sentence = _("Saved: %(names)s.") % {"names": said}
    focus = "delegates-h" if is_removal else f"g-{chosen[0].pk}"
    notices.say(request, sentence, undo_url=forms.undo_url(request.actor, "mailbox", entity.pk, before), focus=focus)
    return HttpResponseRedirect(url)


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    kind, target = forms.undo(request.actor, request.GET.get("undo", ""))
    notices.say(request, _("Undone."), focus="delegates-h")
    if kind == "folder":
        return HttpResponseRedirect(reverse("mail:share_folder", args=[target]))
    is_own = request.user.pk == target
    return HttpResponseRedirect(reverse("mail:sharing") if is_own else reverse("mail:sharing_of", args=[target]))


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """People and groups of the address list that ``q`` may mean: whom one can share with."""
    mailbox = access.open_own_mailbox(request.actor)
    typed = names.words(request.GET.get("q", "")[:200])
    found = address_list.search(mailbox.mailbox.organization_id, typed, limit=_MOST_SUGGESTED * 2)
    able = [each for each in found if each.kind != Entity.Kind.RESOURCE and each.pk != request.user.pk]
    groups = member_counts(each.pk for each in able if each.kind == Entity.Kind.GROUP)
    results = [
        {
            "name": str(each),
            "address": each.addr_spec,
            "kind": "group" if each.kind == Entity.Kind.GROUP else "person",
            "outside": False,
            "members": groups.get(each.pk, 0),
            "detail": "",
            "note": "",
        }
        for each in able[:_MOST_SUGGESTED]
    ]
    return JsonResponse({"results": results})
