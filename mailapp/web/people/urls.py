"""The addresses of the contacts pages."""

from django.urls import path

from mailapp.web.people import (
    directory_pages,
    duplicate_pages,
    edit_pages,
    export_pages,
    group_pages,
    import_pages,
    name_cards,
    pages,
)

app_name = "contacts"

urlpatterns = [
    path("", pages.home, name="home"),
    path("new/", edit_pages.new, name="new"),
    path("act/", pages.act, name="act"),
    path("recent/", pages.recent, name="recent"),
    path("recent/forget/", pages.forget, name="forget"),
    path("undo/<uuid:undo_id>/", pages.undo, name="undo"),
    path("card/", name_cards.card, name="name_card"),
    path("add/", name_cards.add, name="add"),
    path("directory/", directory_pages.directory, name="directory"),
    path("directory/<uuid:entity_id>/", directory_pages.entity, name="entity"),
    path("directory/<uuid:entity_id>/portrait/", directory_pages.portrait, name="portrait"),
    path("groups/new/", group_pages.create, name="group_new"),
    path("groups/<uuid:key>/", group_pages.group, name="group"),
    path("groups/<uuid:key>/rename/", group_pages.rename, name="group_rename"),
    path("groups/<uuid:key>/members/", group_pages.members, name="group_members"),
    path("groups/<uuid:key>/delete/", group_pages.delete, name="group_delete"),
    path("duplicates/", duplicate_pages.duplicates, name="duplicates"),
    path("duplicates/merge/", duplicate_pages.merge, name="merge"),
    path("duplicates/apart/", duplicate_pages.keep_apart, name="keep_apart"),
    path("import/", import_pages.upload, name="import"),
    path("import/<uuid:import_id>/", import_pages.preview, name="import_preview"),
    path("export/", export_pages.choose, name="export"),
    path("export/contacts", export_pages.download, name="export_file"),
    path("<uuid:key>/", pages.contact, name="contact"),
    path("<uuid:key>/edit/", edit_pages.edit, name="edit"),
    path("<uuid:key>/delete/", pages.delete, name="delete"),
    path("<uuid:key>/photo/", pages.photo, name="photo"),
]
