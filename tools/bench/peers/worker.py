"""An engine in a process of its own.

Thread pools of several engines in one process get in each other's way. Here each has its own process, pinned to as many
cores as it may use threads, that waits for its turn in a read: pools that spin after a run have ended that by the time
the next engine has warmed up.
"""

import importlib
import multiprocessing
import os
import sys
import threading
import time
import warnings

import numpy as np

from agreement import difference
from peers import MODULES, Job, Unavailable


class Worker:
    """The comparison's end of it."""

    def __init__(self, name: str, job: Job, trial_seconds: float):
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, name, job, trial_seconds), daemon=True)
        self.process.start()
        theirs.close()
        self.description = self.receive()  # {"unavailable": reason} or {"setting": …, "difference": …}

    @property
    def unavailable(self) -> str | None:
        return self.description.get("unavailable")

    def rate(self, seconds: float) -> float:
        self.connection.send(seconds)
        return self.receive()

    def receive(self):
        try:
            return self.connection.recv()
        except EOFError:
            self.process.join()
            sys.exit(f"{self.name}: its process ended with code {self.process.exitcode}")

    def close(self):
        self.connection.close()
        self.process.join(10)
        self.process.kill()


def serve(connection, name: str, job: Job, trial_seconds: float):
    """The engine's end: tries the settings, reports the best, then measures when asked to."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # progress bars and the like
    warnings.simplefilter("ignore")
    os.sched_setaffinity(0, job.cores)  # before any engine counts processors
    os.environ["OMP_NUM_THREADS"] = str(job.threads)
    try:
        peer = importlib.import_module(f"peers.{MODULES[name]}").Peer(job)
        runner, description = best_setting(peer, job, trial_seconds)
    except Unavailable as reason:
        connection.send({"unavailable": str(reason)})
        return
    except ImportError as error:
        connection.send({"unavailable": f"not installed ({error})"})
        return
    connection.send(description)
    while True:
        try:
            seconds = connection.recv()
        except EOFError:
            return
        connection.send(runner.rate(seconds))


def best_setting(peer, job: Job, trial_seconds: float):
    """The runner of the fastest setting among those that work and give the right answer."""
    windows, reference = np.load(job.windows), np.load(job.reference)
    runners, failures = [], []
    for setting in peer.settings():
        try:
            runner = peer.runner(setting)
            logits = runner.logits(windows)
            error = difference(logits, reference[: len(logits)], job.precision)
        except Exception as failure:  # whatever an engine throws at a setting that it can't take
            failures.append(f"{setting}: {failure}"[:2000])
        else:
            runners.append((setting, runner, error))
    if not runners:
        raise Unavailable("; ".join(failures) or "no setting for this")
    passes = [[runner.rate(trial_seconds) for _, runner, _ in runners] for _ in range(2)]
    rates = np.max(passes, axis=0)
    setting, runner, error = runners[int(np.argmax(rates))]
    trials = [{"setting": s, "windowsPerSecond": round(float(r), 1)} for (s, _, _), r in zip(runners, rates)]
    return runner, {"setting": setting, "difference": error, "trials": trials, "failures": failures}


def concurrent_rate(steps: list, windows_per_step: int, seconds: float) -> float:
    """Windows a second of the steps side by side, each repeated on a thread of its own until the time is up."""
    counts = [0] * len(steps)
    start = time.perf_counter()

    def repeat(index: int):
        while time.perf_counter() - start < seconds:
            steps[index]()
            counts[index] += 1

    threads = [threading.Thread(target=repeat, args=(index,)) for index in range(1, len(steps))]
    for thread in threads:
        thread.start()
    repeat(0)
    for thread in threads:
        thread.join()
    return sum(counts) * windows_per_step / (time.perf_counter() - start)
