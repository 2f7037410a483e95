"""Derives the table in src/datasets/synth/label-sets.ts from `newVideoSet.csv` (`img_id,label,usage`).

Counts, over the annotated frames of the official A2D training videos (usage 0), the sets of one to four valid labels
that occur; sets seen in fewer than three frames are left out. Prints `codes:frames`, most frequent first.

    python3 a2d-label-sets.py newVideoSet.csv
"""

import csv
import sys
import textwrap
from collections import Counter

INVALID = {14, 23, 24, 25, 27, 31, 32, 33, 37, 38, 42, 47, 51, 52, 53, 58, 62, 64, 71, 74}

counts = Counter()
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        codes = {int(float(code)) for code in row["label"].split()}
        codes = tuple(sorted(code for code in codes if 11 <= code <= 79 and code % 10 and code not in INVALID))
        if row["usage"] == "0" and 1 <= len(codes) <= 4:
            counts[codes] += 1

entries = sorted(((n, codes) for codes, n in counts.items() if n >= 3), key=lambda e: (-e[0], e[1]))
print(textwrap.fill(" ".join(f"{'+'.join(map(str, codes))}:{n}" for n, codes in entries), 106))
