"""The names of the query language in the languages of the interface. All are understood whatever the language is.

The first name in each list is the one that is shown. Names and values are compared folded and without ``-``,
``_``, apostrophes and spaces: ``pièce-jointe`` is ``piecejointe``.
"""

from typing import Final

from mailapp.search.terms import Field
from mailapp.search.tree import Flag
from mailapp.search.words import fold

TEXT_OPERATORS: Final = {
    "from": Field.FROM,
    "to": Field.TO,
    "cc": Field.CC,
    "bcc": Field.BCC,
    "subject": Field.SUBJECT,
    "filename": Field.FILE_NAME,
}
OPERATOR_OF_FIELD: Final = {field: name for name, field in TEXT_OPERATORS.items()}

_NAMES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "from": {"en": ("from", "sender"), "fr": ("de", "expéditeur"), "ru": ("от", "отправитель")},
    "to": {"en": ("to", "recipient"), "fr": ("à", "pour", "destinataire"), "ru": ("кому", "получатель")},
    "cc": {"en": ("cc",), "fr": ("cc", "copie"), "ru": ("копия",)},
    "bcc": {"en": ("bcc",), "fr": ("cci",), "ru": ("скрытая", "скрытая-копия")},
    "subject": {"en": ("subject",), "fr": ("objet", "sujet"), "ru": ("тема",)},
    "filename": {"en": ("filename", "file"), "fr": ("fichier", "nom-fichier"), "ru": ("файл", "имя-файла")},
    "has": {"en": ("has",), "fr": ("contient", "avec"), "ru": ("есть", "содержит")},
    "is": {"en": ("is",), "fr": ("est", "état"), "ru": ("это", "статус")},
    "category": {"en": ("category", "label", "tag"), "fr": ("catégorie", "libellé"), "ru": ("категория", "метка")},
    "in": {"en": ("in", "folder"), "fr": ("dans", "dossier"), "ru": ("в", "во", "папка")},
    "before": {"en": ("before", "until"), "fr": ("avant",), "ru": ("до",)},
    "after": {"en": ("after", "since"), "fr": ("après", "depuis"), "ru": ("после", "с")},
    "on": {"en": ("on", "date"), "fr": ("le", "date"), "ru": ("дата", "за")},
    "older_than": {"en": ("older_than", "older"), "fr": ("plus_ancien", "ancien"), "ru": ("старше",)},
    "newer_than": {"en": ("newer_than", "newer"), "fr": ("plus_récent", "récent"), "ru": ("новее", "моложе")},
    "larger": {"en": ("larger", "larger_than", "size"), "fr": ("plus_gros", "plus_grand"), "ru": ("больше",)},
    "smaller": {"en": ("smaller", "smaller_than"), "fr": ("plus_petit",), "ru": ("меньше",)},
}

_FLAGS: Final[dict[Flag, dict[str, tuple[str, ...]]]] = {
    Flag.UNREAD: {
        "en": ("unread", "unseen", "new"),
        "fr": ("non-lu", "non-lus", "nouveau"),
        "ru": ("непрочитано", "непрочитанное", "непрочитанные", "новое"),
    },
    Flag.READ: {"en": ("read", "seen"), "fr": ("lu", "lus"), "ru": ("прочитано", "прочитанное", "прочитанные")},
    Flag.FLAGGED: {
        "en": ("flagged", "starred"),
        "fr": ("suivi", "marqué", "étoilé"),
        "ru": ("отмечено", "отмеченное", "помечено", "флаг"),
    },
    Flag.UNFLAGGED: {"en": ("unflagged", "unstarred"), "fr": ("non-suivi", "non-marqué"), "ru": ("неотмечено",)},
    Flag.ANSWERED: {"en": ("answered", "replied"), "fr": ("répondu",), "ru": ("отвечено", "отвеченное")},
    Flag.UNANSWERED: {"en": ("unanswered", "unreplied"), "fr": ("sans-réponse", "non-répondu"), "ru": ("неотвечено",)},
    Flag.FORWARDED: {"en": ("forwarded",), "fr": ("transféré",), "ru": ("переслано",)},
    Flag.DRAFT: {"en": ("draft",), "fr": ("brouillon",), "ru": ("черновик",)},
}

_ATTACHMENT: Final = {
    "en": ("attachment", "attachments", "file"),
    "fr": ("pièce", "pièces", "pièce-jointe", "pièces-jointes", "fichier"),
    "ru": ("вложение", "вложения", "файл"),
}

ANYWHERE: Final = "anywhere"
# What people call the standard folders, beside the names they are shown under; the keys are the roles.
_FOLDERS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "inbox": {
        "en": ("inbox",),
        "fr": ("réception", "boîte-de-réception", "reçus"),
        "ru": ("входящие",),
    },
    "drafts": {"en": ("drafts", "draft"), "fr": ("brouillons", "brouillon"), "ru": ("черновики", "черновик")},
    "sent": {
        "en": ("sent", "sent-items", "sent-mail"),
        "fr": ("envoyés", "messages-envoyés", "éléments-envoyés"),
        "ru": ("отправленные",),
    },
    "archive": {"en": ("archive", "archived"), "fr": ("archives", "archive", "archivés"), "ru": ("архив",)},
    "junk": {
        "en": ("junk", "spam"),
        "fr": ("indésirables", "courrier-indésirable", "spam", "pourriel"),
        "ru": ("спам", "нежелательные"),
    },
    "deleted": {
        "en": ("deleted", "trash", "bin", "deleted-items"),
        "fr": ("corbeille", "supprimés", "éléments-supprimés"),
        "ru": ("корзина", "удалённые"),
    },
    ANYWHERE: {"en": ("anywhere", "all"), "fr": ("partout", "tout"), "ru": ("везде", "все")},
}


# Quotes are no part of a value when it is typed, so a folder that has them in its name is found without.
_NOT_COMPARED: Final = frozenset("-_' \"“”„«»")


def key(name: str) -> str:
    """Return the form in which names and values are compared."""
    return "".join(character for character in fold(name) if character not in _NOT_COMPARED)


def _by_key(names: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, str]:
    return {key(alias): name for name, shown in names.items() for aliases in shown.values() for alias in aliases}


_OPERATORS_BY_KEY: Final = _by_key(_NAMES)
_FLAGS_BY_KEY: Final = _by_key(_FLAGS)  # type: ignore[arg-type]
_FOLDERS_BY_KEY: Final = _by_key(_FOLDERS)
_ATTACHMENT_KEYS: Final = frozenset(key(alias) for aliases in _ATTACHMENT.values() for alias in aliases)


def operator(name: str) -> str | None:
    """Return the operator that somebody calls ``name``, in whatever language."""
    return _OPERATORS_BY_KEY.get(key(name))


def keys_of(name: str) -> list[str]:
    """Return all that the operator is called, in all languages, in the form in which names are compared."""
    return list(dict.fromkeys(key(alias) for aliases in _NAMES[name].values() for alias in aliases))


def flag(value: str) -> Flag | None:
    found = _FLAGS_BY_KEY.get(key(value))
    return Flag(found) if found else None


def is_attachment(value: str) -> bool:
    return key(value) in _ATTACHMENT_KEYS


def folder_role(name: str) -> str | None:
    """Return the role (or ``anywhere``) that somebody calls ``name``."""
    return _FOLDERS_BY_KEY.get(key(name))


def operator_name(name: str, language: str) -> str:
    """Return what the operator is called in the language; English for languages without names of their own."""
    return _shown(_NAMES[name], language)


def flag_name(value: Flag, language: str) -> str:
    return _shown(_FLAGS[value], language)


def attachment_name(language: str) -> str:
    return _shown(_ATTACHMENT, language)


def folder_name(name: str, language: str) -> str:
    """Return the standard folder's name in the language; any other name as it is."""
    role = folder_role(name)
    return _shown(_FOLDERS[role], language) if role else name


def _shown(languages: dict[str, tuple[str, ...]], language: str) -> str:
    return languages.get(language.partition("-")[0], languages["en"])[0]
