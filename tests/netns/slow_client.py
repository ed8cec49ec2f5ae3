#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slow_client.py VIP SESSIONS: as many sessions with slow_server, each with one transfer that is silent for SECONDS.

A third says nothing meanwhile, a third has a STAT answered first, and a third is encrypted once its port is known.
"""
import asyncio
import re
import sys

SECONDS = 40
TURNED = bytes(255 - i for i in range(256))


class Session:
    async def open(self, vip):
        self.vip = vip
        self.reader, self.writer = await asyncio.open_connection(vip, 21)
        self.turned = False
        await self.reply("220")

    async def reply(self, code):
        end = b"\n".translate(TURNED) if self.turned else b"\n"
        line = await asyncio.wait_for(self.reader.readuntil(end), 300)
        text = (line.translate(TURNED) if self.turned else line).decode()
        if not text.startswith(code):
            raise ConnectionError(f"{text!r} where {code} was due")
        return text

    async def say(self, text, code):
        line = text.encode() + b"\r\n"
        self.writer.write(line.translate(TURNED) if self.turned else line)
        return await self.reply(code)

    async def transfer(self, kind):
        numbers = [int(n) for n in re.findall(r"\d+", (await self.say("PASV", "227")))[1:]]
        address = ".".join(map(str, numbers[:4]))
        if address != self.vip:
            raise ConnectionError(f"{address} was announced")
        data, _ = await asyncio.open_connection(address, numbers[4] << 8 | numbers[5])
        if kind == 2:
            await self.say("AUTH TLS", "234")
            self.turned = True
        await self.say(f"RETR {SECONDS}", "150")
        if kind == 1:
            await self.say("STAT", "211")
        return data

    async def finish(self, data):
        content = await asyncio.wait_for(data.read(), 300)
        if len(content) != 100:
            raise ConnectionError(f"{len(content)} bytes")
        await self.reply("226")


async def one(vip, number, limit):
    session = Session()
    async with limit:
        await session.open(vip)
        data = await session.transfer(number % 3)
    await session.finish(data)


async def main():
    vip, total = sys.argv[1], int(sys.argv[2])
    limit = asyncio.Semaphore(20)
    results = await asyncio.gather(*(one(vip, n, limit) for n in range(total)), return_exceptions=True)
    lost = [(n % 3, r) for n, r in enumerate(results) if r is not None]
    print(f"{total} transfers, {len(lost)} lost", *lost[:10], sep="\n")
    sys.exit(bool(lost))


asyncio.run(main())
