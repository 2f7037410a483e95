"""How scikit-learn deals samples to folds: what stratified folds look like in numbers.

For each case: `labels` (and `groups`) of the samples and the number of folds `of`; of StratifiedKFold, for each label
how many samples of it the folds have, sorted, and the sizes of the folds, sorted; of StratifiedGroupKFold the largest
difference of a label's share in a fold from its share in all.

    python3 test/golden/folds.py > test/golden/folds.json
"""

import json

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

generator = np.random.default_rng(7)


def counts_of(labels, folds):
    return {
        str(label): sorted(int((labels[held] == label).sum()) for _, held in folds)
        for label in np.unique(labels)
    }


def spread_of(labels, folds):
    share = lambda part: np.array([(part == label).mean() for label in np.unique(labels)])
    return float(max(abs(share(labels[held]) - share(labels)).max() for _, held in folds))


single = []
for counts, of in [([25, 25, 25, 25], 10), ([100] * 40, 10), ([7, 11, 5], 5), ([40, 3, 3], 3), ([6, 6], 2)]:
    labels = generator.permutation(np.repeat(np.arange(len(counts)), counts))
    folds = list(StratifiedKFold(of, shuffle=True, random_state=1).split(labels, labels))
    sizes = sorted(len(held) for _, held in folds)
    single.append({"labels": labels.tolist(), "of": of, "counts": counts_of(labels, folds), "sizes": sizes})

grouped = []
for groups_of_each, largest, of in [(12, 5, 4), (20, 3, 5), (9, 8, 3)]:
    labels, groups = [], []
    for label in range(3):
        for group in range(groups_of_each):
            size = int(generator.integers(1, largest + 1))
            labels += [label] * size
            groups += [f"{label}-{group}"] * size
    labels = np.array(labels)
    spreads = [
        spread_of(labels, list(StratifiedGroupKFold(of, shuffle=True, random_state=seed).split(labels, labels, groups)))
        for seed in range(20)
    ]
    grouped.append({"labels": labels.tolist(), "groups": groups, "of": of, "largestSpread": max(spreads)})

print(json.dumps({"scikit-learn": sklearn.__version__, "single": single, "grouped": grouped}))
