"""The forms of signing in."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.models import Login
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workmail.accounts import passwords


class SignInForm(LoginForm):
    """allauth's form with our check: any address of the person, or on an organization's page the user name."""

    organization = None
    refusal: passwords.SignInRefused | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.organization = kwargs.pop("organization", None)
        super().__init__(*args, **kwargs)
        label = gettext_lazy("User name or work address") if self.organization else gettext_lazy("Work address")
        self.fields["login"] = forms.CharField(
            label=label,
            max_length=320,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        )
        self.fields["password"] = forms.CharField(
            label=gettext_lazy("Password"),
            max_length=passwords.LONGEST_PASSWORD,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.fields["remember"].label = gettext_lazy("Keep me signed in on this device")
        self.order_fields(["login", "password", "remember"])

    def user_credentials(self) -> dict[str, str]:
        return {"email": self.cleaned_data["login"], "password": self.cleaned_data["password"]}

    def _clean_with_password(self, credentials: dict[str, str]) -> dict[str, Any]:
        actor = self.request.actor
        try:
            self.user = passwords.check(
                credentials["email"],
                credentials["password"],
                protocol="web",
                client_address=actor.client_address,
                user_agent=actor.user_agent,
                organization=self.organization,
            )
        except passwords.SignInRefused as refusal:
            self.refusal = refusal
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
        self._login = Login(user=self.user)
        return self.cleaned_data


class CodeForm(forms.Form):
    """The second step: a code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )

    def refuse(self) -> None:
        self.add_error("code", _("This code is not right, or it was used already."))
