"""What a data scientist does with an MLflow client from before MLflow 3: models are files of runs, and there are no logged models."""

import math
import tempfile
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.models import infer_signature
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from support import post, refused, run_steps

assert mlflow.__version__.startswith("2."), mlflow.__version__
features, labels = make_classification(n_samples=120, n_features=6, random_state=7)
client = MlflowClient()
known = {}


def tracking():
    experiment = mlflow.set_experiment("version 2")
    with mlflow.start_run(run_name="first", tags={"kind": "manual"}, description="what it is") as run:
        mlflow.log_params({"depth": 3, "name": "größe"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"nan": math.nan, "auc": 0.9}, step=4)
        mlflow.set_tags({"a": "1", "b": ""})
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_metric("auc", 0.1)
    stored = client.get_run(run.info.run_id)
    assert stored.info.status == "FINISHED" and stored.data.params == {"depth": "3", "name": "größe"}
    assert stored.data.metrics["loss"] == 0.2 and math.isnan(stored.data.metrics["nan"]) and stored.data.tags["b"] == ""
    assert [point.step for point in client.get_metric_history(run.info.run_id, "loss")] == [0, 1, 2, 3, 4]
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_param(run.info.run_id, "depth", 4))
    client.log_batch(
        run.info.run_id, [Metric(f"m{index}", index, 1, 0) for index in range(900)], [Param("late", "1")], [RunTag("late", "1")]
    )
    assert client.get_run(run.info.run_id).data.metrics["m899"] == 899
    frame = mlflow.search_runs(filter_string="metrics.auc > 0.5 and params.depth = '3'", order_by=["metrics.auc DESC"])
    assert list(frame.run_id) == [run.info.run_id]
    page = client.search_runs([experiment.experiment_id], max_results=1)
    rest = client.search_runs([experiment.experiment_id], max_results=1, page_token=page.token)
    assert {page[0].info.run_name, rest[0].info.run_name} == {"first", "child"} and not rest.token
    client.delete_run(run.info.run_id)
    assert [each.info.run_id for each in client.search_runs([experiment.experiment_id], run_view_type=ViewType.DELETED_ONLY)] == [run.info.run_id]
    client.restore_run(run.info.run_id)
    known.update(run=run.info.run_id, experiment=experiment.experiment_id)


def background():
    with mlflow.start_run() as run:
        for step in range(300):
            mlflow.log_metric("loss", step, step=step, synchronous=False)
        mlflow.log_params({"a": "1"}, synchronous=False)
        mlflow.flush_async_logging()
    assert [point.step for point in client.get_metric_history(run.info.run_id, "loss")] == list(range(300))


def artifacts():
    with mlflow.start_run(run_id=known["run"]), tempfile.TemporaryDirectory() as folder:
        mlflow.log_text("hello", "notes/a file.txt")
        mlflow.log_dict({"a": [1, 2]}, "notes/data.json")
        Path(folder, "deep").mkdir()
        Path(folder, "deep", "weights.bin").write_bytes(b"w" * 500_000)
        mlflow.log_artifacts(folder, "files")
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(run_id=known["run"], dst_path=folder)
        assert Path(local, "files/deep/weights.bin").read_bytes() == b"w" * 500_000
    assert mlflow.artifacts.load_dict(f"runs:/{known['run']}/notes/data.json") == {"a": [1, 2]}
    assert {each.path for each in client.list_artifacts(known["run"], "files")} == {"files/deep"}


def inputs():
    dataset = mlflow.data.from_numpy(features, targets=labels, name="applications")
    with mlflow.start_run(run_id=known["run"]):
        mlflow.log_input(dataset, context="training")
    used = client.get_run(known["run"]).inputs.dataset_inputs
    assert [(each.dataset.name, each.tags[0].value) for each in used] == [("applications", "training")]


def models():
    model = LogisticRegression(max_iter=200).fit(features, labels)
    with mlflow.start_run(run_name="model") as run:
        info = mlflow.sklearn.log_model(
            model, "model", signature=infer_signature(features, labels), registered_model_name="version-2", metadata={"purpose": "test"}
        )
    assert info.model_uri == f"runs:/{run.info.run_id}/model"
    history = client.get_run(run.info.run_id).data.tags["mlflow.log-model.history"]
    assert info.model_uuid in history
    version = client.get_model_version("version-2", "1")
    assert (version.run_id, version.status) == (run.info.run_id, "READY")
    client.set_registered_model_alias("version-2", "champion", "1")
    for uri in (info.model_uri, "models:/version-2/1", "models:/version-2@champion", "models:/version-2/latest"):
        assert np.array_equal(mlflow.sklearn.load_model(uri).predict(features), model.predict(features)), uri
    assert np.array_equal(mlflow.pyfunc.load_model("models:/version-2@champion").predict(features), model.predict(features))
    assert mlflow.models.get_model_info("models:/version-2/1").signature == info.signature
    second = mlflow.register_model(info.model_uri, "version-2", tags={"a": "b"})
    assert (second.version, second.tags) == ("2", {"a": "b"})
    client.transition_model_version_stage("version-2", "2", "Staging")
    assert [each.version for each in client.get_latest_versions("version-2", ["Staging"])] == ["2"]
    copied = client.copy_model_version("models:/version-2/2", "version-2-live")
    assert np.array_equal(mlflow.sklearn.load_model(f"models:/version-2-live/{copied.version}").predict(features), model.predict(features))
    assert {each.version for each in client.search_model_versions("name = 'version-2'")} == {"1", "2"}
    client.delete_model_version("version-2", "2")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version("version-2", "2"))


def autologging():
    mlflow.sklearn.autolog()
    try:
        model = LogisticRegression(C=0.5, max_iter=200).fit(features, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    run = mlflow.last_active_run()
    assert run.data.params["C"] == "0.5" and "training_accuracy_score" in run.data.metrics
    assert np.array_equal(mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model").predict(features), model.predict(features))


def older_spellings():
    # Clients before 2.0 name a run by run_uuid alone.
    status, answer = post("runs/log-metric", {"run_uuid": known["run"], "key": "old", "value": 1, "timestamp": 5})
    assert (status, answer) == (200, {}), answer
    assert client.get_run(known["run"]).data.metrics["old"] == 1


if __name__ == "__main__":
    run_steps(globals())
