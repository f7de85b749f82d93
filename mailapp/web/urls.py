"""The addresses of the mail pages."""

from django.urls import include, path
from django.utils.module_loading import module_has_submodule

import mailapp.web
from mailapp.web import acts, folder_acts, lists

app_name = "mail"

urlpatterns = [
    path("mail/", lists.inbox, name="home"),
    path("mail/counts/", lists.counts, name="counts"),
    path("mail/act/", acts.act_anywhere, name="act_anywhere"),
    path("mail/undo/", acts.undo, name="undo"),
    path("mail/folders/", folder_acts.manage, name="folders"),
    path("mail/folders/tree/", folder_acts.tree, name="tree"),
    path("mail/folders/new/", folder_acts.create, name="folder_create"),
    path("mail/<uuid:folder_id>/", lists.folder, name="folder"),
    path("mail/<uuid:folder_id>/changes/", lists.changes, name="changes"),
    path("mail/<uuid:folder_id>/act/", acts.act, name="act"),
    path("mail/<uuid:folder_id>/rename/", folder_acts.rename, name="folder_rename"),
    path("mail/<uuid:folder_id>/move/", folder_acts.move, name="folder_move"),
    path("mail/<uuid:folder_id>/delete/", folder_acts.delete, name="folder_delete"),
    path("mail/<uuid:folder_id>/empty/", folder_acts.empty, name="folder_empty"),
]
if module_has_submodule(mailapp.web, "compose"):
    urlpatterns.append(path("mail/compose/", include("mailapp.web.compose.urls")))
