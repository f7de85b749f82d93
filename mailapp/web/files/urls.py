"""Addresses of files and of links to them; part of the namespace ``mail``."""

from django.urls import path

from mailapp.web.files import acts, pages, public_pages, uploads

urlpatterns = [
    path("mail/files/", pages.listing, name="files"),
    path("mail/files/new/", uploads.receive, name="file_new"),
    path("mail/files/upload/", uploads.begin, name="file_upload"),
    path("mail/files/upload/<uuid:file_id>/", uploads.piece, name="file_piece"),
    path("mail/files/upload/<uuid:file_id>/finish/", uploads.finish, name="file_finish"),
    path("mail/files/<uuid:file_id>/", pages.file, name="file"),
    path("mail/files/<uuid:file_id>/download/", pages.download, name="file_download"),
    path("mail/files/<uuid:file_id>/link/", acts.link, name="file_link"),
    path("mail/files/<uuid:file_id>/revoke/", acts.revoke, name="file_revoke"),
    path("mail/files/<uuid:file_id>/delete/", acts.delete, name="file_delete"),
    path("mail/files/<uuid:file_id>/write/", acts.write, name="file_write"),
    path("f/<str:token>/", public_pages.show, name="link"),
    path("f/<str:token>/download/", public_pages.admit, name="link_admit"),
    path("f/<str:token>/file/", public_pages.download, name="link_file"),
]
