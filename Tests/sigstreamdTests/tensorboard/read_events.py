#!/usr/bin/env python3
"""Prints what TensorBoard's own reader finds in a folder of event files: a JSON object, tag to [[step, value], ...].

    python3 read_events.py FOLDER
"""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
tags = events.Tags()["scalars"]
print(json.dumps({tag: [[scalar.step, scalar.value] for scalar in events.Scalars(tag)] for tag in tags}))
