"""A daemon whose sockets are CURVE servers, and pyzmq clients: allowed, unknown, plaintext, and a peer that is no ZeroMQ.

Keys are pyzmq's own (zmq.auth), so that both sides' files and libraries are checked against each other.
"""

import argparse
import json
import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import numpy as np
import zmq
import zmq.auth

from daemon import free_port, running

CONFIGURATION = """\
model: {model}
feeds:
  - name: ecg
    endpoint: tcp://127.0.0.1:{samples}
    socket: pull
    mode: bind
    sampleRate: 100
    window: {{ length: 128, hop: 128 }}
output: {{ endpoint: "tcp://127.0.0.1:{results}", catchUp: {{ endpoint: "tcp://127.0.0.1:{catch_up}" }} }}
history: {{}}
security: {{ secretKey: server.key_secret, allowedClients: clients }}
"""
TIMEOUT_SECONDS = 60


def secure(each: zmq.Socket, server_key, keys):
    """Makes the socket that of the client `keys`; None: it stays in plaintext."""
    each.linger = 0
    if keys:
        each.curve_serverkey = server_key
        each.curve_publickey, each.curve_secretkey = keys


def snapshot(port, server_key, keys, seconds: float):
    """How many results the history gives out as the last ones, or None."""
    with zmq.Context.instance().socket(zmq.REQ) as request:
        secure(request, server_key, keys)
        request.connect(f"tcp://127.0.0.1:{port}")
        request.send(b"SNAP")
        return len(request.recv_multipart()) - 1 if request.poll(int(seconds * 1000)) else None


class Client:
    """A sender of samples and a subscriber, as the client `keys`; None: in plaintext."""

    def __init__(self, ports, server_key, keys):
        context = zmq.Context.instance()
        self.samples, self.results = context.socket(zmq.PUSH), context.socket(zmq.SUB)
        self.results.subscribe(b"")
        for each, port in zip((self.samples, self.results), ports):
            secure(each, server_key, keys)
            each.connect(f"tcp://127.0.0.1:{port}")

    def send(self, start: int):
        header = {"sig": 1, "source": "s", "dtype": "f4", "shape": [128, 1], "start": start}
        self.samples.send_multipart([json.dumps(header).encode(), np.zeros(128, np.float32).tobytes()])

    def receive(self, seconds: float):
        """The next message's topic and JSON, or None."""
        if not self.results.poll(int(seconds * 1000)):
            return None
        topic, body = self.results.recv_multipart()
        return topic.decode(), json.loads(body)

    def heartbeat(self, condition):
        """The first heartbeat's feed that satisfies `condition`."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            message = self.receive(1)
            if message and message[0] == "heartbeat/" and condition(message[1]["feeds"]["ecg"]):
                return message[1]["feeds"]["ecg"]
        raise AssertionError("no such heartbeat")

    def close(self):
        self.samples.close()
        self.results.close()


def check(daemon: Path, model: Path, folder: Path):
    keys = {}
    for name in ("server", "friend", "stranger"):
        _, secret_path = zmq.auth.create_certificates(folder, name)
        os.chmod(secret_path, 0o600)
        keys[name] = zmq.auth.load_certificate(secret_path)
    server_key = keys["server"][0]
    (folder / "clients").write_text(f"# who may connect\n{keys['friend'][0].decode()} the friend\n")
    ports, catch_up = (free_port(), free_port()), free_port()
    config = folder / "sigstreamd.yaml"
    config.write_text(CONFIGURATION.format(model=model, samples=ports[0], results=ports[1], catch_up=catch_up))
    with running(daemon, config) as (process, log):
        friend = Client(ports, server_key, keys["friend"])
        friend.heartbeat(lambda feed: True)
        friend.send(0)
        friend.heartbeat(lambda feed: feed["published"] == 1)
        assert snapshot(catch_up, server_key, keys["friend"], TIMEOUT_SECONDS) == 1
        for other in (keys["stranger"], None):
            assert snapshot(catch_up, server_key, other, 0.5) is None, "a client that is not allowed got the history"

        others = [Client(ports, server_key, keys["stranger"]), Client(ports, None, None)]
        for other in others:
            other.send(128)
        with socket.create_connection(("127.0.0.1", ports[0])) as noise:
            noise.sendall(os.urandom(4096))
            # libzmq drops who does not speak ZeroMQ without a word about it.
            feed = friend.heartbeat(lambda feed: feed["refused_connections"] >= 2)
        for other in others:
            assert other.receive(0.5) is None, "a client that is not allowed was served"
        assert feed["published"] == 1 and feed["reconnects"] == 0, feed
        others[1].close()

        # The stranger becomes a friend: the daemon reads the list anew.
        (folder / "clients").write_text("".join(f"{keys[n][0].decode()} {n}\n" for n in ("friend", "stranger")))
        # A client that was refused may stay away for good; a new one is let in.
        others[0].close()
        late = Client(ports, server_key, keys["stranger"])
        late.heartbeat(lambda feed: True)
        late.send(128)
        late.heartbeat(lambda feed: feed["published"] == 2)

        # A list that can't be read changes nothing.
        (folder / "clients").write_text("nonsense\n")
        later = Client(ports, server_key, keys["friend"])
        later.heartbeat(lambda feed: True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_SECONDS) == 0
        text = log.read_text()
        assert "refused a client whose key is not in" in text and keys["stranger"][0].decode() in text, text
        assert "the list of allowed clients stays as it was" in text, text
        assert keys["server"][1].decode() not in text, "the secret key was logged"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sigstreamd", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check(arguments.sigstreamd, arguments.model, Path(folder))
    print("ok")
