"""The addresses of the composer, inside the namespace ``mail``."""

from typing import Any

from django.urls import path

from mailapp.composing.state import Manner
from mailapp.web.compose import (
    completing,
    files,
    link_pages,
    pages,
    saving,
    scheduled_pages,
    sending,
    signature_pages,
    template_pages,
)

_ANSWERS = {
    "reply": Manner.REPLY,
    "reply-all": Manner.REPLY_ALL,
    "forward": Manner.FORWARD,
    "forward-as-attachment": Manner.FORWARD_AS_ATTACHMENT,
}


def _answer(segment: str, manner: Manner) -> Any:
    """``mail:compose_reply`` and so on; the key is that of the message answered or forwarded."""
    return path(f"{segment}/<uuid:message_key>/", pages.answer, {"manner": manner}, name=f"compose_{manner.value}")


urlpatterns = [
    path("", pages.new, name="compose"),
    *(_answer(segment, manner) for segment, manner in _ANSWERS.items()),
    path("draft/<uuid:message_key>/", pages.open_draft, name="compose_draft"),
    path("scheduled/<uuid:message_key>/", scheduled_pages.open_message, name="compose_scheduled"),
    path("suggest/", completing.suggest, name="compose_suggest"),
    path("suggest/forget/", completing.forget, name="compose_forget"),
    path("recipients/", completing.describe, name="compose_recipients"),
    path("file/<uuid:upload_id>/", files.show, name="compose_file"),
    path("signatures/", signature_pages.manage, name="signatures"),
    path("signatures/new/", signature_pages.save, name="signature_create"),
    path("signatures/use/", signature_pages.choose, name="signatures_choose"),
    path("signatures/<uuid:signature_id>/", signature_pages.save, name="signature_save"),
    path("signatures/<uuid:signature_id>/delete/", signature_pages.delete, name="signature_delete"),
    path("templates/", template_pages.manage, name="templates"),
    path("templates/<uuid:template_id>/", template_pages.show, name="template"),
    path("templates/<uuid:template_id>/rename/", template_pages.rename, name="template_rename"),
    path("templates/<uuid:template_id>/delete/", template_pages.delete, name="template_delete"),
    path("<uuid:draft_id>/template/", template_pages.insert, name="compose_template"),
    path("<uuid:draft_id>/template/new/", template_pages.create, name="compose_template_create"),
    path("<uuid:draft_id>/", pages.edit, name="compose_edit"),
    path("<uuid:draft_id>/quote/", pages.quote, name="compose_quote"),
    path("<uuid:draft_id>/save/", saving.save, name="compose_save"),
    path("<uuid:draft_id>/discard/", saving.discard, name="compose_discard"),
    path("<uuid:draft_id>/send/", sending.send, name="compose_send"),
    path("<uuid:draft_id>/take-back/", sending.take_back, name="compose_take_back"),
    path("<uuid:draft_id>/reschedule/", scheduled_pages.change, name="compose_reschedule"),
    path("<uuid:draft_id>/upload/", files.upload, name="compose_upload"),
    path("<uuid:draft_id>/upload/<uuid:upload_id>/remove/", files.remove, name="compose_upload_remove"),
    path("<uuid:draft_id>/upload/<uuid:upload_id>/link/", link_pages.turn_into_link, name="compose_upload_link"),
    path("<uuid:draft_id>/link/", link_pages.begin, name="compose_link"),
    path("<uuid:draft_id>/link/<uuid:file_id>/finish/", link_pages.finish, name="compose_link_finish"),
    path("<uuid:draft_id>/link/<uuid:file_id>/remove/", link_pages.remove, name="compose_link_remove"),
]
