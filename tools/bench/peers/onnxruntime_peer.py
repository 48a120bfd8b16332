"""ONNX Runtime: one call with all threads, or a call of one thread for each."""

import numpy as np
import onnxruntime

from peers import Job, Unavailable, batches
from peers.worker import concurrent_rate

CALIBRATION_BATCH = 8


class Peer:
    def __init__(self, job: Job):
        self.job = job
        if job.precision == "bf16":
            raise Unavailable("its CPU provider has no bfloat16 products or convolutions")

    def settings(self):
        for calls in sorted({1, self.job.threads}):
            for opset in self.job.onnx:
                yield {"calls": calls, "opset": opset}

    def runner(self, setting: dict):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = self.job.threads // setting["calls"]
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_free_dimension_override_by_name("batch", self.job.batch)
        path = self.quantised(setting["opset"]) if self.job.precision == "int8" else self.job.onnx[setting["opset"]]
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return Runner(session, setting["calls"], np.load(self.job.windows)[: self.job.batch])

    def quantised(self, opset: int):
        """Static quantisation to QDQ, per channel, unsigned activations, which is what VNNI multiplies; made once."""
        path = self.job.scratch / f"onnxruntime-int8-opset{opset}.onnx"
        if not path.exists():
            from onnxruntime.quantization import QuantFormat, QuantType, quantize_static, shape_inference

            prepared = self.job.scratch / f"onnxruntime-prepared-opset{opset}.onnx"
            shape_inference.quant_pre_process(self.job.onnx[opset], prepared, skip_symbolic_shape=True)
            quantize_static(
                prepared, path, CalibrationWindows(np.load(self.job.calibration)), quant_format=QuantFormat.QDQ,
                per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv", "MatMul", "Gemm"])  # fmt: skip
        return path


class CalibrationWindows:
    """What the quantiser reads: a batch a call, then None."""

    def __init__(self, windows: np.ndarray):
        self.batches = batches(windows, CALIBRATION_BATCH)

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"windows": batch}


class Runner:
    def __init__(self, session, calls: int, windows: np.ndarray):
        self.session, self.batch = session, len(windows)
        self.steps = [lambda: session.run(None, {"windows": windows})] * calls

    def rate(self, seconds: float) -> float:
        concurrent_rate(self.steps, self.batch, seconds / 4)
        return concurrent_rate(self.steps, self.batch, seconds)

    def logits(self, windows: np.ndarray) -> np.ndarray:
        parts = [self.session.run(["logits"], {"windows": b})[0] for b in batches(windows, self.batch)]
        return np.concatenate(parts)
