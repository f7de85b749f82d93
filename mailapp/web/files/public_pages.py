"""What whoever has the address of a link sees: the file and its sender, a password if it has one, the download.

Opening the page downloads and counts nothing, so programs that follow every address in a message change nothing. The
button counts, and leads to an address good for some hours, under which a broken download goes on where it stopped.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from mailapp.files import links
from mailapp.files.links import Gone, OpenLink
from mailapp.web.storage.downloads import response_of
from workmail.accounts.lockout import Blocked
from workmail.accounts.web.forms import RefusableForm
from workmail.accounts.web.refusing import UNPROCESSABLE, blocked_response, until_words
from workmail.errors import LimitExceeded

View = Callable[..., HttpResponseBase]


class PasswordForm(RefusableForm):
    password = forms.CharField(
        label=pgettext_lazy("of a link", "Password"),
        strip=False,
        max_length=links.LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


def _public(view: View) -> View:
    """Open the link before the view; whoever comes too late is told so. The address itself must not leak."""

    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            response = view(request, links.open_link(token), token)
        except Gone:
            response = render(request, "files/gone.html", status=410)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return never_cache(page)


@require_safe
@_public
def show(request: HttpRequest, opened: OpenLink, token: str) -> HttpResponse:
    return _page(request, opened, token, PasswordForm())


@csrf_exempt  # it needs no session: whoever has the address may download, with or without cookies
@sensitive_post_parameters("password")
@require_POST
@_public
def admit(request: HttpRequest, opened: OpenLink, token: str) -> HttpResponse:
    form = PasswordForm(request.POST)
    if opened.needs_password and not form.is_valid():
        return _page(request, opened, token, form, status=UNPROCESSABLE)
    password = form.cleaned_data["password"] if opened.needs_password else ""
    try:
        passed = links.admit(opened, password, request.actor.client_address)
    except links.WrongPassword as refusal:
        form.refuse(refusal)
        return _page(request, opened, token, form, status=UNPROCESSABLE)
    except Blocked as blocked:
        time = until_words(blocked.until)
        form.refuse(LimitExceeded(_("Too many wrong passwords. Try again after %(time)s.") % {"time": time}))
        return blocked_response(_page(request, opened, token, form), blocked.until)
    return HttpResponseRedirect(f"{reverse('mail:link_file', args=[token])}?{urlencode({'pass': passed})}")


@require_safe
@_public
def download(request: HttpRequest, opened: OpenLink, token: str) -> HttpResponseBase:
    if not links.is_admitted(opened, request.GET.get("pass", "")[:500]):
        return HttpResponseRedirect(reverse("mail:link", args=[token]))
    return response_of(request, opened.mailbox, opened.file.stored, opened.name, "application/octet-stream")


def _page(request: HttpRequest, opened: OpenLink, token: str, form: PasswordForm, status: int = 200) -> HttpResponse:
    context = {
        "name": opened.name,
        "size_bytes": opened.file.size_bytes,
        "sender": opened.sender,
        "sender_address": getattr(opened.sender, "addr_spec", ""),
        "organization": opened.sender.organization,
        "expires_at": opened.link.expires_at,
        "needs_password": opened.needs_password,
        "form": form,
        "token": token,
    }
    return render(request, "files/link.html", context, status=status)
