"""OpenVINO: asynchronous requests on one stream of all threads, or on a stream for each thread."""

import logging
import time

import numpy as np
import openvino

from peers import Job, batches

CALIBRATION_BATCH = 8


class Peer:
    def __init__(self, job: Job):
        self.job = job
        self.core = openvino.Core()
        self.models = {opset: self.read(opset) for opset in job.onnx}

    def read(self, opset: int):
        model = self.quantised(opset) if self.job.precision == "int8" else self.core.read_model(self.job.onnx[opset])
        shape = model.input("windows").partial_shape
        model.reshape({"windows": [self.job.batch, shape[1].get_length(), shape[2].get_length()]})
        return model

    def quantised(self, opset: int):
        """NNCF's post-training quantisation, made once. Its scheme for Transformers leaves the element-wise operators
        alone; the default one quantises the inside of a spelt-out mish too, and with it loses all accuracy."""
        path = self.job.scratch / f"openvino-int8-opset{opset}.xml"
        if not path.exists():
            import nncf

            nncf.set_log_level(logging.ERROR)
            windows = list(batches(np.load(self.job.calibration), CALIBRATION_BATCH))
            dataset = nncf.Dataset(windows, lambda batch: {"windows": batch})
            model = nncf.quantize(
                self.core.read_model(self.job.onnx[opset]), dataset, subset_size=len(windows),
                model_type=nncf.ModelType.TRANSFORMER)  # fmt: skip
            openvino.save_model(model, path, compress_to_fp16=False)
        return self.core.read_model(path)

    def settings(self):
        # What int8 leaves in floating point runs in bf16 by default where the processor has it: both are tried.
        hints = {"float32": ["f32"], "bf16": ["bf16"], "int8": ["f32", "bf16"]}[self.job.precision]
        capabilities = self.core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        for hint in hints:
            if hint == "bf16" and "BF16" not in capabilities:
                continue
            for streams in sorted({1, self.job.threads}):
                for opset in self.models:
                    for snippets in ["ENABLE", "DISABLE"]:
                        yield {"hint": hint, "streams": streams, "opset": opset, "snippets": snippets}

    def runner(self, setting: dict):
        configuration = {
            "INFERENCE_PRECISION_HINT": setting["hint"],
            "INFERENCE_NUM_THREADS": self.job.threads,
            "NUM_STREAMS": setting["streams"],
            "ENABLE_CPU_PINNING": False,  # the process is pinned
        }
        if setting["snippets"] == "DISABLE":
            configuration["SNIPPETS_MODE"] = "DISABLE"
        compiled = self.core.compile_model(self.models[setting["opset"]], "CPU", configuration)
        return Runner(compiled, setting["streams"], np.load(self.job.windows)[: self.job.batch])


class Runner:
    def __init__(self, compiled, streams: int, windows: np.ndarray):
        self.compiled, self.batch = compiled, len(windows)
        self.queue = openvino.AsyncInferQueue(compiled, streams + 1)  # one waits while the others run
        for request in self.queue:
            request.get_input_tensor().data[:] = windows

    def rate(self, seconds: float) -> float:
        self.repeat(seconds / 4)
        start = time.perf_counter()
        runs = self.repeat(seconds)
        return runs * self.batch / (time.perf_counter() - start)

    def repeat(self, seconds: float) -> int:
        start, runs = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            self.queue.start_async()
            runs += 1
        self.queue.wait_all()
        return runs

    def logits(self, windows: np.ndarray) -> np.ndarray:
        request = self.compiled.create_infer_request()
        return np.concatenate([request.infer({"windows": b})["logits"].copy() for b in batches(windows, self.batch)])
