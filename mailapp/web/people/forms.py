"""The form of a contact: shape and cleaning only. Fields that may be there several times are formsets."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from mailapp.contacts import cards, texts
from mailapp.contacts.cards import Edit
from mailapp.contacts.vcards import Card
from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.web.people.shown import field_label, kind_labels

MOST_ENTRIES = 60
_OFF = {"autocomplete": "off"}


def _text(label: Any, *, most: int = 300, **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", **_OFF, **attributes}),
    )


class PersonForm(forms.Form):
    """What a contact has once."""

    given_name = _text(_("Given name"))
    family_name = _text(_("Family name"))
    full_name = _text(_("Shown as"))
    prefix = _text(pgettext_lazy("part of a name", "Title before the name"), most=100)
    additional_names = _text(_("Middle names"))
    suffix = _text(pgettext_lazy("part of a name", "After the name"), most=100)
    nickname = _text(_("Nickname"))
    organization = _text(_("Organization"))
    department = _text(_("Department"))
    job_title = _text(_("Job title"))
    birthday = _text(pgettext_lazy("field of a contact", "Birthday"), most=40, inputmode="numeric")
    anniversary = _text(pgettext_lazy("field of a contact", "Anniversary"), most=40, inputmode="numeric")
    categories = _text(_("Categories"), most=2_000)
    note = forms.CharField(
        label=pgettext_lazy("field of a contact", "Note"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )
    photo = forms.FileField(label=_("Picture"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"}))
    remove_photo = forms.BooleanField(label=_("Remove the picture"), required=False)
    modseq = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, card: Card, **options: Any) -> None:
        super().__init__(data, files, **options)
        self._card = card
        self.fields["full_name"].help_text = _("Left empty, it is made of the names above.")
        date_hint = _("Year-month-day, as 1985-04-12. Without the year: 04-12.")
        self.fields["birthday"].help_text = self.fields["anniversary"].help_text = date_hint
        self.fields["categories"].help_text = _("Separated by commas.")

    def clean_birthday(self) -> str:
        return self._clean_date("birthday", "BDAY")

    def clean_anniversary(self) -> str:
        return self._clean_date("anniversary", "ANNIVERSARY")

    def _clean_date(self, field: str, name: str) -> str:
        typed = self.cleaned_data[field].strip()
        if typed and typed != cards.date_text(self._card, name) and cards.date_value(typed) is None:
            raise forms.ValidationError(_("Write the date as 1985-04-12, or as 04-12 without the year."))
        return typed


class EntryForm(forms.Form):
    """One address, number or the like. ``at`` says which one of the card it is; a new one has none."""

    name = ""
    at = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    value = _text("", most=2_000)
    kind = forms.ChoiceField(label=pgettext_lazy("of an address or number", "Kind"), required=False)
    is_preferred = forms.BooleanField(label=pgettext_lazy("address or number", "Preferred"), required=False)

    def __init__(self, *args: Any, card: Card, **options: Any) -> None:
        super().__init__(*args, **options)
        self._card = card
        if "value" in self.fields:
            self.fields["value"].label = field_label(self.name)
        # Translators: the kind of an address or number: none of those offered
        other = pgettext("kind of address or number", "Other")
        self.fields["kind"].choices = [("", other), *kind_labels(self.name).items()]
        self.fields["kind"].widget.attrs["class"] = "input"

    def clean_value(self) -> str:
        value = self.cleaned_data["value"].strip()
        if self.name == "EMAIL" and value and not is_valid_addr_spec(value):
            known = {entry.at: entry.value for entry in cards.entries(self._card, "EMAIL")}
            if known.get(self.cleaned_data.get("at")) != value:
                raise forms.ValidationError(_("This is not an address. Write it as name@example.org."))
        return value

    @property
    def edit(self) -> Edit:
        data = self.cleaned_data
        if data.get("DELETE"):
            return Edit(data.get("at"))
        return Edit(data.get("at"), data.get("value", ""), data.get("kind", ""), data.get("is_preferred", False))


class PostalForm(EntryForm):
    """A postal address: its parts instead of a value."""

    name = "ADR"
    value = None
    street = _text(_("Street"))
    extended = _text(_("Floor, building"))
    box = _text(_("Post office box"), most=100)
    code = _text(_("Postal code"), most=40)
    locality = _text(_("Town"))
    region = _text(_("Region"))
    country = _text(_("Country"))
    field_order = ("street", "extended", "box", "code", "locality", "region", "country", "kind", "is_preferred", "at")

    @property
    def edit(self) -> Edit:
        data = self.cleaned_data
        if data.get("DELETE"):
            return Edit(data.get("at"))
        parts = {part: data.get(part, "") for part in cards.ADDRESS_PARTS}
        return Edit(data.get("at"), "", data.get("kind", ""), data.get("is_preferred", False), parts)


def _form_of(name: str, input_type: str) -> type[EntryForm]:
    made = type(f"{name.title()}Form", (EntryForm,), {"name": name})
    made.base_fields["value"] = _text("", most=2_000, inputmode=input_type)
    return made


# In the order of the page: prefix of the formset, name of the property, form.
SECTIONS: dict[str, tuple[str, type[EntryForm]]] = {
    "email": ("EMAIL", _form_of("EMAIL", "email")),
    "phone": ("TEL", _form_of("TEL", "tel")),
    "postal": ("ADR", PostalForm),
    "page": ("URL", _form_of("URL", "url")),
    "messages": ("IMPP", _form_of("IMPP", "text")),
    "related": ("RELATED", _form_of("RELATED", "text")),
}
FORMSETS = {
    prefix: forms.formset_factory(form, extra=0, can_delete=True, max_num=MOST_ENTRIES, absolute_max=MOST_ENTRIES)
    for prefix, (_name, form) in SECTIONS.items()
}


def initial_person(card: Card) -> dict[str, Any]:
    name = card.first("N")
    organization = card.first("ORG")
    return {
        **{part: texts.component(name.value, at) if name else "" for part, at in cards.NAME_PARTS.items()},
        "full_name": cards.text(card, "FN"),
        "nickname": cards.text(card, "NICKNAME"),
        "organization": texts.component(organization.value, 0) if organization else "",
        "department": texts.component(organization.value, 1) if organization else "",
        "job_title": cards.text(card, "TITLE"),
        "birthday": cards.date_text(card, "BDAY"),
        "anniversary": cards.date_text(card, "ANNIVERSARY"),
        "categories": ", ".join(cards.categories(card)),
        "note": cards.text(card, "NOTE"),
    }


def initial_entries(card: Card, prefix: str) -> list[dict[str, Any]]:
    """The entries of the card; and one to fill in, where nearly everybody has one."""
    name, _form = SECTIONS[prefix]
    found: list[dict[str, Any]] = []
    for entry in cards.entries(card, name)[:MOST_ENTRIES]:
        values: dict[str, Any] = {"at": entry.at, "kind": entry.kind, "is_preferred": entry.is_preferred}
        if name == "ADR":
            values |= {part: entry.parts[at] for part, at in cards.ADDRESS_PARTS.items()}
        else:
            values["value"] = entry.value
        found.append(values)
    if not found and prefix in ("email", "phone"):
        found.append({})
    return found


def applied(card: Card, person: PersonForm, formsets: dict[str, Any]) -> Card:
    """Return the card with what the forms say; everything they do not show stays."""
    changed, data = card.copy(), person.cleaned_data
    cards.set_components(changed, "N", {at: data[part] for part, at in cards.NAME_PARTS.items()})
    before, names = cards.text(card, "FN"), cards.text(changed, "N")
    # A name that only repeats the parts follows them; one that says more stays as somebody wrote it.
    follows = data["full_name"].strip() == before and (not before or before == cards.text(card, "N"))
    cards.set_text(changed, "FN", names if follows or not data["full_name"].strip() else data["full_name"])
    cards.set_text(changed, "NICKNAME", data["nickname"])
    cards.set_components(changed, "ORG", {0: data["organization"], 1: data["department"]})
    cards.set_text(changed, "TITLE", data["job_title"])
    cards.set_date(changed, "BDAY", data["birthday"])
    cards.set_date(changed, "ANNIVERSARY", data["anniversary"])
    cards.set_list(changed, "CATEGORIES", data["categories"].split(",") if data["categories"] else [])
    cards.set_text(changed, "NOTE", data["note"].replace("\r\n", "\n"))
    for prefix, (name, _form) in SECTIONS.items():
        cards.set_entries(changed, name, [form.edit for form in formsets[prefix]])
    return changed
