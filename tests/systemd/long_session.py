#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One FTP session with odd_server.py that goes on until a file is there, transfer after transfer.

usage: long_session.py VIP PORT WORDING END COUNT

The number of transfers so far stands in the file COUNT. Exits with a sentence about the first thing
that is not as a user would have it.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
from odd_client import Client  # noqa: E402


def main():
    host, port, wording, end, count = sys.argv[1:]
    client = Client(host, int(port), wording + "+whole")
    transfers = 0
    while not os.path.exists(end):
        client.fetch(wording, "whole")
        transfers += 1
        with open(count + ".new", "w", encoding="ascii") as file:
            file.write(f"{transfers}\n")
        os.rename(count + ".new", count)
    client.command("QUIT")


if __name__ == "__main__":
    main()
