"""Recomputes result.json from the cached Parquet and the release's .mat files, with nothing of Actionnx.

python test/golden/recompute-result.py RESULT.json CACHE DATA   (numpy, h5py, pyarrow, scikit-learn)

Exits 1 where a rate differs by more than 1e-9, or something is in one place only.
"""

import json
import pathlib
import sys
import warnings

import h5py
import numpy as np
import pyarrow.parquet as pq
from sklearn import metrics

warnings.filterwarnings("ignore")
result_path, cache, data = map(pathlib.Path, sys.argv[1:4])
result = json.loads(result_path.read_text())
names = result["labels"]["names"]

actors = ["adult", "baby", "ball", "bird", "car", "cat", "dog"]
actions = ["climbing", "crawling", "eating", "flying", "jumping", "rolling", "running", "walking", "none"]
codes = [10 * (actors.index(a) + 1) + actions.index(b) + 1 for a, b in (name.split("-") for name in names)]

release = data / "Release" if (data / "Release").is_dir() else data
lists = next(folder for folder in (release / "list", data / "list") if folder.is_dir())
left_out = {sample["id"] for sample in result["broken"]}
ids = []
for line in (lists / f"{result['split']}.txt").read_text().split():
    video, frame = line.split("/")
    sample = f"{video}/{int(frame):05d}"
    if sample not in left_out:
        ids.append(sample)

truth = np.zeros((len(ids), len(names)), int)
for row, sample in enumerate(ids):
    with h5py.File(release / "Annotations" / "mat" / f"{sample}.mat") as file:
        present = set(np.unique(file["reS_id"][()]).astype(int))
    truth[row] = [code in present for code in codes]


def predictions(system):
    """The probabilities of a graph, from whichever shards the cache has of it."""
    found = {}
    for shard in sorted(cache.glob("*/*.parquet")):
        table = pq.read_table(shard)
        about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        if about["graph"] == system["graph"] and about["provider"] == system["provider"]:
            for sample, row in zip(table["sample_id"].to_pylist(), table["probabilities"].to_pylist()):
                found.setdefault(sample, row)
    return np.array([found[sample] for sample in ids], np.float32)


worst = 0.0


def check(what, ours, theirs):
    global worst
    undefined = theirs is None or np.isnan(theirs)
    if (ours is None) != undefined:
        sys.exit(f"{what}: {ours} in result.json, {theirs} recomputed")
    if ours is not None:
        worst = max(worst, abs(ours - theirs))
        if abs(ours - theirs) > 1e-9:
            sys.exit(f"{what}: {ours} in result.json, {theirs} recomputed")


def check_scores(name, scores, predicted):
    averaged = {"average": "samples", "zero_division": 0}
    check(f"{name} precision", scores["metrics"]["precision/samples"], metrics.precision_score(truth, predicted, **averaged))
    check(f"{name} recall", scores["metrics"]["recall/samples"], metrics.recall_score(truth, predicted, **averaged))
    check(f"{name} f1", scores["metrics"]["f1/samples"], metrics.f1_score(truth, predicted, **averaged))
    check(f"{name} exact match", scores["metrics"]["exact-match/samples"], metrics.accuracy_score(truth, predicted))
    check(f"{name} Hamming loss", scores["metrics"]["hamming-loss/samples"], metrics.hamming_loss(truth, predicted))
    columns = metrics.precision_recall_fscore_support(truth, predicted, average=None, zero_division=np.nan)
    for i, label in enumerate(scores["perLabel"]):
        if label["label"] != names[i]:
            sys.exit(f"{name}: {label['label']} where {names[i]} belongs")
        for field, column in zip(["precision", "recall", "f1", "support"], columns):
            check(f"{name} {names[i]} {field}", label[field], column[i])


if result["samples"] != len(ids):
    sys.exit(f"samples: {result['samples']} in result.json, {len(ids)} in the list")
members = [predictions(system) for system in result["systems"]]
for system, probabilities in zip(result["systems"], members):
    check_scores(system["name"], system, (probabilities >= np.float32(system["threshold"])).astype(int))
if result["ensemble"]:
    rule, stack = result["ensemble"]["rule"], np.stack(members)
    weights = np.array(result["ensemble"]["weights"] or [0] * len(members))[:, None, None]
    vote = (weights * (stack >= 0.5)).sum(0)
    mean = (weights * stack.astype(np.float64)).sum(0)
    combined = {"vote-average": (vote + mean) / 2, "mean": mean, "vote": vote, "maximum": stack.max(0)}[rule]
    check_scores("ensemble", result["ensemble"], (combined >= 0.5).astype(int))
constant = np.tile(np.isin(names, result["constant"]["labels"]).astype(int), (len(ids), 1))
check_scores("best constant", result["constant"], constant)
print(f"{len(ids)} samples, {len(members)} systems: all rates agree, largest difference {worst:.1e}")
