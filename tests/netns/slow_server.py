#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slow_server.py PORT: an FTP server whose transfers last as long as the client asks for: RETR SECONDS.

They are silent until the end. After AUTH the control connection is no longer text: each line comes and goes
with its bits turned over, and PASV is answered with a port that the client has to know.
"""
import asyncio
import sys

TURNED = bytes(255 - i for i in range(256))


class Session:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.turned = False
        self.listener = None
        self.data = None

    def say(self, text):
        line = text.encode() + b"\r\n"
        self.writer.write(line.translate(TURNED) if self.turned else line)

    async def line(self):
        end = b"\n".translate(TURNED) if self.turned else b"\n"
        line = await self.reader.readuntil(end)
        return (line.translate(TURNED) if self.turned else line).decode().split()

    async def passive(self):
        self.data = asyncio.get_running_loop().create_future()
        self.listener = await asyncio.start_server(lambda r, w: self.data.set_result(w), "0.0.0.0", 0)
        port = self.listener.sockets[0].getsockname()[1]
        address = self.writer.get_extra_info("sockname")[0].replace(".", ",")
        self.say(f"227 Entering Passive Mode ({address},{port >> 8},{port & 255})")

    async def transfer(self, seconds):
        self.say("150 Here it comes")
        data = await self.data
        await asyncio.sleep(seconds)
        data.write(b"x" * 100)
        data.close()
        self.listener.close()
        self.say("226 Done")

    async def run(self):
        self.say("220 Ready")
        going = None
        while words := await self.line():
            if words[0] == "PASV":
                await self.passive()
            elif words[0] == "RETR":
                going = asyncio.create_task(self.transfer(float(words[1])))
            elif words[0] == "STAT":
                self.say("211 Still going" if going else "211 Idle")
            elif words[0] == "AUTH":
                self.say("234 Begin")
                self.turned = True
            else:
                self.say("200 Fine")


async def serve(reader, writer):
    try:
        await Session(reader, writer).run()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


asyncio.run(main())
