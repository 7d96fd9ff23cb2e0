"""Writes classification.json: metrics of seeded inputs as scikit-learn computes them.

Run: python make-golden.py > classification.json   (scikit-learn 1.x, numpy 1.26 or newer)
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (accuracy_score, balanced_accuracy_score, brier_score_loss, f1_score, log_loss,
                             precision_score, recall_score, roc_auc_score)
from sklearn.preprocessing import StandardScaler


def case(name, labels, scores):
    labels, scores = np.asarray(labels), np.asarray(scores)
    decided = (scores >= 0.5).astype(int)
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], scores)
    positive_rate, mean_score = calibration_curve(labels, scores, n_bins=10, strategy="uniform")
    ece = sum(np.mean(bins == b) * abs(scores[bins == b].mean() - labels[bins == b].mean()) for b in set(bins))
    return {
        "name": name, "labels": labels.tolist(), "scores": scores.tolist(),
        "auc": roc_auc_score(labels, scores), "accuracy": accuracy_score(labels, decided),
        "logLoss": log_loss(labels, scores), "brier": brier_score_loss(labels, scores),
        "precision": precision_score(labels, decided), "recall": recall_score(labels, decided),
        "f1": f1_score(labels, decided), "balancedAccuracy": balanced_accuracy_score(labels, decided),
        "calibration": {"positiveRate": positive_rate.tolist(), "meanScore": mean_score.tolist()}, "ece": float(ece),
    }


def main():
    rng = np.random.default_rng(20240611)
    labels = (rng.random(300) < 0.3).astype(int)
    smooth = np.clip(rng.normal(0.35 + 0.2 * labels, 0.2), 0, 1)
    values = rng.normal(40, 12, 50).round(3)
    scaler = StandardScaler().fit(values.reshape(-1, 1))
    json.dump({
        "madeBy": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "cases": [
            case("continuous scores, some exactly 0 or 1", labels, smooth),
            case("heavily tied scores on bin edges", labels, np.round(smooth, 1)),
            case("four rows", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
        ],
        "standardise": {"values": values.tolist(), "mean": scaler.mean_[0], "scale": scaler.scale_[0],
                        "median": float(np.median(values)),
                        "transformed": scaler.transform(values.reshape(-1, 1)).ravel().tolist()},
        "quantiles": {str(q): float(np.quantile(values, q)) for q in (0.025, 0.5, 0.975)},
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
