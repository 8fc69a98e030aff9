"""A mail server on this machine, submission and IMAP over TLS, that does as it is told."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.support.websites import Certificate


@dataclass
class MailServer:
    """One mailbox, with a door where mails are handed in and one where they are read.

    :param credentials: name and password of its only user.
    :param instead: what is answered in the place of the usual, by the command's first words.
    :param late: how many times somebody looks before a mail is there.
    :param heard: commands, but what they hold of mails.
    """

    context: ssl.SSLContext
    credentials: tuple[str, str]
    instead: dict[str, str] = field(default_factory=dict)
    late: int = 0
    starttls: bool = True
    heard: list[str] = field(default_factory=list)
    mails: dict[int, bytes] = field(default_factory=dict)
    marked: set[int] = field(default_factory=set)
    submission_port: int = 0
    imaps_port: int = 0

    def told(self, command: str) -> str | None:
        """Note a command, and return what is to be answered in the place of the usual."""
        self.heard.append(command)
        return next((say for begin, say in self.instead.items() if command.startswith(begin)), None)


@contextmanager
def mail_server(shown: Certificate, credentials: tuple[str, str]) -> Iterator[MailServer]:
    """Serve mail on localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    served = MailServer(context, credentials)
    with ExitStack() as doors:
        served.submission_port = doors.enter_context(_door(served, _Submission))
        served.imaps_port = doors.enter_context(_door(served, _Imaps))
        yield served


@contextmanager
def _door(served: MailServer, handler: type[_Talk]) -> Iterator[int]:
    server = _Server(("127.0.0.1", 0), handler)
    server.served = served
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(socketserver.ThreadingTCPServer):
    """A door of a mail server."""

    served: MailServer


class _Talk(socketserver.StreamRequestHandler):
    """Lines over a connection, which may become encrypted."""

    server: _Server

    @property
    def served(self) -> MailServer:
        return self.server.served

    def encrypt(self) -> None:
        self.connection = self.served.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def lines(self) -> Iterator[str]:
        """Yield what is said until the other one is gone."""
        while True:
            try:
                line = self.rfile.readline()
            except (OSError, ValueError):
                return
            if not line:
                return
            yield line.decode().rstrip("\r\n")

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            return
        finally:
            self.connection.close()


class _Submission(_Talk):
    """Where mails are handed in."""

    def handle(self) -> None:
        self.say("220 here")
        for spoken in self.lines():
            verb, space, rest = spoken.partition(" ")
            line = f"{verb.upper()}{space}{rest}"
            if (said := self.served.told(line)) is not None:
                self.say(said)
            elif line == "STARTTLS":
                self.say("220 go on")
                try:
                    self.encrypt()
                except OSError:
                    return
            elif line == "DATA":
                self.say("354 go on")
                self.take()
            else:
                self.say(self.answer(line))

    def answer(self, line: str) -> str:
        name, password = self.served.credentials
        good = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        if line.startswith("EHLO"):
            encrypted = isinstance(self.connection, ssl.SSLSocket)
            offers = "AUTH PLAIN" if encrypted else "STARTTLS" if self.served.starttls else "HELP"
            return f"250-here\r\n250 {offers}"
        if line.startswith("AUTH"):
            return "235 in" if line == f"AUTH PLAIN {good}" else "535 5.7.8 authentication failed"
        return "221 bye" if line == "QUIT" else "250 well"

    def take(self) -> None:
        body = []
        for line in self.lines():
            if line == ".":
                break
            body.append(line.removeprefix("."))
        self.served.mails[len(self.served.mails) + 1] = "\r\n".join([*body, ""]).encode()
        self.say("250 taken")


class _Imaps(_Talk):
    """Where mails are read."""

    def handle(self) -> None:
        try:
            self.encrypt()
        except OSError:
            return
        self.say("* OK here")
        for line in self.lines():
            tag, _, command = line.partition(" ")
            self.say(f"{tag} {self.served.told(command) or self.answer(command)}")

    def answer(self, command: str) -> str:
        """Say what is asked for, and return how it went."""
        name, password = self.served.credentials
        words = command.split()
        if words[0] == "LOGIN":
            good = command == f'LOGIN {name} "{password}"'
            return "OK in" if good else "NO [AUTHENTICATIONFAILED] authentication failed"
        if words[0] == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 UIDPLUS")
        elif words[0] == "SELECT":
            self.served.late -= 1
            self.say(f"* {len(self.served.mails)} EXISTS")
        elif words[0] == "UID":
            self.mail(words[1], command)
        return "OK done"

    def mail(self, verb: str, command: str) -> None:
        if verb == "SEARCH":
            wanted = re.findall(r'HEADER Message-ID "(.*)"', command)[0].encode()
            found = [uid for uid, mail in self.served.mails.items() if wanted in mail]
            self.say(" ".join(["* SEARCH", *map(str, found if self.served.late < 0 else ())]))
            return
        uid = int(command.split()[2])
        if verb == "FETCH":
            mail = self.served.mails[uid]
            self.say(f"* 1 FETCH (UID {uid} RFC822 {{{len(mail)}}}")
            self.wfile.write(mail)
            self.say(")")
        elif verb == "STORE" and r"\Deleted" in command:
            self.served.marked.add(uid)
        elif verb == "EXPUNGE" and uid in self.served.marked:
            del self.served.mails[uid]
