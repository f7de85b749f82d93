"""Sign-in security: password, second factor, application passwords, sessions."""

from collections.abc import Callable
from uuid import UUID

import segno
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from workmail.accounts import application_passwords, passwords, second_factor, sessions
from workmail.accounts.lockout import Blocked
from workmail.accounts.web.forms import (
    ApplicationPasswordForm,
    ChangePasswordForm,
    ConfirmedForm,
    RefusableForm,
    SecondFactorForm,
)
from workmail.accounts.web.notices import say
from workmail.accounts.web.refusing import UNPROCESSABLE
from workmail.errors import LimitExceeded, WorkmailError


def _answer(request: HttpRequest, template: str, form: RefusableForm, **context: object) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def _confirmed(request: HttpRequest, form: ConfirmedForm, act: Callable[[], object]) -> tuple[bool, object]:
    """Check the password in ``form``, then act; a refusal of either lands in the form."""
    try:
        passwords.confirm(request.actor, request.user, form.cleaned_data["current_password"])
        return True, act()
    except Blocked as blocked:
        form.refuse(LimitExceeded(_("Too many wrong codes. Try again later."), until=blocked.until))
    except WorkmailError as refusal:
        form.refuse(refusal)
    return False, None


@sensitive_post_parameters("current_password", "password", "repeated")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Also where everyone is sent who must choose a new password."""
    form = ChangePasswordForm(request.POST or None)
    user = request.user
    if request.method == "POST" and form.is_valid():
        done, _nothing = _confirmed(
            request,
            form,
            lambda: passwords.change(request.actor, user, form.cleaned_data["password"], keep=request.session),
        )
        if done:
            update_session_auth_hash(request, user)
            say(request, _("Your password is changed. All other sessions are signed out."))
            return HttpResponseRedirect(reverse("settings") + "#security")
    return _answer(request, "accounts/password.html", form, must_change=user.must_change_password)


@sensitive_post_parameters("current_password", "code")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def set_up_second_factor(request: HttpRequest) -> HttpResponse:
    """Show the QR code, take the first code, then show the recovery codes once."""
    user = request.user
    device = second_factor.begin_set_up(user)
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done, codes = _confirmed(
            request, form, lambda: second_factor.finish_set_up(request.actor, user, form.cleaned_data["code"])
        )
        if done:
            return render(request, "accounts/recovery_codes.html", {"codes": codes, "is_new": True})
    context = {
        "qr_code": segno.make(second_factor.set_up_url(device), error="m").svg_data_uri(scale=5, light="#fff"),
        "secret": second_factor.readable_secret(device),
        "replaces": second_factor.has_app(user),
    }
    return _answer(request, "accounts/second_factor.html", form, **context)


@sensitive_post_parameters("current_password")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not second_factor.is_on(user):
        return HttpResponseRedirect(reverse("settings_second_factor"))
    form = ConfirmedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done, codes = _confirmed(request, form, lambda: second_factor.new_recovery_codes(request.actor, user))
        if done:
            return render(request, "accounts/recovery_codes.html", {"codes": codes})
    unused = second_factor.unused_recovery_codes(user)
    return _answer(request, "accounts/confirm_recovery_codes.html", form, unused=unused)


@sensitive_post_parameters("current_password")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def turn_off_second_factor(request: HttpRequest) -> HttpResponse:
    form = ConfirmedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done, _nothing = _confirmed(request, form, lambda: second_factor.turn_off(request.actor, request.user))
        if done:
            say(request, _("The second factor is off. From now on your password alone signs you in."))
            return HttpResponseRedirect(reverse("settings") + "#security")
    return _answer(request, "accounts/second_factor_off.html", form)


@sensitive_post_parameters("current_password")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_application_password(request: HttpRequest) -> HttpResponse:
    form = ApplicationPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        done, password = _confirmed(
            request,
            form,
            lambda: application_passwords.create(
                request.actor, request.user, name=name, protocols=form.cleaned_data["protocols"]
            ),
        )
        if done:
            return render(request, "accounts/application_password.html", {"password": password, "name": name})
    return _answer(request, "accounts/new_application_password.html", form)


@login_required
@require_POST
def revoke_application_password(request: HttpRequest, password_id: UUID) -> HttpResponse:
    row = application_passwords.revoke(request.actor, request.user, password_id)
    say(request, _("“%(name)s” no longer opens your account.") % {"name": row.name})
    return HttpResponseRedirect(reverse("settings_sessions"))


@login_required
@require_POST
def revoke_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    ended = sessions.revoke(request.actor, request.user, [session_id])
    say(request, _("The session is signed out.") if ended else _("That session had ended already."))
    return HttpResponseRedirect(reverse("settings_sessions"))


@login_required
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    user = request.user
    passwords.sign_out_everywhere(request.actor, user, keep=request.session)
    update_session_auth_hash(request, user)
    say(request, _("All other sessions are signed out."))
    return HttpResponseRedirect(reverse("settings_sessions"))
