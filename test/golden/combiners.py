"""Golden values for the combiners that learn: what scikit-learn's classifiers answer on standardised columns.

Run with scikit-learn 1.9.1: python combiners.py > combiners.json
"""
import json
import warnings

import numpy as np
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

warnings.simplefilter("ignore", FutureWarning)
rng = np.random.default_rng(11)
FIT, HELD = 300, 60


def draw(samples):
    """Answers of two members of three labels each, and what is true: three labels, and one of four classes."""
    latent = rng.normal(size=(samples, 4))
    mixed = latent @ rng_mix + 0.7 * rng.normal(size=(samples, 6))
    columns = (1 / (1 + np.exp(-2 * mixed))).astype(np.float32)
    labels = (latent[:, :3] + 0.4 * rng.normal(size=(samples, 3)) > np.array([0.0, 0.5, -0.4])).astype(int)
    labels[:, 2] ^= (latent[:, 3] ** 2 > 1.5).astype(int)
    classes = np.argmax(latent + 0.3 * rng.normal(size=(samples, 4)), axis=1)
    return columns, labels, classes


rng_mix = rng.normal(size=(4, 6))
fit, held = draw(FIT), draw(HELD)


def degenerate(columns):
    """The same with a column that does not vary, and one that says what two others say together."""
    constant = np.full((len(columns), 1), 0.3, np.float32)
    return np.hstack([columns, constant, columns[:, :1] + columns[:, 1:2]]).astype(np.float32)


def answers(make, widen=lambda columns: columns, of="predict_proba"):
    scaler = StandardScaler().fit(widen(fit[0]).astype(np.float64))
    train, test = (scaler.transform(widen(x).astype(np.float64)) for x in (fit[0], held[0]))
    each = []
    for label in range(3):
        out = getattr(make().fit(train, fit[1][:, label]), of)(test)
        each.append(out[:, 1] if of == "predict_proba" else out)
    one = getattr(make().fit(train, fit[2]), of)(test)
    return {"labels": np.stack(each, 1).tolist(), "classes": one.tolist()}


def case(kind, options, make, **more):
    return {"kind": kind, "options": options, "degenerate": "widen" in more, **answers(make, **more)}


def steady(make):
    """The same trees whatever the order in which scikit-learn looks at the columns: no split was drawn by lot."""
    first, *others = [answers(lambda: make(seed)) for seed in range(6)]
    assert all(np.allclose(first[key], other[key], atol=1e-12) for other in others for key in first), "ties"
    return lambda: make(0)


lr = dict(tol=1e-12, max_iter=10000)
cases = [
    case("logistic-regression", {}, lambda: LogisticRegression(**lr)),
    case("logistic-regression", {"inversePenalty": 0.1}, lambda: LogisticRegression(C=0.1, **lr), widen=degenerate),
    case("lda", {}, LinearDiscriminantAnalysis),
    case("lda", {}, LinearDiscriminantAnalysis, widen=degenerate),
    case("qda", {"regularization": 0}, QuadraticDiscriminantAnalysis),
    case("qda", {"regularization": 0.1}, lambda: QuadraticDiscriminantAnalysis(reg_param=0.1), widen=degenerate),
    case("naive-bayes", {}, GaussianNB),
    case("naive-bayes", {"smoothing": 0.01}, lambda: GaussianNB(var_smoothing=0.01), widen=degenerate),
    case("decision-tree", {"depth": 3, "leaf": 25},
         steady(lambda s: DecisionTreeClassifier(max_depth=3, min_samples_leaf=25, random_state=s))),
    case("boosted-trees", {"trees": 25, "rate": 0.2, "depth": 2, "leaf": 5},
         steady(lambda s: GradientBoostingClassifier(n_estimators=25, learning_rate=0.2, max_depth=2,
                                                     min_samples_leaf=5, random_state=s))),
]

# SVC's probabilities hang on a random order of the samples: the values that they are made from do not.
decisions = []
for kernel, options in [("linear", {}), ("rbf", {}), ("rbf", {"gamma": 0.5, "cost": 3}),
                        ("rbf", {"cost": 0.001})]:
    settings = dict(kernel=kernel, gamma=options.get("gamma", "scale"), C=options.get("cost", 1), tol=1e-9)
    widen = degenerate if options else (lambda columns: columns)
    out = answers(lambda: SVC(**settings), widen=widen, of="decision_function")["labels"]
    decisions.append({"options": {"kernel": kernel, **options}, "degenerate": bool(options), "decisions": out})



def squares(kernel):
    """How far calibrated probabilities are from the truth, in the mean of squares."""
    out = answers(lambda: CalibratedClassifierCV(SVC(kernel=kernel), ensemble=False, cv=5))
    return {"labels": float(np.mean((np.array(out["labels"]) - held[1]) ** 2)),
            "classes": float(np.mean((np.array(out["classes"]) - np.eye(4)[held[2]]) ** 2))}


values = rng.normal(size=120) * 2
truth = (values + rng.normal(size=120) > 0.7).astype(int)
platt = _SigmoidCalibration().fit(values, truth)

listed = lambda rows: [[float(x) for x in row] for row in rows]
print(json.dumps({
    "fit": {"columns": listed(fit[0]), "labels": fit[1].tolist(), "classes": fit[2].tolist()},
    "held": {"columns": listed(held[0]), "labels": held[1].tolist(), "classes": held[2].tolist()},
    "degenerate": {"fit": listed(degenerate(fit[0])), "held": listed(degenerate(held[0]))},
    "cases": cases,
    "svm": decisions,
    "squares": {kernel: squares(kernel) for kernel in ("rbf", "linear")},
    "platt": {"values": values.tolist(), "truth": truth.tolist(), "slope": platt.a_, "offset": platt.b_},
}))
