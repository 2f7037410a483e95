"""Writes metrics.json: scikit-learn's scores and numpy's vote-plus-average ensemble on random matrices.

python test/golden/metrics.py > test/golden/metrics.json   (numpy, scikit-learn)
"""

import json
import warnings

import numpy as np
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")


def rates(values):
    return [None if np.isnan(value) else float(value) for value in values]


def case(seed, samples, labels, threshold, first_empty=0, ties=False):
    """The rows from `first_empty` on that are multiples of 5 and 7 from it have no prediction, or no truth."""
    rng = np.random.default_rng(seed)
    # Few decimals keep the file small; some rows of truth and of prediction are empty, some labels absent.
    probabilities = np.round(rng.random((samples, labels)), 3).astype(np.float32)
    truth = (rng.random((samples, labels)) < 0.25).astype(int)
    probabilities[first_empty::5] *= threshold * 0.9
    truth[first_empty::7] = 0
    truth[:, 1] = 0
    probabilities[:, 2] *= threshold * 0.9
    if ties:
        # A threshold that float32 holds exactly; of what lies on it some is true and some is not, the first and last too.
        tied = rng.random((samples, labels)) < 0.25
        tied[0, 0] = tied[-1, -1] = True
        probabilities[tied] = threshold
        truth[0, 0] = truth[-1, -1] = 1
        # All right: as many as are true, and no other.
        probabilities[1] = np.where(truth[1] == 1, threshold, 0.1)
    predicted = (probabilities >= np.float32(threshold)).astype(int)
    averaged = {"average": "samples", "zero_division": 0}
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, average=None, zero_division=np.nan
    )
    return {
        "samples": samples,
        "labels": labels,
        "threshold": threshold,
        "probabilities": [float(f"{p:.7g}") for p in probabilities.ravel()],
        "truth": truth.ravel().tolist(),
        "metrics": {
            "precision/samples": metrics.precision_score(truth, predicted, **averaged),
            "recall/samples": metrics.recall_score(truth, predicted, **averaged),
            "f1/samples": metrics.f1_score(truth, predicted, **averaged),
            "exact-match/samples": metrics.accuracy_score(truth, predicted),
            "hamming-loss/samples": metrics.hamming_loss(truth, predicted),
        },
        "perLabel": {
            "precision": rates(precision),
            "recall": rates(recall),
            "f1": rates(f1),
            "support": support.tolist(),
        },
    }


def ensemble(seed, systems, size):
    rng = np.random.default_rng(seed)
    members = np.round(rng.random((systems, size)), 4).astype(np.float32)
    members[0, :4] = 0.5
    f1s = np.round(rng.uniform(0.3, 0.7, systems), 3)
    weights = f1s / f1s.sum()
    exact = members.astype(np.float64)
    vote = (weights[:, None] * (members >= 0.5)).sum(0)
    mean = (weights[:, None] * exact).sum(0)
    return {
        "members": [[float(f"{p:.7g}") for p in member] for member in members],
        "f1s": f1s.tolist(),
        "weights": weights.tolist(),
        "combined": ((vote + mean) / 2).tolist(),
    }


print(
    json.dumps(
        {
            "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
            "cases": [
                *[case(1, 30, 9, 0.5), case(2, 40, 43, 0.5), case(3, 25, 5, 0.375), case(4, 1, 4, 0.5)],
                *[case(8, 20, 6, 0.5, 3, ties=True), case(9, 12, 43, 0.25, 2, ties=True), case(10, 2, 3, 0.5, 1, ties=True)],
            ],
            "ensembles": [ensemble(5, 3, 60), ensemble(6, 2, 30), ensemble(7, 5, 30)],
        }
    )
)
