"""P12: 1,000 recordings at once on one core, beside a C sink that writes the same; then up to where it breaks."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CALLS = 1000
LADDER = (1400, 1800, 2400, 3200)
SECONDS = float(os.environ.get("P12_SECONDS", "12"))
LADDER_SECONDS = 8.0
LONGER = 30.0  # seconds that a sink listens longer than the sender means to send, unless that is through before
MOST_LATE, TRIES = 0.15, 3  # seconds that the sender may be late, or the run is repeated
LEAST = 0.001  # the loss that is allowed
OURS, SENDER = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)
FRAME = 160
AFTER = 0.5  # seconds that a sink listens after the sender is through


def receive(calls: int, seconds: float, folder: Path) -> None:
    """Be the recorder: receive so many calls for so long, and tell what came and what it cost."""
    from hub.media.codecs import by_name
    from hub.recording.receiver import Receiver
    from hub.recording.tape import Tape

    codec = by_name("PCMU")
    receiver = Receiver(most=calls)
    receiver.start()
    lines = [receiver.open() for _ in range(calls)]
    tapes = [Tape(folder / f"{nth}.wav", codec, time.monotonic()) for nth in range(calls)]
    for line, tape in zip(lines, tapes, strict=True):
        receiver.play(line, tape)
    for line in lines:
        print("\n".join(map(str, line.ports)))
    print(flush=True)
    before = time.process_time()
    select.select([sys.stdin], [], [], seconds)
    time.sleep(AFTER)
    cpu = time.process_time() - before
    closing = [receiver.close(line, time.monotonic()) for line in lines]
    failures = [done.result(60) for done in closing]
    assert not any(failures), failures
    stats = [side.stats for tape in tapes for side in tape.sides]
    received = sum(each.received - each.dropped for each in stats)
    late = sum(each.late for each in stats)
    receiver.stop()
    print(json.dumps({"received": received, "late": late, "cpu": cpu}))


def pinned(core: int, *words: str, **more: Any) -> subprocess.Popen[str]:
    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        os.setsid()
        with contextlib.suppress(OSError):  # both sides alike, before whatever else the machine does
            os.nice(-20)
            Path("/proc/self/autogroup").write_text("-20")  # without it that counts within the session alone
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=prepare, **more)  # noqa: PLW1509


def measured(program: Path, sink: list[str], calls: int, seconds: float) -> dict[str, Any]:
    """Return one run; a sender that had no core to itself was held up, and is let try again."""
    best = one_run(program, sink, calls, seconds)
    for _ in range(TRIES - 1):
        if best["late"] < MOST_LATE:
            break
        best = min(best, one_run(program, sink, calls, seconds), key=lambda found: found["late"])
    return best


def one_run(program: Path, sink: list[str], calls: int, seconds: float) -> dict[str, Any]:
    """Send to a sink for so long; return what it received, its CPU a packet, and the loss."""
    with tempfile.TemporaryDirectory() as folder:
        ours = pinned(OURS, *sink, str(calls), str(seconds + LONGER), folder, stdin=subprocess.PIPE)
        assert ours.stdout is not None
        ports = []
        while line := ours.stdout.readline().strip():
            ports.append(line)
        assert len(ports) == 2 * calls, f"{len(ports)} ports for {calls} calls"
        sender = pinned(SENDER, str(program), "send", str(seconds), stdin=subprocess.PIPE)
        said, _ = sender.communicate("\n".join(ports))
        sent = json.loads(said)
        told = json.loads(ours.communicate()[0])
        if sent["late"] < MOST_LATE:
            check(Path(folder), calls, seconds)
    return {
        "received": told["received"],
        "loss": 1 - told["received"] / sent["sent"],
        "us": told["cpu"] / told["received"] * 1e6,
        "core": told["cpu"] / seconds,
        "late": sent["late"],
        "out_of_time": told.get("late", 0) / told["received"],
    }


def check(folder: Path, calls: int, seconds: float) -> None:
    """Look whether the files hold what was sent, in order: a packet is 160 times one byte, the next one that plus one.

    A time line that follows a sender's clock may add or leave out a sample of a packet here and there.
    """
    packets = int(50 * (seconds - 3))
    for nth in range(0, calls, max(1, calls // 20)):
        data = (folder / f"{nth}.wav").read_bytes()[58:]
        for side in (0, 1):
            stream, at, there = bytes(data[side::2]), 0, 0
            for each in range(5, 5 + packets):
                wanted = bytes([((2 * nth + side) * 7 + each) & 0xFF]) * (FRAME - 10)
                found = stream.find(wanted, at, at + 50 * FRAME if there else len(stream))
                at, there = (found, there + 1) if found >= 0 else (at, there)
            assert there > 0.95 * packets, f"call {nth}: {there} of {packets} packets are where they belong"


def climbed(program: Path, sink: list[str], first: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
    """Return how many calls at once lose nothing, the run that showed it, and what is in the way of more."""
    if first["loss"] >= LEAST:
        return 0, first, f"{100 * first['loss']:.2f} % lost at {CALLS}"
    limit, most = CALLS, first
    for calls in LADDER:
        found = measured(program, sink, calls, LADDER_SECONDS)
        if found["late"] >= MOST_LATE:
            full = round(limit / most["core"], -2)
            return limit, most, f"the sender's core is full before {calls}, the recorder's would be at about {full:.0f}"
        if found["loss"] >= LEAST:
            return limit, most, f"{100 * found['loss']:.2f} % lost at {calls}, {100 * found['core']:.0f} % of the core"
        limit, most = calls, found
    return limit, most, "more was not tried"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "p12_rtp"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "p12_rtp.c"], check=True)
        ours_sink = [sys.executable, str(Path(__file__).resolve()), "receive"]
        peer_sink = [str(program), "sink"]
        peer = measured(program, peer_sink, CALLS, SECONDS)
        ours = measured(program, ours_sink, CALLS, SECONDS)
        busy = os.getloadavg()[0]
        limit, most, binds = climbed(program, ours_sink, ours)
    late = max(ours["late"], peer["late"]) * 1000
    note = f"load {busy:.1f}, sender held up {late:.0f} ms, {100 * ours['out_of_time']:.2f} % came out of time"
    row = {"id": "P12", "peer_name": f"C, epoll + recvmmsg ({note})"}
    rows = [
        row
        | {
            "what": f"{CALLS} recordings on one core, CPU a packet",
            "ours": round(ours["us"], 2),
            "peer": round(peer["us"], 2),
            "unit": "us",
            "ratio": round(peer["us"] / ours["us"], 2),
            "goal": "within 1.5x",
            # a sink that lost packets had no core to itself: there is nothing to compare with
            "met": ours["us"] <= 1.5 * peer["us"] if peer["loss"] < LEAST else None,
        },
        row
        | {
            "what": f"{CALLS} recordings, packets lost",
            "ours": round(100 * ours["loss"], 4),
            "peer": round(100 * peer["loss"], 4),
            "unit": "%",
            "goal": "under 0.1 %",
            "met": ours["loss"] < LEAST,
        },
        row
        | {
            "what": f"recordings at once under 0.1 % loss ({100 * most['core']:.0f} % of the core; {binds})",
            "ours": limit,
            "unit": "calls",
            "goal": f"{CALLS}",
            "met": limit >= CALLS,
        },
    ]
    for each in rows:
        print(json.dumps(each))


if __name__ == "__main__":
    if sys.argv[1:2] == ["receive"]:
        receive(int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
