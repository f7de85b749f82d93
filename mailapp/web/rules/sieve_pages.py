"""Rules as a Sieve script: taking them out, bringing them in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.rules import exchanging
from mailapp.rules.sieve_reading import LARGEST_SCRIPT_BYTES
from mailapp.web.rules import pages
from workmail.errors import Invalid

_MOST_NAMED = 3


@login_required
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    text = exchanging.export(access.open_own_mailbox(request.actor))
    response = HttpResponse(text, content_type="application/sieve; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rules.sieve"'
    return response


@login_required
@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    uploaded = request.FILES.get("script")
    if uploaded is None or uploaded.size is None or uploaded.size > LARGEST_SCRIPT_BYTES:
        raise Invalid(_("Choose a Sieve script: a small text file that ends in .sieve."))
    imported = exchanging.bring_in(mailbox, uploaded.read().decode("utf-8", "replace"))
    count = len(imported.rules)
    said = ngettext(
        "%(count)d rule is brought in, switched off. Look at it and switch it on.",
        "%(count)d rules are brought in, switched off. Look at them and switch them on.",
        count,
    ) % {"count": count}
    if imported.left_out:
        said += " " + _("Left out: {parts}.").format(
            parts=", ".join(imported.left_out[:_MOST_NAMED]) + (" …" if len(imported.left_out) > _MOST_NAMED else "")
        )
    return pages.to_list(request, said, focus="rules-h")
