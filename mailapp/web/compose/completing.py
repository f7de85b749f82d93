"""What the recipient fields ask while somebody types."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mailapp import access
from mailapp.composing import recipients
from mailapp.composing.recipients import Recipient
from mailapp.contacts import correspondents, suggestions
from mailapp.contacts.suggestions import Suggestion
from workmail.directory.models import Entity

_LONGEST_TYPED = 200
_MOST_DESCRIBED = 2_000


@login_required
@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """People and groups that ``q`` may mean, as JSON; ``but`` are addresses chosen already.

    A group of one's own has no address but ``people``: whoever chooses it chooses them.
    """
    mailbox = access.open_own_mailbox(request.actor)
    typed = request.GET.get("q", "")[:_LONGEST_TYPED]
    found = suggestions.suggest(mailbox, typed, exclude=request.GET.getlist("but")[:_MOST_DESCRIBED])
    groups = [
        {
            "name": group.name,
            "address": "",
            "kind": "group",
            "outside": False,
            "members": len(group.people),
            "detail": _("your group"),
            "note": "",
            "people": [{"name": person.display_name, "address": person.addr_spec} for person in group.people],
        }
        for group in suggestions.suggest_groups(mailbox, typed)
    ]
    return JsonResponse({"results": [*groups, *(_suggestion(suggestion) for suggestion in found)]})


@login_required
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Suggest an address no more."""
    mailbox = access.open_own_mailbox(request.actor)
    address = request.POST.get("address", "")[:1_000]
    correspondents.forget(mailbox, address)
    sentence = _("%(address)s is suggested no more until you write there again.") % {"address": address}
    return JsonResponse({"sentence": sentence})


@login_required
@require_POST
def describe(request: HttpRequest) -> HttpResponse:
    """Who stands in the fields, one list for each, and the sentence for all of them. By POST: the lists can be long."""
    mailbox = access.open_own_mailbox(request.actor)
    fields = {name: recipients.read(request.POST.get(name, ""))[:_MOST_DESCRIBED] for name in ("to", "cc", "bcc")}
    described = {name: recipients.describe(mailbox, people) for name, people in fields.items()}
    everybody = recipients.once([recipient for several in described.values() for recipient in several])
    return JsonResponse(
        {
            "fields": {name: [_recipient(recipient) for recipient in several] for name, several in described.items()},
            "sentence": recipients.sentence(mailbox, everybody),
            "outside": sum(recipient.is_outside for recipient in everybody),
            "problems": [recipient.problem for recipient in everybody if recipient.problem],
        }
    )


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "name": suggestion.display_name,
        "address": suggestion.addr_spec,
        "kind": _kind(suggestion.kind),
        "outside": suggestion.is_outside,
        "members": suggestion.member_count,
        "detail": _("room or equipment") if suggestion.kind == Entity.Kind.RESOURCE else "",
        "note": "",
    }


def _recipient(recipient: Recipient) -> dict[str, Any]:
    return {
        "name": recipient.display_name,
        "address": recipient.addr_spec,
        "kind": _kind(recipient.kind),
        "outside": recipient.is_outside,
        "members": recipient.member_count,
        "problem": recipient.problem,
    }


def _kind(kind: str) -> str:
    """The page's word: whoever is no group and no room is a person."""
    return kind if kind in (Entity.Kind.GROUP, Entity.Kind.RESOURCE) else "person"
