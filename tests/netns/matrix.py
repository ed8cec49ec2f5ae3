#!/usr/bin/env python3
"""Real clients against real servers through the gateway, in every mode that the client can.

usage: matrix.py VIP4 VIP6 SERVER LOG FILE [CLIENT...]

SERVER only names what is behind the services. LOG is the daemon's, which tells the modes that it
opened; FILE is what a download must give. Runs in the client's namespace. Prints a line a transfer;
the exit status is the number of failures, at most 100.
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
host, mode, what, path = sys.argv[1:]
ftp = ftplib.FTP(timeout=20)
ftp.trust_server_pasv_ipv4_address = True
ftp.connect(host, 21)
ftp.login('test', 'test')
ftp.set_pasv(mode in ('PASV', 'EPSV'))
if what == 'get':
    with open(path, 'wb') as f:
        ftp.retrbinary('RETR big', f.write)
else:
    with open(path, 'rb') as f:
        ftp.storbinary('STOR ' + path.split('/')[-1], f)
ftp.quit()
"""


def url(host, name=""):
    return f"ftp://test:test@{'[' + host + ']' if ':' in host else host}/{name}"


def dialogue(host, settings, what, path):
    """Commands for the clients that read them from standard input."""
    name = os.path.basename(path)
    transfer = f"get big {path}" if what == "get" else f"put {path} {name}"
    return "\n".join(["user test test", *settings, "binary", transfer, "bye", ""])


def curl(host, mode, what, path):
    options = {
        "PASV": ["--disable-epsv", "--no-ftp-skip-pasv-ip"],
        "EPSV": [],
        "PORT": ["--ftp-port", "-", "--disable-eprt"],
        "EPRT": ["--ftp-port", "-"],
    }[mode]
    transfer = ["-o", path, url(host, "big")] if what == "get" else ["-T", path, url(host)]
    return ["curl", "-sS", "--connect-timeout", "10", *options, *transfer], None


def wget(host, mode, what, path):
    active = ["--no-passive-ftp"] if mode in ("PORT", "EPRT") else []
    return ["wget", "-q", "--tries=1", "--timeout=20", *active, "-O", path, url(host, "big")], None


def ncftp(host, mode, what, path):
    flag = "-F" if mode == "PASV" else "-E"
    common = ["-V", "-t", "20", "-r", "1", flag, "-u", "test", "-p", "test"]
    if what == "get":
        return ["ncftpget", *common, "-c", host, "big"], None
    return ["ncftpput", *common, host, ".", path], None


def tnftp(host, mode, what, path):
    settings = ["epsv4"] if mode in ("PASV", "PORT") else []
    flag = "-p" if mode in ("PASV", "EPSV") else "-A"
    return ["tnftp", "-n", "-V", flag, host], dialogue(host, settings, what, path)


def inetutils(host, mode, what, path):
    settings = ["epsv4"] if mode in ("EPSV", "EPRT") and ":" not in host else []
    flag = ["-p"] if mode in ("PASV", "EPSV") else []
    return ["inetutils-ftp", "-n", *flag, host], dialogue(host, settings, what, path)


def lftp(host, mode, what, path):
    settings = ["set net:timeout 15", "set net:max-retries 1", "set ftp:fix-pasv-address no",
                "set ftp:ssl-allow no",
                f"set ftp:prefer-epsv {'yes' if mode == 'EPSV' else 'no'}",
                f"set ftp:passive-mode {'yes' if mode in ('PASV', 'EPSV') else 'no'}",
                f"open {url(host)}"]
    name = os.path.basename(path)
    transfer = f"get big -o {path}" if what == "get" else f"put {path} -o {name}"
    return ["lftp", "--norc", "-c", "; ".join([*settings, transfer])], None


def ftplib(host, mode, what, path):
    return ["python3", "-c", FTPLIB, host, mode, what, path], None


# Client, the modes it can be told to use over IPv4 and IPv6, and whether it can send.
CLIENTS = {
    "tnftp": (tnftp, ("PASV", "EPSV", "PORT", "EPRT"), ("EPSV", "EPRT"), True),
    "wget": (wget, ("PASV", "PORT"), ("EPSV", "EPRT"), False),
    "ncftp": (ncftp, ("PASV", "PORT"), (), True),
    "curl": (curl, ("PASV", "EPSV", "PORT", "EPRT"), ("EPSV", "EPRT"), True),
    "inetutils": (inetutils, ("PASV", "PORT"), ("EPSV", "EPRT"), True),
    "lftp": (lftp, ("PASV", "EPSV", "PORT"), ("EPSV", "EPRT"), True),
    "ftplib": (ftplib, ("PASV", "PORT"), ("EPSV", "EPRT"), True),
}


class Matrix:
    def __init__(self, server, log, original, roots):
        self.server, self.log, self.original, self.roots = server, log, original, roots
        self.directory = tempfile.mkdtemp()
        self.failures = 0

    def opened(self, position):
        """Modes that the daemon opened since that position of its log."""
        with open(self.log, encoding="latin-1") as log:
            log.seek(position)
            return set(re.findall(r"debug: (PASV|EPSV|PORT|EPRT): ", log.read()))

    def arrived(self, name):
        """An upload is on one of the real servers."""
        files = (os.path.join(root, path, name) for root in self.roots for path in (".", "upload"))
        return any(os.path.exists(f) and filecmp.cmp(f, self.original, False) for f in files)

    def run(self, client, host, mode, what):
        argv_of = CLIENTS[client][0]
        name = f"{client}-{mode}-{what}-{time.monotonic_ns()}"
        path = os.path.join(self.directory, name)
        if what == "put":
            os.link(self.original, path) if same_device(self.original, path) else copy(self.original, path)
        argv, script = argv_of(host, mode, what, path)
        before = os.path.getsize(self.log)
        stdout = open(path, "wb") if client == "ncftp" and what == "get" else subprocess.PIPE
        try:
            done = subprocess.run(argv, input=script, text=script is not None, stdout=stdout,
                                  stderr=subprocess.STDOUT if stdout is subprocess.PIPE else subprocess.PIPE,
                                  timeout=LIMIT, stdin=None if script else subprocess.DEVNULL)
            said = done.stdout or done.stderr or b""
        except subprocess.TimeoutExpired as error:
            said = (error.output or b"") + b" no end"
        good = os.path.exists(path) and filecmp.cmp(path, self.original, False) if what == "get" \
            else self.arrived(name)
        modes = self.opened(before)
        ok = good and mode in modes
        self.failures += not ok
        family = "IPv6" if ":" in host else "IPv4"
        print(f"{'ok  ' if ok else 'FAIL'} {client:9} {self.server:9} {family} {mode} {what}", flush=True)
        if not ok:
            print(f"     opened {modes or 'nothing'}, content {'good' if good else 'bad'}: {said[-600:]!r}")
        if os.path.exists(path):
            os.unlink(path)


def same_device(a, b):
    return os.stat(a).st_dev == os.stat(os.path.dirname(b)).st_dev


def copy(source, destination):
    with open(source, "rb") as s, open(destination, "wb") as d:
        d.write(s.read())


def main():
    vip4, vip6, server, log, original, roots = sys.argv[1:7]
    chosen = sys.argv[7:] or list(CLIENTS)
    matrix = Matrix(server, log, original, roots.split(":"))
    for client in chosen:
        _, modes4, modes6, sends = CLIENTS[client]
        cases = [(vip4, m) for m in modes4] + [(vip6, m) for m in modes6]
        for host, mode in cases:
            if os.environ.get("MODES") and mode not in os.environ["MODES"].split():
                continue
            for what in ("get", "put") if sends else ("get",):
                matrix.run(client, host, mode, what)
    sys.exit(min(matrix.failures, 100))


if __name__ == "__main__":
    main()
