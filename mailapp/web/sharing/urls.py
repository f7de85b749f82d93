"""The addresses of sharing: settings, and the section of the side pane."""

from django.urls import path

from mailapp.web.sharing import folder_pages, mailbox_pages, tree_pages

urlpatterns = [
    path("settings/sharing/", mailbox_pages.own, name="sharing"),
    path("settings/sharing/of/<uuid:entity_id>/", mailbox_pages.of_entity, name="sharing_of"),
    path("settings/sharing/people/", mailbox_pages.people, name="sharing_people"),
    path("settings/sharing/undo/", mailbox_pages.undo, name="sharing_undo"),
    path("settings/sharing/folders/", folder_pages.choose, name="share_choose"),
    path("settings/sharing/folders/<uuid:folder_id>/", folder_pages.folder, name="share_folder"),
    path("mail/shared/", tree_pages.tree, name="shared_tree"),
]
