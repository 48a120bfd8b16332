"""A TCP proxy on loopback that treats its connections badly."""

import collections
import random
import select
import socket
import struct
import threading
import time

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of no time


class Proxy(threading.Thread):
    """Forwards from a port of its own to another one. While it is `wild`, every so often (two seconds, on average) a connection

    - is held up for up to half a second,
    - has what comes next sent on in pieces of one to seven bytes,
    - is cut, by FIN or by RST, with what is under way in it,
    - is half open for up to a second and a half, then cut: what is sent into it goes nowhere, and neither end hears of it.

    It duplicates no bytes: TCP never does, and ZMTP's frames would be no frames any more.
    """

    def __init__(self, target: int, seed: int, is_sequential: bool):
        """`is_sequential`: the next connection waits for the end of the one before, so that nothing overtakes."""
        super().__init__(daemon=True)
        self.target, self.rng, self.is_sequential = target, random.Random(seed), is_sequential
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.wild, self.done = threading.Event(), collections.Counter()

    @property
    def endpoint(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def run(self):
        while True:
            client, _ = self.listener.accept()
            if self.is_sequential:
                self.serve(client)
            else:
                threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client: socket.socket):
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            client.close()
            return
        ends = {client: server, server: client}
        for end in ends:
            end.settimeout(5)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.forward(ends)
        except OSError:
            pass  # an end is gone
        for end in ends:
            end.close()

    def forward(self, ends: dict[socket.socket, socket.socket]):
        due, piece = self.next_due(), 0
        while True:
            for source in select.select(list(ends), [], [], 0.05)[0]:
                data = source.recv(65536)
                if not data:
                    return
                for start in range(0, len(data), piece or len(data)):
                    ends[source].sendall(data[start : start + (piece or len(data))])
                piece = 0
            if not self.wild.is_set():
                due = self.next_due()
            elif time.monotonic() > due:
                due = self.next_due()
                deed = self.rng.choice(["held up", "in pieces", "closed", "reset", "half open"])
                self.done[deed] += 1
                if deed == "in pieces":
                    piece = self.rng.randint(1, 7)
                elif deed == "held up":
                    time.sleep(self.rng.uniform(0, 0.5))
                else:
                    self.cut(ends, deed)
                    return

    def next_due(self) -> float:
        return time.monotonic() + self.rng.expovariate(0.5)

    def cut(self, ends: dict, deed: str):
        if deed == "half open":
            end = time.monotonic() + self.rng.uniform(0, 1.5)
            while (left := end - time.monotonic()) > 0:
                for source in select.select(list(ends), [], [], left)[0]:
                    if not source.recv(65536):
                        return
        if deed != "closed":
            for each in ends:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
