# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions that change their mode from transfer to transfer, and believe every announcement."""
import ftplib

MODES = {4: ("PASV", "EPSV", "PORT", "EPRT"), 6: ("EPSV", "EPRT")}
CONTENT = b"a small file\n"  # of "small" on every server


def modes_of(host):
    return MODES[6 if ":" in host else 4]


class Session(ftplib.FTP):
    def __init__(self, host, timeout=120):
        super().__init__(timeout=timeout)
        self.mode = None
        self.connect(host, 21)
        self.login("test", "test")
        self.voidcmd("TYPE I")

    def makepasv(self):
        if self.mode == "PASV":
            return ftplib.parse227(self.sendcmd("PASV"))
        return ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())

    def sendport(self, host, port):
        return self.sendeprt(host, port) if self.mode == "EPRT" else super().sendport(host, port)

    def use(self, mode):
        self.mode = mode
        self.set_pasv(mode in ("PASV", "EPSV"))

    def get(self, name):
        with self.transfercmd("RETR " + name) as data:
            content = b"".join(iter(lambda: data.recv(65536), b""))
        self.voidresp()
        return content

    def put(self, name, content):
        with self.transfercmd("STOR " + name) as data:
            data.sendall(content)
        self.voidresp()
