"""Whether two engines compute the same."""

import numpy as np

FLOAT32_TOLERANCE = 1e-4
# A model that errs more at lower precision has lost what it knew; its speed is worth nothing.
RELATIVE_TOLERANCE = {"bf16": 0.1, "int8": 0.3}


def difference(logits: np.ndarray, reference: np.ndarray, precision: str) -> dict:
    """How far logits [N, K] are from those in float32, `relative` to how these spread over the windows.

    Raises ArithmeticError where that is too far to be the same computation.
    """
    largest = float(np.abs(logits - reference).max())
    relative = float(np.linalg.norm(logits - reference) / np.linalg.norm(reference - reference.mean(axis=0)))
    same = largest <= FLOAT32_TOLERANCE if precision == "float32" else relative <= RELATIVE_TOLERANCE[precision]
    if not same:
        raise ArithmeticError(f"logits differ by {largest:.2g} at the most, by {relative:.0%} of their spread")
    same_label = float((logits.argmax(axis=1) == reference.argmax(axis=1)).mean())
    return {"largest": largest, "relative": relative, "sameLabel": same_label}
