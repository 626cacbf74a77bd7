"""Real mail servers from Debian's packages (postfix, dovecot-imapd), each in a private folder on loopback ports, gone at the end.

Both are started by root, as they ask, and leave it behind in their children. Nothing of the machine's own configuration is read.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import smtplib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imap_tools import MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from tests.servers import Server, ServerMissing

_OWNER, _GROUP, _OTHER = "nobody", "mail", "daemon"
_SBIN = "/usr/sbin"


class _AsRoot(Server):
    """A server that root starts."""

    def __init__(self) -> None:
        if os.geteuid() != 0:
            raise ServerMissing(f"{type(self).__name__} is started by root only")
        super().__init__()
        os.chown(self.directory, 0, 0)
        self.directory.chmod(0o755)

    def _account(self) -> Mapping[str, Any]:
        return {}


class PostfixServer(_AsRoot):
    """A relay: takes mail on 127.0.0.1:port, sends each domain where `routes` says, and everything else to `elsewhere`.

    routes: domain to transport, such as "lmtp:inet:127.0.0.1:2424". What cannot be delivered is given up after a few seconds.
    """

    def __init__(self, routes: Mapping[str, str], *, elsewhere: str, lifetime_seconds: int = 4) -> None:
        self._master = _found("postfix", Path("/usr/lib/postfix/sbin/master"), "postfix")
        super().__init__()
        self._routes = routes
        self._elsewhere = elsewhere
        self._lifetime = lifetime_seconds

    def start(self) -> None:
        """Write its configuration and an empty queue, then start."""
        folder = self.directory
        owner, group = pwd.getpwnam(_OWNER), grp.getgrnam(_GROUP).gr_gid
        (folder / "conf").mkdir(exist_ok=True)
        (folder / "conf" / "main.cf").write_text(self._main(), encoding="ascii")
        (folder / "conf" / "master.cf").write_text(_SERVICES.format(port=self.port), encoding="ascii")
        (folder / "data").mkdir(exist_ok=True)
        os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
        for name in (
            "active",
            "bounce",
            "corrupt",
            "defer",
            "deferred",
            "flush",
            "hold",
            "incoming",
            "private",
            "saved",
            "trace",
        ):
            (folder / "queue" / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            os.chown(folder / "queue" / name, owner.pw_uid, 0)
        for name, mode in (("public", 0o710), ("maildrop", 0o730), ("pid", 0o755)):
            (folder / "queue" / name).mkdir(exist_ok=True)
            (folder / "queue" / name).chmod(mode)
            os.chown(folder / "queue" / name, 0 if name == "pid" else owner.pw_uid, group)
        os.chown(folder / "queue", 0, 0)
        super().start()

    def log(self) -> str:
        """What it logged so far."""
        file = self.directory / "mail.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _log_end(self) -> str:
        return super()._log_end() + "\n" + "\n".join(self.log().splitlines()[-20:])

    def _command(self) -> list[str]:
        return [str(self._master), "-c", str(self.directory / "conf"), "-d"]

    def _answers(self) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5) as session:
                return session.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _main(self) -> str:
        folder = self.directory
        routes = " ".join(f"{{ {domain} = {transport} }}" for domain, transport in self._routes.items())
        return f"""\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {self._master.parent}
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = {_OWNER}
setgid_group = {_GROUP}
default_privs = {_OTHER}
myhostname = relais.example
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
transport_maps = inline:{{ {routes} }}
default_transport = {self._elsewhere}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
maximal_queue_lifetime = {self._lifetime}s
bounce_queue_lifetime = 300s
"""


_SERVICES = """\
postlog unix-dgram n - n - 1 postlogd
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


class DovecotServer(_AsRoot):
    """IMAP on 127.0.0.1:port without TLS; any account, one password, mails kept in a Maildir."""

    password = "mot-de-passe-d-essai"

    def __init__(self) -> None:
        self._binary = _found("dovecot", Path(_SBIN) / "dovecot", "dovecot-imapd")
        super().__init__()

    def start(self) -> None:
        """Write its configuration, then start."""
        owner = pwd.getpwnam(_OWNER)
        (self.directory / "home").mkdir(exist_ok=True)
        os.chown(self.directory / "home", owner.pw_uid, owner.pw_gid)
        (self.directory / "dovecot.conf").write_text(self._configuration(), encoding="ascii")
        super().start()

    def deliver(self, mail: bytes, account: str = "retours", folder: str = "INBOX") -> None:
        """Put a mail into a mailbox, unread."""
        with MailBoxUnencrypted("127.0.0.1", self.port, timeout=10).login(account, self.password, folder) as box:
            box.append(mail, folder)

    def _command(self) -> list[str]:
        return [str(self._binary), "-F", "-c", str(self.directory / "dovecot.conf")]

    def _answers(self) -> bool:
        try:
            with MailBoxUnencrypted("127.0.0.1", self.port, timeout=5).login("quelqu-un", self.password):
                return True
        except (OSError, ImapToolsError, EOFError):
            return False

    def _configuration(self) -> str:
        folder = self.directory
        return f"""\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {folder.name}
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
auth_username_chars =
mail_location = maildir:~/Maildir
log_path = {folder}/server.log
default_internal_user = {_OWNER}
default_internal_group = nogroup
default_login_user = {_OTHER}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={self.password}
}}
userdb {{
  driver = static
  args = uid={_OWNER} gid=nogroup home={folder}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def _found(name: str, usual: Path, package: str) -> Path:
    on_path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SBIN}")
    if on_path is None or not usual.exists():
        raise ServerMissing(f"no {name} on this machine: install Debian's package {package} (as .ci/run does)")
    return usual
