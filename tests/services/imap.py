"""A real IMAP server of somebody else: Debian's Dovecot, with one person in it."""

import datetime
import imaplib
import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.services.environment import PASSWORD
from workmail.operations import certificates
from workmail.operations.processes import accepts_connections, die_with_parent, free_port, wait_until

HELP = "No Dovecot: scripts/prepare_tests.py installs it as root; else apt-get install dovecot-imapd."
USER = "carol@old.example"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/certificate.key
ssl_dh =
disable_plaintext_auth = yes
auth_mechanisms = plain login
first_valid_uid = 1
default_internal_user = {internal_user}
default_login_user = {login_user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_uid = {mail_user}
mail_gid = {mail_group}
service imap-login {{
  {chroot}
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  {chroot}
}}
service stats {{
  {chroot}
}}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Envoyes {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Spam {{
    auto = create
    special_use = \\Junk
  }}
}}
"""


def program() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class ImapServer:
    """``with ImapServer() as server``: ports ``port`` (STARTTLS) and ``tls_port``, certificate for localhost."""

    def __init__(self) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="workmail-imap-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ImapServer":
        found = program()
        if found is None:
            raise RuntimeError(HELP)
        now = datetime.datetime.now(datetime.UTC)
        certificates.ensure(self.certificate, self.folder / "certificate.key", ["localhost"], now=now)
        is_root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid())
        mail = pwd.getpwnam("nobody") if is_root else me
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", mail.pw_uid, mail.pw_gid)
        self.folder.chmod(0o755)
        (self.folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                port=self.port,
                tls_port=self.tls_port,
                internal_user="dovecot" if is_root else me.pw_name,
                login_user="dovenull" if is_root else me.pw_name,
                group="dovecot" if is_root else me.pw_gid,
                mail_user=mail.pw_uid,
                mail_group=mail.pw_gid,
                chroot="" if is_root else "chroot =",
            )
        )
        (self.folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        (self.folder / "users").chmod(0o644)
        self._process = subprocess.Popen(
            [found, "-F", "-c", str(self.folder / "dovecot.conf")],
            preexec_fn=die_with_parent(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if not wait_until(lambda: accepts_connections("127.0.0.1", self.tls_port), seconds=15):
            self.stop()
            log = self.folder / "log"
            raise RuntimeError(f"Dovecot does not answer: {log.read_text() if log.exists() else ''}")
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def client(self) -> imaplib.IMAP4:
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=context)
        connection.login(USER, PASSWORD)
        return connection

    def put(self, folder: str, raw: bytes, flags: str = "", when: Any = None) -> None:
        """Append a message; the folder is made if it is not there."""
        with self.client() as connection:
            connection.create(folder)
            status, answer = connection.append(folder, flags, when or imaplib.Time2Internaldate(time.time()), raw)
            assert status == "OK", answer
