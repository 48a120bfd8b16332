"""Makes a POD5 file, has blue-crab make BLOW5 of it, as docs/formats.md says, and `sigstreamd convert` read each read.

Compares with what was put into the file, in picoampere: (raw + offset) * scale, as POD5's calibration has it.
"""

import argparse
import datetime
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import numpy as np
import pod5

READS, SAMPLES, OFFSET, SCALE, RATE = 3, 5000, -243.0, 0.1755, 4000


def write(path: Path) -> dict[uuid.UUID, np.ndarray]:
    """The raw samples of the reads by their ids."""
    generator = np.random.default_rng(1)
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    run = pod5.RunInfo(
        acquisition_id="a", acquisition_start_time=start, adc_max=4095, adc_min=-4096, context_tags={"sample_frequency": str(RATE)},
        experiment_name="", flow_cell_id="", flow_cell_product_code="", protocol_name="", protocol_run_id="",
        protocol_start_time=start, sample_id="", sample_rate=RATE, sequencing_kit="", sequencer_position="",
        sequencer_position_type="", software="", system_name="", system_type="", tracking_id={})  # fmt: skip
    reads = {uuid.UUID(int=number + 1): generator.integers(-4096, 4095, SAMPLES, np.int16) for number in range(READS)}
    with pod5.Writer(path) as writer:
        for number, (read_id, raw) in enumerate(reads.items()):
            reason = pod5.EndReason(pod5.EndReasonEnum.SIGNAL_POSITIVE, False)
            writer.add_read(pod5.Read(
                read_id=read_id, pore=pod5.Pore(channel=number + 1, well=1, pore_type="not_set"),
                calibration=pod5.Calibration(offset=OFFSET, scale=SCALE), read_number=number, start_sample=0,
                median_before=0.0, end_reason=reason, run_info=run, signal=raw))  # fmt: skip
    return reads


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sigstreamd", type=Path, required=True)
    sigstreamd = parser.parse_args().sigstreamd
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reads = write(folder / "reads.pod5")
        blue_crab = Path(sys.executable).parent / "blue-crab"
        subprocess.run([blue_crab, "p2s", "reads.pod5", "-o", "reads.blow5"], cwd=folder, check=True)
        for read_id, raw in reads.items():
            subprocess.run([sigstreamd, "convert", f"reads.blow5:{read_id}", "read.npy"], cwd=folder, check=True)
            found, expected = np.load(folder / "read.npy")[:, 0], (raw + OFFSET) * SCALE
            assert len(found) == SAMPLES
            # BLOW5 stores the calibration as range / digitisation: float32's rounding, and some.
            np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)
            (folder / "read.npy").unlink()
    print("ok")


if __name__ == "__main__":
    main()
