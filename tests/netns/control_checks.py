# SPDX-License-Identifier: GPL-2.0-or-later
"""What control.sh asks of the control socket, in one process: starting one costs seconds in the lab."""
import json
import os
import socket
import subprocess
import sys
import time

CONTROL, CTL, VIP, CLIENT, STATE = sys.argv[1:]
LIMIT = 40


def fail(text):
    sys.exit("FAILED: " + text)


class Connection:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT)
        self.socket.connect(CONTROL)
        self.file = self.socket.makefile("rb")

    def say(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def hear(self):
        try:
            line = self.file.readline()
        except TimeoutError:
            fail(f"nothing comes; {Connection().ask(command='status')}, "
                 f"{Connection().ask(command='recent')}")
        if not line:
            fail("the daemon has hung up")
        return json.loads(line)

    def ask(self, **request):
        self.say(**request)
        reply = self.hear()
        if not reply["ok"]:
            fail(f"{request}: {reply}")
        return reply["result"]


def expect(what, value, wanted):
    if value != wanted:
        fail(f"{what} is {value!r}, not {wanted!r}")
    print(f"{what}: {value!r}", flush=True)


def until(what, condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            fail(f"still not: {what}")
        time.sleep(0.05)


def ctl(*words, status=0):
    done = subprocess.run([CTL, "-s", CONTROL, *words], capture_output=True, text=True, timeout=LIMIT)
    print(f"ftpalgctl {' '.join(words)}\n{done.stdout}{done.stderr}", flush=True)
    expect("its exit status", done.returncode, status)
    return done.stdout + done.stderr


def configure(text):
    with open(f"{STATE}/ftpalgd.conf", "w") as file:
        file.write(text)


def release():
    with open(f"{STATE}/release", "w"):
        pass


c = Connection()
status = c.ask(command="status")
expect("health", (status["health"], status["problems"]), ("fine", []))
expect("ruleset", status["ruleset"], "effective")
expect("threads before any transfer", (status["backup"], status["master"]), (None, None))
expect("mode", oct(os.stat(CONTROL).st_mode & 0o7777), "0o660")
service = c.ask(command="services")["services"][0]
expect("service", (service["address"], service["ipvs"]), (f"{VIP}:21", {"servers": 2, "masquerading": 2}))
findings = c.ask(command="doctor")["findings"]
expect("findings", [f for f in findings if f["severity"] != "warning"], [])

# The client in the other namespace waits for "go", transfers, and stays until "release".
watch, trace = Connection(), Connection()
watch.ask(command="watch")
trace.ask(command="trace", address=CLIENT)
with open(f"{STATE}/go", "w"):
    pass
until("a transfer is over", lambda: os.path.exists(f"{STATE}/transferred"))

kinds = [watch.hear() for _ in range(2)]
expect("events", [e["event"] for e in kinds], ["session", "opening"])
expect("opening", kinds[1]["mode"], "PASV")
expect("announced", kinds[1]["announced"].split(":")[0], VIP)
lines = []
while not any(e["event"] == "line" and e["before"].startswith("226") for e in lines):
    lines.append(trace.hear())
lines = [e for e in lines if e["event"] == "line"]
expect("the password", [e["before"] for e in lines if "PASS" in e["before"]], ["PASS ****"])
[passive] = [e for e in lines if e["before"].startswith("227")]
expect("227 is changed", passive["changed"], True)
expect("227 before", "10,0,0," in passive["before"], True)
expect("227 after", VIP.replace(".", ",") in passive["after"], True)
expect("others are not", [e["changed"] for e in lines if e is not passive], [False] * (len(lines) - 1))

sessions = c.ask(command="sessions")["sessions"]
expect("sessions", [(s["openings"], s["helper"], s["state"]) for s in sessions], [(2, True, "open")])
expect("of that client", len(c.ask(command="sessions", client=CLIENT)["sessions"]), 1)
expect("of another", len(c.ask(command="sessions", client="198.51.100.99")["sessions"]), 0)
[opening] = c.ask(command="openings")["openings"]
expect("the opening that waits", (opening["mode"], opening["source"]), ("PASV", f"{CLIENT}:any"))
expect("its way", (opening["destination"].split(":")[0], opening["target"][:7]), (VIP, "10.0.0."))
expect("its life", 0 < opening["seconds_left"] <= 60, True)
stats = c.ask(command="stats")
expect("openings", stats["total"]["openings"]["PASV"], 2)
expect("of the service", stats["services"][0]["counters"]["openings"]["PASV"], 2)
metrics = c.ask(command="metrics")["text"].splitlines()
expect("metrics", 'ftpalgd_openings_total{mode="PASV"} 2' in metrics, True)
held = [line for line in metrics if line.startswith("ftpalgd_latency_seconds_count ")]
expect("packets in the histogram", int(held[0].split()[1]) > 5, True)

ctl("status")
ctl("services")
ctl("sessions")
ctl("openings")
expect("explain", "PASV announced as" in ctl("explain", CLIENT), True)
configure(f'control = {{ socket = "{CONTROL}"; group = "root"; }}; guard = true;')
expect("what reload changes", "guard: false -> true" in ctl("reload"), True)
expect("guard", c.ask(command="status")["guard"], True)
configure("gaurd = true;")
expect("what is wrong", "guard" in ctl("reload", status=1), True)
expect("guard", c.ask(command="status")["guard"], True)
ctl("log", "warning")
expect("level", c.ask(command="status")["log"], "warning")
ctl("nonsense", status=2)
expect("the session stays", len(c.ask(command="sessions")["sessions"]), 1)

release()
expect("its end", [watch.hear()["event"] for _ in range(2)], ["opening", "closing"])
states = [s["state"] for s in c.ask(command="sessions")["sessions"]]
expect("it is over", states in ([], ["closing"]), True)
