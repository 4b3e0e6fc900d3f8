"""Holds a whole interview with a client that is not ours (aiortc), by the joining contract alone: an SDP offer by POST,
the events socket, DELETE. It hums when it is listened to, so the engine runs with scripted speech.

    aiortc_call.py http://127.0.0.1:8000

Exits 0 only if the interview was completed, both questions were put and answered, our voice was audible in what was
received, and the call's URL is gone afterwards.
"""

import asyncio
import fractions
import json
import math
import sys
import time

import aiohttp
import av
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

RATE = 48_000
FRAME = 960
LIMIT = 60
GUIDE = {
    "name": "Things",
    "research_objective": "Things",
    "sections": [{
        "id": "all", "section_name": "All", "order": 1,
        "questions": [
            {"id": f"q{n}", "text": f"What is thing {n}?", "required": True, "max_follow_ups": 0} for n in (1, 2)
        ],
    }],
}


class Voice(MediaStreamTrack):
    """A microphone: silence, and on demand 0.3 s of silence with 0.6 s of a tone."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.sent = 0
        self.began = None
        self.tone = 0

    def hum(self):
        self.tone = 45

    async def recv(self):
        self.began = self.began or time.monotonic()
        await asyncio.sleep(max(0.0, self.began + self.sent * 0.02 - time.monotonic()))
        samples = numpy.zeros(FRAME, dtype=numpy.int16)
        if self.tone:
            self.tone -= 1
            if self.tone < 30:
                times = numpy.arange(FRAME) + self.sent * FRAME
                samples = (6000 * numpy.sin(times * 2 * math.pi * 380 / RATE)).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.sent * FRAME, fractions.Fraction(1, RATE)
        self.sent += 1
        return frame


async def listen(track, heard):
    """Counts frames that are not silent."""
    try:
        while True:
            frame = await track.recv()
            heard["frames"] += 1
            heard["loud"] += int(numpy.abs(frame.to_ndarray()).max() > 300)
    except Exception:  # The track ends with the call, however that is told.
        return


async def call(base):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LIMIT)) as http:
        async with http.post(f"{base}/api/call-guides/", json=GUIDE) as answer:
            guide = await answer.json()
        async with http.post(f"{base}/api/interviews/schedule", json={"call_guide_id": guide["id"]}) as answer:
            scheduled = await answer.json()
        token = scheduled["join_token"]

        peer, voice, heard = RTCPeerConnection(), Voice(), {"frames": 0, "loud": 0}
        listening = []
        peer.on("track", lambda track: listening.append(asyncio.ensure_future(listen(track, heard))))
        peer.addTrack(voice)
        await peer.setLocalDescription(await peer.createOffer())
        questions, answers, ended = [], 0, False
        async with http.ws_connect(f"{base}/api/join/{token}/events") as events:
            offer = {"data": peer.localDescription.sdp, "headers": {"content-type": "application/sdp"}}
            async with http.post(f"{base}/api/join/{token}/call", **offer) as answer:
                assert answer.status == 201, (answer.status, await answer.text())
                assert answer.content_type == "application/sdp" and answer.headers["ETag"]
                location = answer.headers["Location"]
                sdp = await answer.text()
            await peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))
            async for message in events:
                if message.type != aiohttp.WSMsgType.TEXT:
                    break
                told = json.loads(message.data)
                assert {"type", "seq", "at_ms"} <= told.keys(), told
                if told["type"] == "question":
                    questions.append(told["id"])
                elif told["type"] == "caption" and told["speaker"] == "respondent" and told["final"]:
                    answers += 1
                elif told["type"] == "state" and told["value"] == "listening":
                    voice.hum()
                elif told["type"] == "state" and told["value"] == "ended":
                    ended = True
                    break
        await peer.close()
        await asyncio.gather(*listening)
        async with http.delete(base + location) as answer:
            assert answer.status in (200, 404), answer.status
        async with http.get(f"{base}/api/interviews/{scheduled['id']}") as answer:
            status = (await answer.json())["status"]
        print(f"aiortc: {status}; asked {questions}, {answers} answers, {heard['loud']} of {heard['frames']} frames loud")
        # An interview that is over can't be joined any more.
        async with http.post(f"{base}/api/join/{token}/call", **offer) as answer:
            assert answer.status == 410, answer.status
        return ended and status == "completed" and questions == ["q1", "q2"] and answers == 2 and heard["loud"] > 50


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(asyncio.wait_for(call(sys.argv[1].rstrip("/")), LIMIT)) else 1)
