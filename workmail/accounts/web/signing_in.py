"""Signing in and out."""

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from workmail.accounts import second_factor, sessions
from workmail.accounts.lockout import Blocked
from workmail.accounts.web.forms import CodeForm, SignInForm
from workmail.accounts.web.passkey_pages import second_step_context
from workmail.accounts.web.refusing import UNPROCESSABLE, blocked_response, until_words
from workmail.audit import log as audit
from workmail.directory.models import Organization


class SignInView(LoginView):
    """The first step: address and password. With an alias in the path it is one organization's own page."""

    form_class = SignInForm
    template_name = "account/login.html"

    def get_form_class(self) -> type[SignInForm]:
        return SignInForm

    def get_form_kwargs(self) -> dict:
        return super().get_form_kwargs() | {"organization": self.organization()}

    def get_context_data(self, **context: object) -> dict:
        context = super().get_context_data(**context)
        return context | {"organization": self.organization(), "sign_up_open": settings.SIGN_UP_OPEN}

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        retry_at = form.refusal.retry_at if form.refusal is not None else None
        until = until_words(retry_at) if retry_at is not None else ""
        response = self.render_to_response(self.get_context_data(form=form, until=until))
        if retry_at is not None:
            return blocked_response(response, retry_at)
        response.status_code = UNPROCESSABLE
        return response

    def organization(self) -> Organization | None:
        alias = self.kwargs.get("alias")
        if alias is None:
            return None
        organization = Organization.objects.filter(alias=alias, state=Organization.State.ACTIVE).first()
        if organization is None:
            raise Http404
        return organization


@login_stage_required(stage="second_factor", redirect_urlname="account_login")
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the code; the session becomes the user's only afterwards."""
    stage = request._login_stage
    user = stage.login.user
    if user is None or not user.is_active:
        return stage.abort()
    form = CodeForm(request.POST or None)
    context = second_step_context(user) | {"form": form, "recovery": "recovery" in request.GET}
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/second_factor.html", context, status=UNPROCESSABLE if form.errors else 200)
    try:
        if second_factor.verify(request.actor, user, form.cleaned_data["code"]):
            return stage.exit()
    except Blocked as blocked:
        context["until"] = until_words(blocked.until)
        return blocked_response(render(request, "account/second_factor.html", context), blocked.until)
    form.refuse(second_factor.WrongCode())
    return render(request, "account/second_factor.html", context, status=UNPROCESSABLE)


@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """Leave the second step: somebody else wants to sign in."""
    if not request.user.is_authenticated:
        clear_login(request)
    return HttpResponseRedirect(reverse("account_login"))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    user = request.user
    if user.is_authenticated:
        audit.record(request.actor, "sign_out", user.addr_spec)
    logout(request)
    if user.is_authenticated:
        sessions.announce_revocation(user)  # other pages of this browser may be open
    return HttpResponseRedirect(reverse("account_login"))


@login_required
@require_GET
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where signing in again ends when another page waits for it, in a frame or in a window of its own."""
    return render(request, "account/signed_in.html")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The address of the site itself: the mail of whoever is signed in, else the sign-in page."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("account_login"))
    try:
        return HttpResponseRedirect(reverse("mail:home"))
    except NoReverseMatch:
        return HttpResponseRedirect(reverse("settings"))
