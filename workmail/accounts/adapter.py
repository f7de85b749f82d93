"""How django-allauth meets our directory: no address table of its own, our stages, our places to go."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from workmail.accounts.middleware import actor_of
from workmail.directory.models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP_OPEN

    def get_login_stages(self) -> list[str]:
        return ["workmail.accounts.stages.SecondFactorStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, and let what still happens in this request act as that user."""
        super().login(request, user)
        request.actor = actor_of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def is_safe_url(self, url: str | None) -> bool:
        """Only places on this site: allauth would also allow every other host of ``ALLOWED_HOSTS``."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Disabled between the two steps: back to the beginning, where nothing tells it from a wrong password."""
        return HttpResponseRedirect(reverse("account_login"))
