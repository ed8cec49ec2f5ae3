#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients against real servers through the gateway, in every mode that the client can.

usage: matrix.py LOG FILE CLIENTS MODES NAME=VIP=ROOT...

NAME only names the server behind the virtual address VIP; ROOT is the folder that it serves. LOG is
the daemon's, which tells the modes that it opened; FILE is what a download must give, under its own
name. CLIENTS and MODES are separated by commas, or "all". Runs in the client's namespace.

Prints a line a transfer. With TRY=yes what a client is known not to be able to is tried nevertheless,
and what was seen is printed. The exit status is the number of failures, at most 100.
"""
import filecmp
import os
import re
import subprocess
import sys
import tempfile
import time

LIMIT = 60

FTPLIB = """
import ftplib, sys, socket
host, mode, what, path, name = sys.argv[1:]
ftp = ftplib.FTP(timeout=20)
ftp.trust_server_pasv_ipv4_address = True
ftp.connect(host, 21)
ftp.login('test', 'test')
ftp.set_pasv(mode in ('PASV', 'EPSV'))
if what == 'get':
    with open(path, 'wb') as f:
        ftp.retrbinary('RETR ' + name, f.write)
else:
    with open(path, 'rb') as f:
        ftp.storbinary('STOR ' + name, f)
ftp.quit()
"""


def url(host, name=""):
    return f"ftp://test:test@{'[' + host + ']' if ':' in host else host}/{name}"


def dialogue(settings, what, path, name):
    """Commands for the clients that read them from standard input."""
    transfer = f"get {name} {path}" if what == "get" else f"put {path} {name}"
    return "\n".join(["user test test", *settings, "binary", transfer, "bye", ""])


def curl(host, mode, what, path, name):
    options = {
        "PASV": ["--disable-epsv", "--no-ftp-skip-pasv-ip"],
        "EPSV": [],
        "PORT": ["--ftp-port", "-", "--disable-eprt"],
        "EPRT": ["--ftp-port", "-"],
    }[mode]
    transfer = ["-o", path, url(host, name)] if what == "get" else ["-T", path, url(host, name)]
    return ["curl", "-sS", "--connect-timeout", "10", *options, *transfer], None


def wget(host, mode, what, path, name):
    active = ["--no-passive-ftp"] if mode in ("PORT", "EPRT") else []
    return ["wget", "-q", "--tries=1", "--timeout=20", *active, "-O", path, url(host, name)], None


def ncftp(host, mode, what, path, name):
    flag = "-F" if mode == "PASV" else "-E"
    common = ["-V", "-t", "20", "-r", "1", flag, "-u", "test", "-p", "test"]
    if what == "get":
        return ["ncftpget", *common, "-c", host, name], None
    return ["ncftpput", *common, host, ".", path], None


def tnftp(host, mode, what, path, name):
    settings = ["epsv4"] if mode in ("PASV", "PORT") else []
    flag = "-p" if mode in ("PASV", "EPSV") else "-A"
    return ["tnftp", "-n", "-V", flag, host], dialogue(settings, what, path, name)


def inetutils(host, mode, what, path, name):
    settings = ["epsv4"] if mode in ("EPSV", "EPRT") and ":" not in host else []
    flag = ["-p"] if mode in ("PASV", "EPSV") else []
    return ["inetutils-ftp", "-n", *flag, host], dialogue(settings, what, path, name)


def lftp(host, mode, what, path, name):
    settings = ["set net:timeout 15", "set net:max-retries 1", "set ftp:fix-pasv-address no",
                "set ftp:ssl-allow no",
                f"set ftp:prefer-epsv {'yes' if mode == 'EPSV' else 'no'}",
                f"set ftp:passive-mode {'yes' if mode in ('PASV', 'EPSV') else 'no'}",
                f"open {url(host)}"]
    transfer = f"get {name} -o {path}" if what == "get" else f"put {path} -o {name}"
    return ["lftp", "--norc", "-c", "; ".join([*settings, transfer])], None


def ftplib(host, mode, what, path, name):
    return ["python3", "-c", FTPLIB, host, mode, what, path, name], None


# Client, the modes it can be told to use over IPv4 and IPv6, and whether it can send.
CLIENTS = {
    "tnftp": (tnftp, ("PASV", "EPSV", "PORT", "EPRT"), ("EPSV", "EPRT"), True),
    "wget": (wget, ("PASV", "PORT"), ("EPSV", "EPRT"), False),
    "ncftp": (ncftp, ("PASV", "PORT"), (), True),
    "curl": (curl, ("PASV", "EPSV", "PORT", "EPRT"), ("EPSV", "EPRT"), True),
    "inetutils": (inetutils, ("PASV", "EPSV", "PORT", "EPRT"), ("EPSV", "EPRT"), True),
    "lftp": (lftp, ("PASV", "EPSV", "PORT"), ("EPSV", "EPRT"), True),
    "ftplib": (ftplib, ("PASV", "PORT"), ("EPSV", "EPRT"), True),
}
MODES = ("PASV", "EPSV", "PORT", "EPRT")


def family(vip):
    return 1 if ":" in vip else 0


class Matrix:
    def __init__(self, log, original):
        self.log, self.original = log, original
        self.directory = tempfile.mkdtemp(dir=os.path.dirname(original))
        self.transfers = self.failures = 0

    def opened(self, position):
        """Modes that the daemon opened since that position of its log."""
        with open(self.log, encoding="latin-1") as log:
            log.seek(position)
            return set(re.findall(r"debug: (PASV|EPSV|PORT|EPRT): ", log.read()))

    def same(self, path):
        return os.path.exists(path) and filecmp.cmp(path, self.original, False)

    def attempt(self, client, vip, root, mode, what):
        """One transfer; returns whether its content is good, the modes opened, and what the client said."""
        name = os.path.basename(self.original) if what == "get" else f"{client}-{mode}"
        mine = os.path.join(self.directory, name)
        stored = os.path.join(root, name)
        if what == "put":
            os.link(self.original, mine)
        argv, script = CLIENTS[client][0](vip, mode, what, mine, name)
        before = os.path.getsize(self.log)
        # ncftpget writes what it gets to its standard output.
        output = open(mine, "wb") if client == "ncftp" and what == "get" else subprocess.PIPE
        try:
            done = subprocess.run(argv, input=(script or "").encode(), stdout=output,
                                  stderr=subprocess.PIPE if client == "ncftp" else subprocess.STDOUT,
                                  timeout=LIMIT)
            said = (done.stdout or b"") + (done.stderr or b"")
        except subprocess.TimeoutExpired as error:
            said = (error.output or b"") + b" no end"
        good = self.same(mine if what == "get" else stored)
        for path in (mine, stored) if what == "put" else (mine,):
            if os.path.exists(path):
                os.unlink(path)
        return good, self.opened(before), said

    def run(self, client, server, vip, root, mode, what):
        begin = time.monotonic()
        good, modes, said = self.attempt(client, vip, root, mode, what)
        ok = good and modes == {mode}
        self.transfers += 1
        self.failures += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {client:9} {server:9} {vip:15} {mode} {what} "
              f"{time.monotonic() - begin:.1f}", flush=True)
        if not ok:
            print(f"     opened {modes or 'nothing'}, content {'good' if good else 'bad'}: {said[-600:]!r}")

    def cannot(self, client, server, vip, root, mode):
        """Says what is seen when a client is told to do what it is known not to be able to."""
        good, modes, said = self.attempt(client, vip, root, mode, "get")
        did = " ".join(sorted(modes)) or "nothing"
        words = said.decode("latin-1").strip().splitlines()
        print(f"none {client:9} {server:9} {vip:15} {mode}: opened {did}, "
              f"{'the file came' if good else 'no file: ' + (words[-1] if words else 'not a word')}", flush=True)


def main():
    log, original, clients, chosen = sys.argv[1:5]
    matrix = Matrix(log, original)
    try_all = os.environ.get("TRY") == "yes"
    for target in sys.argv[5:]:
        server, vip, root = target.split("=")
        for client in CLIENTS if clients == "all" else clients.split(","):
            can, sends = CLIENTS[client][1 + family(vip)], CLIENTS[client][3]
            for mode in MODES if chosen == "all" else chosen.split(","):
                for what in () if mode not in can else ("get", "put") if sends else ("get",):
                    matrix.run(client, server, vip, root, mode, what)
                if mode not in can and try_all:
                    matrix.cannot(client, server, vip, root, mode)
    print(f"{matrix.transfers} transfers, {matrix.failures} failed")
    sys.exit(min(matrix.failures, 100))


if __name__ == "__main__":
    main()
