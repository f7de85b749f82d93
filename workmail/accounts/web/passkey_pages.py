"""Setting passkeys up and removing them, and signing in with one. The asking itself is the script's, passkeys.js."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from workmail.accounts import passkeys, passwords, second_factor
from workmail.accounts.lockout import Blocked
from workmail.accounts.passkeys import Site
from workmail.accounts.stages import SecondFactorStage
from workmail.accounts.web.forms import CodeForm, ConfirmedForm, text_field
from workmail.accounts.web.notices import say
from workmail.accounts.web.refusing import UNPROCESSABLE, blocked_response, until_words
from workmail.directory.models import User
from workmail.errors import Invalid, WorkmailError
from workmail.ui.refusals import wants_json


class NewPasskeyForm(ConfirmedForm):
    name = text_field(
        gettext_lazy("Name"),
        most=passkeys.LONGEST_NAME,
        help_text=gettext_lazy("The device it is on, such as “My phone” or “Security key”."),
    )

    field_order = ("name", "current_password")


def site_of(request: HttpRequest) -> Site:
    return Site(request.get_host(), request.is_secure())


# --- Settings --------------------------------------------------------------------------------------------------


@sensitive_post_parameters("current_password")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, and for the script what to ask the device, once the password is right."""
    form = NewPasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            passwords.confirm(request.actor, request.user, cleaned["current_password"])
            return JsonResponse(passkeys.begin_registration(request.user, site_of(request), cleaned["name"]))
        except WorkmailError as refusal:
            form.refuse(refusal)
    if wants_json(request) and form.errors:
        field, texts = next(iter(form.errors.items()))
        return JsonResponse({"code": "invalid", "message": str(texts[0]), "field": field}, status=UNPROCESSABLE)
    return render(request, "accounts/new_passkey.html", {"form": form}, status=UNPROCESSABLE if form.errors else 200)


@login_required
@never_cache
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """The device's answer: the passkey is kept; the first one brings recovery codes."""
    try:
        codes = passkeys.finish_registration(
            request.actor,
            request.user,
            site_of(request),
            request.POST.get("ticket", ""),
            request.POST.get("credential", ""),
        )
    except Invalid as refusal:
        form = NewPasskeyForm()
        context = {"form": form, "problem": str(refusal)}
        return render(request, "accounts/new_passkey.html", context, status=UNPROCESSABLE)
    if codes:
        return render(request, "accounts/recovery_codes.html", {"codes": codes, "is_new": True})
    say(request, _("The passkey is set up."))
    return HttpResponseRedirect(reverse("settings") + "#security")


@sensitive_post_parameters("current_password")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Ask for the password, then remove it: the last second factor must not go by somebody else's hand."""
    passkey = passkeys.find(request.user, passkey_id)
    form = ConfirmedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            passwords.confirm(request.actor, request.user, form.cleaned_data["current_password"])
            name = passkeys.remove(request.actor, request.user, passkey_id)
        except WorkmailError as refusal:
            form.refuse(refusal)
        else:
            say(request, _("The passkey “%(name)s” is removed.") % {"name": name})
            return HttpResponseRedirect(reverse("settings") + "#security")
    is_last = not second_factor.has_app(request.user) and len(passkeys.of(request.user)) == 1
    context = {"form": form, "passkey": passkey, "is_last": is_last}
    return render(request, "accounts/remove_passkey.html", context, status=UNPROCESSABLE if form.errors else 200)


# --- Signing in ------------------------------------------------------------------------------------------------


@never_cache
@require_POST
def begin_sign_in(request: HttpRequest) -> HttpResponse:
    return JsonResponse(passkeys.begin_sign_in(site_of(request)))


@never_cache
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """A passkey alone: the device and what unlocks it are the two factors."""
    try:
        user = passkeys.finish_sign_in(
            request.actor, site_of(request), request.POST.get("ticket", ""), request.POST.get("credential", "")
        )
    except Blocked as blocked:
        context = {"problem": "", "until": until_words(blocked.until)}
        return blocked_response(render(request, "account/passkey_refused.html", context), blocked.until)
    except passkeys.PasskeyRefused as refusal:
        return render(request, "account/passkey_refused.html", {"problem": str(refusal)}, status=UNPROCESSABLE)
    target = request.POST.get("next", "")
    login = Login(user=user, redirect_url=target if target and get_adapter(request).is_safe_url(target) else None)
    LoginStageController(request, login).set_handled(SecondFactorStage.key)
    response = perform_login(request, login)
    request.session.set_expiry(settings.SESSION_COOKIE_AGE if request.POST.get("remember") else 0)
    return response


@never_cache
@login_stage_required(stage="second_factor", redirect_urlname="account_login")
@require_POST
def begin_second_step(request: HttpRequest) -> HttpResponse:
    return JsonResponse(passkeys.begin_sign_in(site_of(request), request._login_stage.login.user))


@never_cache
@login_stage_required(stage="second_factor", redirect_urlname="account_login")
@require_POST
def second_step(request: HttpRequest) -> HttpResponse:
    """A passkey after the password."""
    stage = request._login_stage
    user = stage.login.user
    if user is None or not user.is_active:
        return stage.abort()
    ticket, answer = request.POST.get("ticket", ""), request.POST.get("credential", "")
    try:
        passkeys.finish_sign_in(request.actor, site_of(request), ticket, answer, user)
    except Blocked as blocked:
        context = second_step_context(user) | {"until": until_words(blocked.until)}
        return blocked_response(render(request, "account/second_factor.html", context), blocked.until)
    except passkeys.PasskeyRefused:
        problem = _("This passkey was not accepted. Try again, or use a code.")
        context = second_step_context(user) | {"problem": problem}
        return render(request, "account/second_factor.html", context, status=UNPROCESSABLE)
    return stage.exit()


def second_step_context(user: User) -> dict[str, object]:
    """Return what the page of the second step needs to know of somebody who has given the password."""
    return {
        "form": CodeForm(),
        "address": user.addr_spec,
        "has_app": second_factor.has_app(user),
        "has_passkeys": bool(passkeys.of(user)),
    }
