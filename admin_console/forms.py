"""The forms of the console: shape and cleaning only."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workmail.accounts import preferences
from workmail.accounts.web.forms import OWN_LANGUAGE_NAMES, RefusableForm, password_field, text_field
from workmail.directory.models import Domain, Organization, User


def role_choices() -> list[tuple[str, str]]:
    return [(value, capfirst(label)) for value, label in User.Role.choices]


_AS_TYPED = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


def _domain_field(domains: list[Domain]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=pgettext_lazy("field label", "Domain"), choices=[(row.name, row.name) for row in domains]
    )


class NewEntityForm(RefusableForm):
    """What a user and a group have in common: a name, and the address that follows from it."""

    display_name = text_field(_("Display name"), attrs={"autocomplete": "off"})
    name = text_field(_("User name"), most=64, help_text=_("What stands before the @ of the address."), attrs=_AS_TYPED)

    def __init__(self, data: Any, domains: list[Domain], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["domain"] = _domain_field(domains)
        self.order_fields(self.field_order)

    @property
    def addr_spec(self) -> str:
        return f"{self.cleaned_data['name'].strip()}@{self.cleaned_data['domain']}"

    def refuse(self, error: Any) -> None:
        if error.details.get("field") == "address":
            self.add_error("name", str(error))
        else:
            super().refuse(error)


class NewUserForm(NewEntityForm):
    role = forms.ChoiceField(label=_("Role"), choices=role_choices)
    language = forms.ChoiceField(label=pgettext_lazy("setting", "Language"), choices=OWN_LANGUAGE_NAMES)
    password = password_field(
        _("Password"), "new-password", help_text=_("At least 8 characters. Tell it to the person by a safe way.")
    )
    must_change_password = forms.BooleanField(
        label=_("Ask for a new password at the first sign-in"), required=False, initial=True
    )

    field_order = ("display_name", "name", "domain", "role", "language", "password", "must_change_password")


class NewGroupForm(NewEntityForm):
    field_order = ("display_name", "name", "domain")

    def __init__(self, data: Any, domains: list[Domain], **options: Any) -> None:
        super().__init__(data, domains, **options)
        self.fields["name"].label = _("Group name")


class ProfileForm(RefusableForm):
    """Who somebody is."""

    display_name = text_field(_("Display name"), attrs={"autocomplete": "off"})
    given_name = text_field(_("Given name"), most=128, required=False, attrs={"autocomplete": "off"})
    family_name = text_field(_("Family name"), most=128, required=False, attrs={"autocomplete": "off"})
    department = text_field(_("Department"), most=128, required=False, attrs={"autocomplete": "off"})
    job_title = text_field(_("Job title"), most=128, required=False, attrs={"autocomplete": "off"})
    phone = text_field(_("Phone"), most=128, required=False, attrs={"autocomplete": "off"})
    manager = text_field(_("Reports to"), most=320, required=False, help_text=_("Their work address."), attrs=_AS_TYPED)
    role = forms.ChoiceField(label=_("Role"), choices=role_choices)
    hidden_from_address_list = forms.BooleanField(label=_("Hidden from the address list"), required=False)

    def __init__(self, data: Any, user: User, *, is_self: bool) -> None:
        names = ("display_name", "given_name", "family_name", "role", "hidden_from_address_list")
        names = (*names, "department", "job_title", "phone")
        initial = {name: getattr(user, name) for name in names}
        initial["manager"] = user.manager.addr_spec if user.manager else ""
        super().__init__(data, initial=initial)
        if is_self:
            del self.fields["role"]  # nobody takes the keys of the house from themselves


class PortraitForm(RefusableForm):
    """A person's picture; without a file it is taken away."""

    portrait = forms.FileField(label=_("Picture"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"}))


class GroupForm(RefusableForm):
    display_name = text_field(_("Display name"), attrs={"autocomplete": "off"})
    hidden_from_address_list = forms.BooleanField(label=_("Hidden from the address list"), required=False)


class AddressForm(RefusableForm):
    """An alias: any name in one of the organization's domains."""

    local_part = text_field(_("Name before the @"), most=64, attrs=_AS_TYPED)

    def __init__(self, data: Any, domains: list[Domain]) -> None:
        super().__init__(data, prefix="alias")
        self.fields["domain"] = _domain_field(domains)

    @property
    def addr_spec(self) -> str:
        return f"{self.cleaned_data['local_part'].strip()}@{self.cleaned_data['domain']}"

    def refuse(self, error: Any) -> None:
        self.add_error("local_part", str(error))


class EnableForm(AddressForm):
    """The primary address under which an entity begins to work."""


class ResetPasswordForm(RefusableForm):
    password = password_field(
        _("New password"), "new-password", help_text=_("At least 8 characters. Tell it to the person by a safe way.")
    )
    must_change_password = forms.BooleanField(
        label=_("Ask for a new password at the next sign-in"), required=False, initial=True
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="reset")


class MemberForm(RefusableForm):
    """A colleague or group by address or user name, or an address elsewhere."""

    member = text_field(
        _("Address of the new member"),
        most=320,
        help_text=_("A person or group of the organization, or any other address."),
        attrs={**_AS_TYPED, "inputmode": "email"},
    )


class DomainForm(RefusableForm):
    domain = text_field(
        _("Domain name"), most=253, help_text=_("Such as example.org."), attrs={**_AS_TYPED, "inputmode": "url"}
    )


_MEGABYTE = 1024 * 1024  # as sizes are shown


class OrganizationForm(RefusableForm):
    name = text_field(_("Name of the organization"))
    language = forms.ChoiceField(
        label=pgettext_lazy("setting", "Language"),
        choices=OWN_LANGUAGE_NAMES,
        help_text=_("Of new people, and of mail that the system itself writes."),
    )
    time_zone = forms.ChoiceField(label=pgettext_lazy("setting", "Time zone"))
    link_attachments_over = forms.IntegerField(
        label=_("Attachments become links above (MB)"),
        help_text=_("Larger files are sent as a link with an expiry. With 0, only when somebody chooses to."),
        required=False,
        min_value=0,
        max_value=settings.MAX_CONTENT_BYTES // _MEGABYTE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data: Any, organization: Organization) -> None:
        names = ("name", "language", "time_zone")
        initial = {name: getattr(organization, name) for name in names}
        initial["link_attachments_over"] = organization.link_attachments_over_bytes // _MEGABYTE
        super().__init__(data, initial=initial)
        self.fields["time_zone"].choices = [(zone, zone) for zone in preferences.time_zones()]

    def changes(self) -> dict[str, Any]:
        """Return what the operation is called with."""
        changes = dict(self.cleaned_data)
        megabytes = changes.pop("link_attachments_over")
        return changes | ({} if megabytes is None else {"link_attachments_over_bytes": megabytes * _MEGABYTE})
