"""The forms of signing in and up, and of sign-in security: shape and cleaning only."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from workmail.accounts import application_passwords, passwords
from workmail.errors import WorkmailError


class RefusableForm(forms.Form):
    """A form whose operation may still refuse: the refusal is shown at the field it names."""

    def refuse(self, error: WorkmailError) -> None:
        field = error.details.get("field")
        self.add_error(field if field in self.fields else None, str(error))


def text_field(label: Any, *, most: int = 200, **options: Any) -> forms.CharField:
    attributes = options.pop("attrs", {})
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=attributes), **options)


def password_field(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=passwords.LONGEST_PASSWORD, widget=widget, **options)


def code_field(label: Any, **options: Any) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
    return text_field(label, most=40, attrs=attributes, **options)


class SignInForm(LoginForm):
    """allauth's form with our check: any address of the person, or on an organization's page the user name."""

    refusal: passwords.SignInRefused | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.organization = kwargs.pop("organization", None)
        super().__init__(*args, **kwargs)
        label = gettext_lazy("User name or work address") if self.organization else gettext_lazy("Work address")
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        if not self.organization:
            attributes["inputmode"] = "email"
        self.fields["login"] = text_field(label, most=320, attrs=attributes)
        self.fields["password"] = password_field(gettext_lazy("Password"), "current-password")
        days = settings.SESSION_COOKIE_AGE // (24 * 3600)
        self.fields["remember"].label = ngettext(
            "Keep me signed in on this device for %(count)d day",
            "Keep me signed in on this device for %(count)d days",
            days,
        ) % {"count": days}
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


class CodeForm(RefusableForm):
    """The second step: a code of the authenticator app, or a recovery code."""

    code = code_field(gettext_lazy("Code"))


class SignUpForm(RefusableForm):
    """A new organization and its first administrator."""

    name = text_field(gettext_lazy("Name of the organization"), attrs={"autocomplete": "organization"})
    alias = text_field(
        gettext_lazy("Alias"),
        most=62,
        help_text=gettext_lazy("A short name for addresses of pages, such as “fernhill”. It cannot be changed later."),
        attrs={"autocapitalize": "none", "spellcheck": "false"},
    )
    domain = text_field(
        gettext_lazy("Mail domain"),
        most=253,
        help_text=gettext_lazy("What stands behind the @ of your addresses, such as example.org."),
        attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"},
    )
    administrator_display_name = text_field(gettext_lazy("Your name"), attrs={"autocomplete": "name"})
    administrator_name = text_field(
        gettext_lazy("Your user name"),
        most=64,
        help_text=gettext_lazy("What stands before the @ of your own address."),
        attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = password_field(
        gettext_lazy("Password"), "new-password", help_text=gettext_lazy("At least 8 characters; longer is better.")
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=())

    FIELD_OF_OPERATION = {"name": "administrator_name", "display_name": "administrator_display_name"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = OWN_LANGUAGE_NAMES

    def clean_alias(self) -> str:
        """Take capitals, spaces and underscores as what they are meant to be."""
        return slugify(self.cleaned_data["alias"].replace("_", "-")) or self.cleaned_data["alias"]

    def refuse(self, error: WorkmailError) -> None:
        field = str(error.details.get("field", ""))
        field = {"address": "administrator_name", "name": "administrator_name"}.get(
            field, self.FIELD_OF_OPERATION.get(field, field)
        )
        self.add_error(field if field in self.fields else None, str(error))


OWN_LANGUAGE_NAMES = [("en", "English"), ("fr", "Français"), ("ru", "Русский")]
assert [code for code, _name in OWN_LANGUAGE_NAMES] == [code for code, _name in settings.LANGUAGES]


class ConfirmedForm(RefusableForm):
    """Whoever found an unlocked screen must not change how its owner signs in: the password is asked again."""

    current_password = password_field(gettext_lazy("Your present password"), "current-password")


class ChangePasswordForm(ConfirmedForm):
    password = password_field(
        gettext_lazy("New password"), "new-password", help_text=gettext_lazy("At least 8 characters; longer is better.")
    )
    repeated = password_field(gettext_lazy("New password again"), "new-password")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in cleaned and "repeated" in cleaned and cleaned["password"] != cleaned["repeated"]:
            self.add_error("repeated", _("The two new passwords differ. Type the same one twice."))
        return cleaned


class SecondFactorForm(ConfirmedForm):
    code = code_field(
        gettext_lazy("6-digit code from your authenticator app"),
        help_text=gettext_lazy("Codes change every 30 seconds. You can paste, and spaces do not matter."),
    )

    field_order = ("code", "current_password")


class ApplicationPasswordForm(ConfirmedForm):
    name = text_field(
        gettext_lazy("Name"),
        most=100,
        help_text=gettext_lazy("The program or device it is for, such as “Mail on my phone”."),
    )
    protocols = forms.MultipleChoiceField(
        label=gettext_lazy("Used for"),
        choices=[
            ("imap", gettext_lazy("Reading mail (IMAP)")),
            ("smtp", gettext_lazy("Sending mail (SMTP)")),
            ("dav", gettext_lazy("Calendars and contacts (CalDAV, CardDAV)")),
            ("activesync", gettext_lazy("Phones (ActiveSync)")),
            ("ews", pgettext_lazy("protocol", "Outlook for Mac (EWS)")),
        ],
        widget=forms.CheckboxSelectMultiple,
        initial=["imap", "smtp"],
    )

    field_order = ("name", "protocols", "current_password")


assert {code for code, _label in ApplicationPasswordForm.base_fields["protocols"].choices} == set(
    application_passwords.PROTOCOLS
)
