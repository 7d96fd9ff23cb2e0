"""Autologging as its users meet it: one call, then a fit; what landed on the server is read back, and the model predicts again."""

import math

import lightgbm
import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from support import run_steps

features, labels = make_classification(n_samples=160, n_features=5, random_state=11)
client = MlflowClient()
experiment = mlflow.set_experiment("autologging").experiment_id


def logged_model(run):
    """The one model of a run, with a signature and ready to load."""
    models = mlflow.search_logged_models([experiment], filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")
    assert len(models) == 1 and str(models[0].status) == "READY", models
    assert mlflow.models.get_model_info(models[0].model_uri).signature.inputs
    assert [output.model_id for output in client.get_run(run.info.run_id).outputs.model_outputs] == [models[0].model_id]
    return models[0]


def scikit_learn():
    mlflow.sklearn.autolog(log_datasets=True)
    try:
        model = LogisticRegression(C=0.5, max_iter=200).fit(features, labels)
        score = model.score(features, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    run = mlflow.last_active_run()
    assert run.data.params["C"] == "0.5" and run.info.status == "FINISHED"
    assert abs(run.data.metrics["training_accuracy_score"] - score) < 1e-12
    assert [each.dataset.name for each in run.inputs.dataset_inputs] == ["dataset"] * len(run.inputs.dataset_inputs)
    assert {"estimator.html", "training_confusion_matrix.png"} <= {each.path for each in client.list_artifacts(run.info.run_id)}
    stored = logged_model(run)
    assert {metric.key for metric in stored.metrics} >= {"training_accuracy_score", "training_f1_score"}
    assert stored.params["C"] == "0.5"
    assert np.array_equal(mlflow.sklearn.load_model(stored.model_uri).predict(features), model.predict(features))


def grid_search():
    mlflow.sklearn.autolog(max_tuning_runs=None, log_models=False)
    try:
        GridSearchCV(LogisticRegression(max_iter=200), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(features, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    parent = mlflow.last_active_run()
    assert parent.data.params["best_C"] and "best_cv_score" in parent.data.metrics
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.C"])
    assert [run.data.params["C"] for run in children] == ["0.1", "1.0", "10.0"]
    assert max(run.data.metrics["mean_test_score"] for run in children) == parent.data.metrics["best_cv_score"]


def lightgbm_booster():
    mlflow.lightgbm.autolog(log_input_examples=True)
    evaluations = {}
    try:
        booster = lightgbm.train(
            {"objective": "binary", "num_leaves": 4, "metric": ["binary_logloss", "auc"], "verbose": -1, "num_threads": 1},
            lightgbm.Dataset(features, labels),
            num_boost_round=12,
            valid_sets=[lightgbm.Dataset(features, labels)],
            valid_names=["train"],
            callbacks=[lightgbm.record_evaluation(evaluations)],
        )
    finally:
        mlflow.lightgbm.autolog(disable=True)
    run = mlflow.last_active_run()
    assert run.data.params["num_leaves"] == "4" and run.data.params["num_boost_round"] == "12"
    history = client.get_metric_history(run.info.run_id, "train-binary_logloss")
    assert [point.step for point in history] == list(range(12))
    assert np.allclose([point.value for point in history], evaluations["train"]["binary_logloss"])
    assert {"feature_importance_split.png", "feature_importance_gain.json"} <= {each.path for each in client.list_artifacts(run.info.run_id)}
    stored = logged_model(run)
    assert np.allclose(mlflow.lightgbm.load_model(stored.model_uri).predict(features), booster.predict(features))
    version = mlflow.register_model(stored.model_uri, "booster")
    client.set_registered_model_alias("booster", "champion", version.version)
    assert np.allclose(mlflow.pyfunc.load_model("models:/booster@champion").predict(features), booster.predict(features))


def keras_network():
    import keras

    keras.utils.set_random_seed(5)
    mlflow.keras.autolog(log_datasets=False)
    try:
        network = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
        network.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        fitted = network.fit(features, labels, epochs=6, batch_size=32, validation_split=0.25, verbose=0)
    finally:
        mlflow.keras.autolog(disable=True)
    run = mlflow.last_active_run()
    assert run.info.status == "FINISHED" and run.data.params["epochs"] == "6" and run.data.params["batch_size"] == "32"
    for name in ("loss", "val_loss"):
        history = client.get_metric_history(run.info.run_id, name)
        assert [point.step for point in history] == list(range(6)), (name, history)
        assert all(math.isclose(point.value, value, rel_tol=1e-6) for point, value in zip(history, fitted.history[name], strict=True))
    assert "model_summary.txt" in {each.path for each in client.list_artifacts(run.info.run_id)}
    loaded = mlflow.keras.load_model(logged_model(run).model_uri)
    assert np.allclose(loaded.predict(features, verbose=0), network.predict(features, verbose=0), atol=1e-6)


if __name__ == "__main__":
    run_steps(globals())
