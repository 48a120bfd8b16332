"""A daemon with `http:`: health, readiness and metrics, read by Prometheus's own parser (and promtool, where it is).

The counters have to be those of the heartbeat, the dashboard's queries have to name metrics that there are, and an address
that is taken has to be an error that names it.
"""

import argparse
import http.client
import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import zmq
from prometheus_client.parser import text_string_to_metric_families

from daemon import free_port, running

CONFIGURATION = """\
model: {model}
feeds:
  - {{ name: ecg, endpoint: "ipc://{folder}/samples", socket: pull, mode: bind, sampleRate: 100,
       window: {{ length: 128, hop: 128 }} }}
output: {{ endpoint: "ipc://{folder}/results" }}
http: {{ listen: "127.0.0.1:{port}" }}
record: {{ path: "{folder}/recordings" }}
"""
TIMEOUT_SECONDS = 60


def get(port: int, path: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def status_of(port: int, method: str) -> tuple[int, str]:
    """Status and body of `/metrics`, asked for by `method`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, "/metrics")
    response = connection.getresponse()
    return response.status, response.read().decode()


def wait_for(condition):
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            if value := condition():
                return value
        except OSError:
            pass  # nobody listens yet
        assert time.monotonic() < deadline, "the time was over"
        time.sleep(0.05)


def samples(text: str) -> dict:
    """Each sample's value by its name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def check_dashboard(path: Path, names: set[str]):
    """Every metric in a query is there."""
    queries = [target["expr"] for panel in json.loads(path.read_text())["panels"] for target in panel.get("targets", [])]
    asked = {name for query in queries for name in re.findall(r"\b(?:sigstreamd|process)_[a-z_]+", query)}
    assert len(queries) >= 8 and asked <= names, f"the dashboard asks for {asked - names}"


def check(daemon: Path, model: Path, dashboard: Path, folder: Path):
    port = free_port()
    config = folder / "sigstreamd.yaml"
    config.write_text(CONFIGURATION.format(model=model, folder=folder, port=port))
    context = zmq.Context.instance()
    sender, results = context.socket(zmq.PUSH), context.socket(zmq.SUB)
    sender.connect(f"ipc://{folder}/samples")
    results.subscribe(b"label/")
    results.connect(f"ipc://{folder}/results")
    with running(daemon, config) as (process, log):
        wait_for(lambda: get(port, "/readyz")[0] == 200)
        assert get(port, "/healthz")[::2] == (200, "alive\n")
        assert get(port, "/nothing")[0] == 404
        assert status_of(port, "HEAD") == (200, "") and status_of(port, "POST")[0] == 405
        refused = {k: v for k, v in samples(get(port, "/metrics")[2]).items() if "refused_messages" in k[0]}
        assert len(refused) == 10 and not any(refused.values()), refused

        header = {"sig": 1, "source": "s", "dtype": "float32", "shape": [640, 1], "start": 0}
        sender.send_multipart([json.dumps(header).encode(), np.zeros(640, np.float32).tobytes()])
        header |= {"start": 650}  # ten samples are missing
        sender.send_multipart([json.dumps(header).encode(), np.zeros(640, np.float32).tobytes()])
        sender.send_multipart([b"{", b""])
        outcome = ("sigstreamd_windows_total", ("feed", "ecg"), ("outcome", "published"))
        refusal = ("sigstreamd_input_refused_messages_total", ("feed", "ecg"), ("reason", "header"))
        wait_for(lambda: samples(get(port, "/metrics")[2]).get(refusal) == 1)
        values = wait_for(lambda: (v := samples(get(port, "/metrics")[2]))[outcome] >= 9 and v)
        status, kind, text = get(port, "/metrics")
        assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        ecg = ("feed", "ecg")
        assert values["sigstreamd_windows_formed_total", ecg] == values[outcome], values
        assert values["sigstreamd_input_samples_total", ecg] == 1280
        assert values["sigstreamd_input_lost_samples_total", ecg, ("reason", "missing")] == 10
        assert values["sigstreamd_window_age_seconds_count", ecg] == values[outcome]
        assert values["sigstreamd_stage_duration_seconds_count", ("stage", "classify")] >= 1
        assert values["sigstreamd_queue_windows", ecg] == 0
        assert values["sigstreamd_ready",] == 1
        assert 1 << 20 < values["process_resident_memory_bytes",] < 1 << 32
        if shutil.which("promtool"):
            subprocess.run(["promtool", "check", "metrics"], input=text.encode(), check=True)
        else:
            print("promtool is not installed: its check was left out")
        check_dashboard(dashboard, {name for name, *_ in values})

        second = folder / "second.yaml"
        second.write_text(config.read_text().replace("samples", "samples2").replace("results", "results2"))
        taken = subprocess.run([daemon, "run", "--config", second], capture_output=True, timeout=TIMEOUT_SECONDS)
        assert taken.returncode not in (0, 70) and f"127.0.0.1:{port}".encode() in taken.stderr, taken
        assert b"results" in taken.stderr or b"address" in taken.stderr, taken

        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_SECONDS) == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("sigstreamd", "model", "dashboard"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check(arguments.sigstreamd, arguments.model, arguments.dashboard, Path(folder))
    print("ok")
