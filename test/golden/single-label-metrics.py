"""Metrics of single-label predictions by scikit-learn, with ties in probability: single-label-metrics.json.

pip install scikit-learn numpy; python test/golden/single-label-metrics.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, top_k_accuracy_score

rng = np.random.default_rng(7)
cases = []
for samples, labels in [(60, 8), (40, 3), (25, 40)]:
    probabilities = rng.dirichlet(np.full(labels, 0.5), samples).astype(np.float32)
    truth = rng.integers(labels, size=samples)
    # The last label never occurs, and half of the samples are right.
    truth[truth == labels - 1] = 0
    truth[::2] = probabilities[::2].argmax(1)
    truth[truth == labels - 1] = 0
    predicted = probabilities.argmax(1)
    every = np.arange(labels)
    present = np.unique(truth)
    cases.append(
        {
            "samples": samples,
            "labels": labels,
            "probabilities": [float(p) for p in probabilities.ravel()],
            "truth": [int(t) for t in truth],
            "metrics": {
                "accuracy/top-1": top_k_accuracy_score(truth, probabilities, k=1, labels=every),
                "accuracy/top-5": 1.0
                if labels <= 5
                else top_k_accuracy_score(truth, probabilities, k=5, labels=every),
                # scikit-learn takes labels that are only predicted out of the mean, as we do.
                "accuracy/mean-class": balanced_accuracy_score(truth, predicted),
            },
            "confusion": confusion_matrix(truth, predicted, labels=every).tolist(),
        }
    )
    assert len(present) < labels
Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
