"""The addresses of the mail pages."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, include, path, register_converter
from django.utils.module_loading import module_has_submodule

import mailapp.web
from mailapp.web import (
    acts,
    body_pages,
    category_pages,
    folder_acts,
    image_pages,
    lists,
    message_pages,
    notice_pages,
    palette,
    part_pages,
    results,
    saved_searches,
    search_pages,
    unsubscribe_pages,
)
from mailapp.web.files import acts as file_acts

app_name = "mail"


class PartNumber:
    """A part of a message, as ``mailapp.mime`` numbers them."""

    regex = r"[0-9A-Za-z][0-9A-Za-z.]{0,299}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Trail(PartNumber):
    """The way to a message inside others: numbers of parts with ``~`` between them."""

    regex = r"[0-9A-Za-z][0-9A-Za-z.~]{0,299}"


register_converter(PartNumber, "part")
register_converter(Trail, "trail")


def _of_message(route: str, view: Callable[..., HttpResponse], name: str) -> list[URLPattern]:
    """A page that a message has, and a message inside a message too."""
    return [
        path(f"mail/m/<uuid:key>/{route}", view, name=name),
        path(f"mail/m/<uuid:key>/in/<trail:trail>/{route}", view, name=f"nested_{name}"),
    ]


urlpatterns = [
    path("mail/", lists.inbox, name="home"),
    path("mail/counts/", lists.counts, name="counts"),
    path("mail/act/", acts.act_anywhere, name="act_anywhere"),
    path("mail/undo/", acts.undo, name="undo"),
    path("mail/folders/", folder_acts.manage, name="folders"),
    path("mail/folders/tree/", folder_acts.tree, name="tree"),
    path("mail/folders/new/", folder_acts.create, name="folder_create"),
    path("mail/search/", results.search, name="search"),
    path("mail/search/words/", search_pages.words, name="search_words"),
    path("mail/search/people/", search_pages.people_like, name="search_people"),
    path("mail/search/options/", search_pages.form, name="search_options"),
    path("mail/search/recent/", saved_searches.remember, name="search_remember"),
    path("mail/search/recent/forget/", saved_searches.forget, name="search_forget"),
    path("mail/searches/", saved_searches.manage, name="saved_searches"),
    path("mail/searches/new/", saved_searches.create, name="saved_search_create"),
    path("mail/searches/<uuid:search_id>/rename/", saved_searches.rename, name="saved_search_rename"),
    path("mail/searches/<uuid:search_id>/delete/", saved_searches.delete, name="saved_search_delete"),
    path("mail/image/", image_pages.image, name="image"),
    path("mail/news/", notice_pages.news, name="news"),
    path("mail/push/key/", notice_pages.key, name="push_key"),
    path("mail/push/subscribe/", notice_pages.subscribe, name="push_subscribe"),
    path("mail/push/unsubscribe/", notice_pages.unsubscribe, name="push_unsubscribe"),
    path("mail/palette/", palette.places, name="palette"),
    path("mail/categories/choices/", category_pages.choices, name="category_choices"),
    path("mail/categories/new/", category_pages.create, name="category_create"),
    path("mail/categories/<uuid:category_id>/", category_pages.change, name="category_change"),
    path("mail/categories/<uuid:category_id>/delete/", category_pages.delete, name="category_delete"),
    path("settings/categories/", category_pages.manage, name="categories"),
    path("mail/<uuid:folder_id>/", lists.folder, name="folder"),
    path("mail/<uuid:folder_id>/changes/", lists.changes, name="changes"),
    path("mail/<uuid:folder_id>/act/", acts.act, name="act"),
    path("mail/<uuid:folder_id>/rename/", folder_acts.rename, name="folder_rename"),
    path("mail/<uuid:folder_id>/move/", folder_acts.move, name="folder_move"),
    path("mail/<uuid:folder_id>/delete/", folder_acts.delete, name="folder_delete"),
    path("mail/<uuid:folder_id>/empty/", folder_acts.empty, name="folder_empty"),
    path("mail/<uuid:folder_id>/c/<uuid:thread_id>/", message_pages.conversation, name="conversation"),
    path(
        "mail/<uuid:folder_id>/c/<uuid:thread_id>/print/", message_pages.print_conversation, name="conversation_print"
    ),
    path("mail/<uuid:folder_id>/m/<uuid:key>/", message_pages.message, name="message"),
    path("mail/m/<uuid:key>/images/", message_pages.trust, name="trust"),
    path("mail/m/<uuid:key>/unsubscribe/", unsubscribe_pages.unsubscribe, name="unsubscribe"),
    path("mail/m/<uuid:key>/in/<trail:trail>/", message_pages.whole, name="whole"),
    *_of_message("body/", body_pages.body, "body"),
    *_of_message("source/", message_pages.source, "source"),
    *_of_message("download.eml", message_pages.eml, "eml"),
    *_of_message("print/", message_pages.print_message, "print"),
    *_of_message("attachments.zip", part_pages.archive, "archive"),
    *_of_message("preview/<part:number>/", part_pages.preview, "preview"),
    *_of_message("part/<part:number>/<str:file_name>", part_pages.part, "part"),
    *_of_message("keep/<part:number>/", file_acts.keep, "keep"),
]
urlpatterns.append(path("", include("mailapp.web.sharing.urls")))
urlpatterns.append(path("settings/", include("mailapp.web.rules.urls")))
urlpatterns.append(path("", include("mailapp.web.storage.urls")))
urlpatterns.append(path("", include("mailapp.web.files.urls")))
if module_has_submodule(mailapp.web, "compose"):
    urlpatterns.append(path("mail/compose/", include("mailapp.web.compose.urls")))
