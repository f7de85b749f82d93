"""The texts of the composer's scripts, in the person's language; the page carries them as one JSON block."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from workmail.ui.strings import Text


def texts() -> dict[str, Text]:
    return {
        "saving": pgettext("state of a draft", "Saving…"),
        # Translators: beside the heading; {time} is a time of day such as 09:54
        "saved": _("Saved {time}"),
        "dirty": pgettext("state of a draft", "Not saved yet"),
        "save_failed": _("Not saved: {reason}"),
        "unreachable": _("Not saved: no connection. It will be saved as soon as there is one."),
        # Translators: {time} is a time of day such as 09:50
        "conflict": _("Also edited elsewhere at {time}."),
        "sending": _("Sending…"),
        # Translators: {reason} is a whole sentence
        "not_sent": _("Not sent. {reason}"),
        "send_unreachable": _("Not sent: no connection. It is kept as a draft. Try again when you are online."),
        "wait_for_uploads": _("Files are still being attached. The message is sent when they are there."),
        "upload_missing": _("Not sent: a file could not be attached. Try it again, or remove it."),
        "discarded": _("Draft discarded."),
        "leave": _("The last changes are not saved yet."),
        "plain_question": _("Formatting and pictures in the text are lost. Attached files stay."),
        "link_invalid": _("This is not an address of a page. It looks like https://example.org."),
        "picture_refused": _("Only PNG, JPEG, GIF and WebP pictures can stand in the text. It was attached as a file."),
        "editor_failed": _("The formatting tools could not be loaded. You can write plain text."),
        "quote_moved": _("The original message is part of your text now."),
        # Translators: small note on a recipient whose address does not exist in the organization
        # Translators: under the files; both are sizes such as "1.2 MB"
        "files_total": _("{size} of {limit}"),
        "no_such_address": pgettext("recipient", "no such address"),
        "text_too_long": _("The text is too long to be sent. Attach it as a file instead."),
        "signature_kept": _("You changed the signature in the text, so it was left as it is."),
        "template_inserted": _("Template put into the text."),
        "body_label": _("Message text"),
        "placeholder": _("Write your message"),
        "recipient_forgotten": _("{address} is suggested no more until you write there again."),
    }
