"""What open pages ask about new mail, and the doors to web push."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from mailapp import access
from mailapp.notices import operations, sending
from mailapp.store.models import Folder
from workmail.errors import Invalid


@login_required
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Return what has come into the inbox after the message with the uid ``after``; without it only where one is."""
    mailbox = access.open_own_mailbox(request.actor)
    inbox = access.folder_by_role(mailbox, Folder.Role.INBOX)
    last = inbox.folder.uid_next - 1
    answer: dict[str, object] = {"inbox": str(inbox.folder.pk), "last": last, "count": 0}
    after = request.GET.get("after", "")
    if after:
        if not after.isdecimal() or len(after) > 12:
            raise Invalid
        fresh = inbox.messages.filter(uid__gt=int(after), is_seen=False).order_by("-uid")
        newest = list(fresh.values_list("pk", flat=True)[:100])
        if newest:
            answer |= {"count": len(newest), **(sending.notice_of(request.actor, newest[0], len(newest)) or {})}
    return JsonResponse(answer)


@login_required
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    values = {name: request.POST.get(name, "") for name in ("endpoint", "point", "auth")}
    operations.subscribe(request.actor, request.session.row, **values)
    return JsonResponse({"subscribed": True})


@login_required
@require_POST
def unsubscribe(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"unsubscribed": operations.unsubscribe(request.actor, request.POST.get("endpoint", ""))})


@login_required
@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """Return the key a browser wants for a subscription."""
    return JsonResponse({"key": operations.public_key()})
