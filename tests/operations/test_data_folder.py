"""The data folder may have any name: it goes into URLs, and into a socket's path of limited length."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workmail.environment import LONGEST_SOCKET_PATH, embedded_valkey_socket

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["data", "my mail", "C#", "50%25", "what?", "почта"])
def test_a_data_folder_may_have_any_name(tmp_path, name):
    folder = tmp_path / name
    program = (
        "from django.conf import settings as s;"
        "print(s.DATABASES['default']['NAME'], s.STORAGES['blobs']['OPTIONS']['location'], sep='\\n')"
    )
    variables = {"PATH": os.environ["PATH"], "WORKMAIL_DATA": str(folder), "WORKMAIL_ENV_FILE": os.devnull}
    output = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=variables | {"DJANGO_SETTINGS_MODULE": "workmail.settings", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert output.splitlines() == [str(folder / "workmail.sqlite3"), str(folder / "blobs")]


@pytest.mark.parametrize("name", ["x" * 120, "my mail", "C#", "почта"])
def test_the_socket_moves_to_a_short_and_plain_place(tmp_path, name):
    socket = embedded_valkey_socket(tmp_path / name)
    assert len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH
    assert str(socket).isascii()
    assert socket == embedded_valkey_socket(tmp_path / name)
    assert socket != embedded_valkey_socket(tmp_path / f"{name}-other")


def test_the_socket_stays_in_the_data_folder_where_it_can():
    assert embedded_valkey_socket(Path("/srv/workmail")) == Path("/srv/workmail/run/valkey.sock")
