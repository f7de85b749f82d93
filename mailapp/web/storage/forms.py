"""The forms of import and export: shape and cleaning only."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from mailapp.access import OpenFolder, OpenMailbox, folder_in
from mailapp.store.exporting.jobs import MBOX, MESSAGES
from mailapp.store.importing.imap_account import Account
from mailapp.web import navigation
from workmail.errors import WorkmailError


class _FolderForm(forms.Form):
    """A form with a folder to choose; ``nowhere`` says what no choice means."""

    nowhere: Any = ""

    def __init__(self, mailbox: OpenMailbox, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._mailbox = mailbox
        choices = [(str(view.id), view.indented_name) for view in navigation.flat(navigation.tree(mailbox))]
        self.fields["folder"].choices = [("", self.nowhere), *choices]

    def folder(self) -> OpenFolder | None:
        chosen = self.cleaned_data["folder"]
        return folder_in(self._mailbox, chosen) if chosen else None

    def refuse(self, error: WorkmailError) -> None:
        """Show a refusal at the field that it names."""
        field = error.details.get("field")
        self.add_error(field if field in self.fields else None, str(error))


class FileForm(_FolderForm):
    prefix = "file"
    nowhere = pgettext_lazy("import", "Folders as in the file, the rest into the inbox")

    file = forms.FileField(label=pgettext_lazy("import", "File"))
    folder = forms.ChoiceField(label=gettext_lazy("Import into"), required=False)


class UploadForm(_FolderForm):
    """The same for a file that came in pieces."""

    prefix = "file"
    nowhere = FileForm.nowhere

    folder = forms.ChoiceField(required=False)


class AccountForm(_FolderForm):
    prefix = "account"
    nowhere = pgettext_lazy("import", "Folders as there")
    SECURITIES = (
        ("tls", pgettext_lazy("kind of encryption", "TLS (usually port 993)")),
        ("starttls", pgettext_lazy("kind of encryption", "STARTTLS (usually port 143)")),
    )

    host = forms.CharField(
        label=pgettext_lazy("import", "IMAP server"),
        max_length=253,
        help_text=gettext_lazy("Such as imap.example.org."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=SECURITIES, initial="tls")
    port = forms.IntegerField(label=pgettext_lazy("of a server", "Port"), min_value=1, max_value=65_535, initial=993)
    user = forms.CharField(
        label=pgettext_lazy("import", "Name to sign in with there"),
        max_length=320,
        help_text=gettext_lazy("Mostly the whole address."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    password = forms.CharField(
        label=pgettext_lazy("import", "Password there"),
        max_length=500,
        strip=False,
        help_text=gettext_lazy("It is kept encrypted while the import goes on, and forgotten at its end."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    folder = forms.ChoiceField(label=gettext_lazy("Import into"), required=False)

    def account(self) -> Account:
        cleaned = self.cleaned_data
        return Account(cleaned["host"], cleaned["user"], cleaned["password"], cleaned["port"], cleaned["security"])


class ExportForm(_FolderForm):
    prefix = "export"
    nowhere = pgettext_lazy("export", "The whole mailbox")
    FORMS = (
        (MBOX, pgettext_lazy("kind of file", "mbox: one file for each folder, for other mail programs")),
        (MESSAGES, pgettext_lazy("kind of file", "ZIP archive with each message as a file (.eml)")),
    )

    folder = forms.ChoiceField(label=pgettext_lazy("export", "What"), required=False)
    form = forms.ChoiceField(label=pgettext_lazy("export", "As"), choices=FORMS, initial=MBOX, widget=forms.RadioSelect)
