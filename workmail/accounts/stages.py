"""The second step of signing in, as a stage of django-allauth: nobody is signed in before it is passed."""

from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from workmail.accounts import second_factor


class SecondFactorStage(LoginStage):
    key = "second_factor"
    urlname = "account_second_factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Return (response, go on): nothing and True for somebody without a second factor."""
        if not second_factor.is_on(self.login.user):
            return None, True
        # A key that somebody planted in the browser beforehand must not follow along to the second step.
        self.request.session.cycle_key()
        return HttpResponseRedirect(reverse(self.urlname)), True

    def is_resumable(self, request: HttpRequest) -> bool:
        """The sign-in page stays reachable: whoever goes back there wants to begin again."""
        return False
