#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients, and dialogues that no real client is needed for, with the odd server of field_server.py.

usage: field.py VIP VIP6 RANGED DIRECTORY PREFIX DAEMON [BEGINNING]

RANGED is a virtual address for whose real server the operator names port 990. DIRECTORY takes what is
received. PREFIX is that of the namespaces and DAEMON the process of the gateway (0: none), to stop it while the
ruleset is flushed. BEGINNING: only the cases whose names begin so. Prints a line a case: what did not
arrive whole is told with the client's words.
"""
import concurrent.futures
import os
import re
import signal
import socket
import subprocess
import sys
import threading

from field_server import CONTENT
from ftp_client import Control, check

LIMIT = 60

FTPLIB = """
import ftplib, sys
host, user, folder, path = sys.argv[1:]
ftp = ftplib.FTP(timeout=20)
ftp.trust_server_pasv_ipv4_address = True
ftp.connect(host, 21)
ftp.login(user, 'x')
if folder:
    ftp.cwd(folder)
with open(path, 'wb') as file:
    ftp.retrbinary('RETR file', file.write)
ftp.quit()
"""


def url(host, user, folder):
    return f"ftp://{user}:x@{'[' + host + ']' if ':' in host else host}/{folder + '/' if folder else ''}file"


def curl(host, user, folder, path):
    return ["curl", "-sS", "--connect-timeout", "10", "--max-time", "30", "--disable-epsv", "--no-ftp-skip-pasv-ip",
            "-o", path, url(host, user, folder)], ""


def curl_epsv(host, user, folder, path):
    return ["curl", "-sS", "--connect-timeout", "10", "--max-time", "30", "-o", path, url(host, user, folder)], ""


def wget(host, user, folder, path):
    return ["wget", "-q", "--tries=1", "--timeout=20", "-O", path, url(host, user, folder)], ""


def lftp(host, user, folder, path, epsv="no"):
    lines = ["set net:timeout 15", "set net:max-retries 1", "set ftp:fix-pasv-address no", "set ftp:ssl-allow no",
             f"set ftp:prefer-epsv {epsv}", f"get {url(host, user, folder)} -o {path}"]
    return ["lftp", "--norc", "-c", "; ".join(lines)], ""


def lftp_epsv(host, user, folder, path):
    return lftp(host, user, folder, path, "yes")


def tnftp(host, user, folder, path):
    lines = [f"user {user} x", "epsv4", "binary", f"cd {folder}" if folder else "", f"get file {path}", "bye", ""]
    return ["tnftp", "-n", "-V", "-p", host], "\n".join(lines)


def ftplib(host, user, folder, path):
    return ["python3", "-c", FTPLIB, host, user, folder, path], ""


# Scenario, kind, whether it needs the named range, and who takes the server at its word.
CLIENTS = [
    ("usual", "-", False, (curl, wget, lftp, tnftp, ftplib)),
    ("blanks", "K1", False, (curl, lftp, tnftp)),
    ("long", "K1", False, (curl, wget, lftp, tnftp, ftplib)),
    ("low", "K1", True, (curl, wget, lftp, ftplib)),
    ("nul", "K1", False, (tnftp,)),
    ("tab", "K1", False, (lftp, tnftp, ftplib)),
    ("nothing", "K1", False, (lftp, tnftp, ftplib)),
    ("first", "K1", False, (tnftp, ftplib)),
    ("pasv250", "K2", False, (wget, lftp)),
    ("pasv200", "K2", False, (wget, lftp)),
    ("epsv227", "K2", False, (curl_epsv, lftp_epsv)),
    ("address229", "K2", False, (lftp_epsv,)),
    ("login220", "K3", False, (curl, wget, lftp)),
    ("folder", "K3", False, (curl, wget, lftp)),
    ("endless", "K3", False, (lftp, tnftp, ftplib)),
]


class Field:
    def __init__(self, directory, chosen):
        self.directory, self.chosen = directory, chosen
        self.lock = threading.Lock()
        self.count = self.failures = 0

    def told(self, name, good, words):
        with self.lock:
            self.count += 1
            self.failures += not good
            print(f"{'ok  ' if good else 'FAIL'} {name}{'' if good else ': ' + str(words)[-400:]}", flush=True)

    def client(self, scenario, kind, host, command):
        name = f"{kind} {scenario} {command.__name__}"
        path = os.path.join(self.directory, name.replace(" ", "-"))
        argv, script = command(host, scenario, "dir" if scenario in ("folder", "endless") else "", path)
        try:
            done = subprocess.run(argv, input=script.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=LIMIT, check=False)
            said = done.stdout
        except subprocess.TimeoutExpired as error:
            said = (error.output or b"") + b" no end"
        try:
            with open(path, "rb") as file:
                good = file.read() == CONTENT
        except OSError:
            good = False
        self.told(name, good, said)

    def dialogue(self, name, function, *args):
        if not name.startswith(self.chosen):
            return
        try:
            function(*args)
            self.told(name, True, "")
        except (SystemExit, OSError) as error:
            self.told(name, False, error)


# ---- dialogues ----

class Lenient(Control):
    """Reads past NUL, as tnftp does."""

    def reply(self):
        lines = []
        while not lines or not re.match(lines[0][:3] + "( |$)", lines[-1]):
            line = self.file.readline().decode("latin-1").lstrip("\0")
            check(line, f"the control connection was closed after {lines!r}")
            lines.append(line)
        return "".join(lines)


def session(host, user):
    s = Lenient(host, login=False)
    s.say("USER " + user)
    s.say("PASS x")
    return s


def shown(s, reply):
    """Where a client goes that takes every form."""
    numbers = [int(n) for n in re.findall(r"\d+", reply[4:])]
    if match := re.search(r"\|(\d*)\|([^|]*)\|(\d+)\|", reply):
        return match.group(2) or s.host, int(match.group(3))
    if reply.startswith("228"):
        return s.host, numbers[-2] << 8 | numbers[-1]
    check(len(numbers) >= 6, f"no announcement in {reply!r}")
    host = ".".join(map(str, numbers[:4]))
    return s.host if ":" in s.host else host, numbers[4] << 8 | numbers[5]


def fetch(s, endpoint):
    check(endpoint[0] == s.host, f"the client is sent to {endpoint[0]}")
    data = s.connect(endpoint)
    s.send("RETR file")
    content = b"".join(iter(lambda: data.recv(65536), b""))
    check(content == CONTENT, f"{len(content)} bytes of other content")


def passive(host, user, request, times=2):
    s = session(host, user)
    for _ in range(times):
        fetch(s, shown(s, s.say(request)))
        check(s.reply().startswith("150") and s.reply().startswith("226"), "no 150 and 226")
    s.quit()


def active(host, own, form):
    s = session(host, "usual")
    with socket.create_server((own, 0), family=s.socket.family) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        values = {"n": own.replace(".", ","), "b": own.replace(".", ", "), "h": port >> 8, "l": port & 255, "port": port,
                  "own": own}
        check(s.say(form.format(**values)).startswith("200"), "refused")
        s.send("RETR file")
        data, _ = listener.accept()
        content = b"".join(iter(lambda: data.recv(65536), b""))
    check(content == CONTENT, "other content")
    s.quit()


def many_without_150(host, request):
    s = session(host, "silent")
    for _ in range(30):
        fetch(s, shown(s, s.say(request)))
        check(s.reply().startswith("226"), "no 226")
    s.quit()


def never_used(host, between):
    s = session(host, "usual")
    for _ in range(12):
        endpoint = shown(s, s.say("PASV"))
        if between:
            check(s.say(between).startswith("502"), "understood")
    fetch(s, endpoint)
    check(s.reply().startswith("150") and s.reply().startswith("226"), "no 150 and 226")
    s.quit()


def refused_twice(host):
    s = session(host, "usual")
    check(s.say("MLSD").startswith("500"), "understood")
    check(s.say("PASV").startswith("500"), "not refused again")
    fetch(s, shown(s, s.reply()))
    s.quit()


def answered_twice(host):
    s = session(host, "twice")
    s.say("CWD dir")
    check(s.reply().startswith("250"), "once")
    fetch(s, shown(s, s.say("PASV")))
    s.quit()


def after_a_flush(host, prefix, daemon):
    """The ruleset goes while the daemon cannot see to it; a command passes unseen, then it is back."""
    s = session(host, "usual")
    fetch(s, shown(s, s.say("PASV")))
    s.reply(), s.reply()
    if daemon:
        os.kill(daemon, signal.SIGSTOP)
    try:
        nft = ["nsenter", f"--net=/run/netns/{prefix}-director", "nft"]
        subprocess.run([*nft, "flush", "ruleset"], check=True)
        check(s.say("NOOP").startswith("200"), "no NOOP")
    finally:
        if daemon:
            os.kill(daemon, signal.SIGCONT)
    while daemon and "queue" not in subprocess.run([*nft, "list", "ruleset"], check=True, capture_output=True,
                                                   text=True).stdout:
        pass
    fetch(s, shown(s, s.say("PASV")))
    s.quit()


def dialogues(do, vip, vip6, ranged):
    own, own6 = "198.51.100.2", "2001:db8:1::2"
    do("K1 dots", passive, vip, "dots", "PASV")
    do("K1 NUL", passive, vip, "nul", "PASV")
    do("K1 EPSV port 990", passive, ranged, "low", "EPSV")
    do("K1 PORT blanks", active, vip, own, "PORT {b}, {h}, {l}")
    do("K1 PORT brackets", active, vip, own, "PORT ({n},{h},{l})")
    do("K1 PORT comma", active, vip, own, "PORT {n},{h},{l},")
    do("K1 EPRT zone", active, vip6, own6, "EPRT |2|{own}%eth0|{port}|")
    do("K2 PASV 229", passive, vip, "pasv229", "PASV")
    do("K2 PASV 229 v6", passive, vip6, "pasv229", "PASV")
    do("K2 EPSV 227", passive, vip, "epsv227", "EPSV")
    do("K2 EPSV 227 v6", passive, vip6, "epsv227", "EPSV")
    do("K2 PASV 227 v6", passive, vip6, "usual", "PASV")
    do("K2 229 address v6", passive, vip6, "address229", "EPSV")
    for request in ("LPSV", "CPSV", "P@SW"):
        do(f"K2 {request}", passive, vip, "usual", request)
    do("K2 LPSV v6", passive, vip6, "usual", "LPSV")
    do("K2 LPRT", active, vip, own, "LPRT 4,4,{n},2,{h},{l}")
    do("K2 LPRT v6", active, vip6, own6, "LPRT 6,16,32,1,13,184,0,1,0,0,0,0,0,0,0,0,0,2,2,{h},{l}")
    for request in ("PASV", "EPSV"):
        do(f"K4 thirty {request} without 150", many_without_150, vip, request)
    do("K4 twelve PASV not used", never_used, vip, "")
    do("K4 twelve refused after", never_used, vip, "XLST")
    do("K5 a refusal too many", refused_twice, vip)
    do("K5 a reply too many", answered_twice, vip)


def main():
    vip, vip6, ranged, directory, prefix, daemon = sys.argv[1:7]
    field = Field(directory, sys.argv[7] if len(sys.argv) > 7 else "")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for scenario, kind, named, clients in CLIENTS:
            for command in clients:
                if f"{kind} {scenario}".startswith(field.chosen):
                    pool.submit(field.client, scenario, kind, ranged if named else vip, command)
        dialogues(field.dialogue, vip, vip6, ranged)
    field.dialogue("K6 after a flush", after_a_flush, vip, prefix, int(daemon))
    print(f"{field.count} cases, {field.failures} failed")
    sys.exit(min(field.failures, 100))


if __name__ == "__main__":
    main()
