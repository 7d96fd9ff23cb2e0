"""What a data scientist does with the unmodified MLflow client, asserted step by step."""

import math
import os
import tempfile
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from support import refused, run_steps

features, labels = make_classification(n_samples=120, n_features=6, random_state=7)
client = MlflowClient()
known = {}


def experiments():
    experiment = mlflow.set_experiment("credit-risk")
    assert mlflow.set_experiment("credit-risk").experiment_id == experiment.experiment_id
    client.set_experiment_tag(experiment.experiment_id, "team", "risk")
    found = client.search_experiments(filter_string="tags.team = 'risk'")
    assert [each.name for each in found] == ["credit-risk"]
    other = client.create_experiment("scratch", tags={"a": "b"})
    client.rename_experiment(other, "scratch 2")
    client.delete_experiment(other)
    assert client.get_experiment(other).lifecycle_stage == "deleted"
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment("scratch 2"))
    client.restore_experiment(other)
    assert client.get_experiment_by_name("scratch 2").lifecycle_stage == "active"
    assert client.get_experiment_by_name("nowhere") is None
    assert client.get_experiment("0").name == "Default"
    known["experiment"] = experiment.experiment_id


def runs():
    with mlflow.start_run(run_name="first", tags={"kind": "manual"}, description="what it is") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "name": "größe"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.8, "nan": float("nan")}, step=4)
        mlflow.set_tag("tag", "value")
        with mlflow.start_run(nested=True, run_name="child"):
            mlflow.log_metric("auc", 0.1)
    stored = client.get_run(run.info.run_id)
    assert stored.info.status == "FINISHED" and stored.info.end_time >= stored.info.start_time
    assert stored.info.run_name == "first"
    assert stored.data.params == {"depth": "3", "rate": "0.1", "name": "größe"}
    assert stored.data.metrics["loss"] == 0.2 and math.isnan(stored.data.metrics["nan"])
    assert stored.data.tags["kind"] == "manual" and stored.data.tags["mlflow.note.content"] == "what it is"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]
    assert "Changing param values is not allowed" in refused(
        "INVALID_PARAMETER_VALUE", lambda: client.log_param(run.info.run_id, "depth", 4)
    )
    client.log_batch(
        run.info.run_id,
        metrics=[Metric(f"m{index}", index, 1, 0) for index in range(900)],
        params=[Param("late", "1")],
        tags=[RunTag("late", "1")],
    )
    assert client.get_run(run.info.run_id).data.metrics["m899"] == 899
    client.delete_tag(run.info.run_id, "tag")
    client.delete_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    client.restore_run(run.info.run_id)
    try:
        with mlflow.start_run(run_name="failing"):
            raise ValueError("stops")
    except ValueError:
        pass
    assert mlflow.last_active_run().info.status == "FAILED"
    known["run"] = run.info.run_id


def search():
    frame = mlflow.search_runs(filter_string="metrics.auc > 0.5 AND params.depth = '3'")
    assert list(frame.run_id) == [known["run"]]
    assert frame["metrics.loss"][0] == 0.2 and frame["params.rate"][0] == "0.1"
    ordered = client.search_runs([known["experiment"]], order_by=["metrics.auc DESC", "attributes.start_time"])
    assert [run.info.run_name for run in ordered] == ["first", "child", "failing"]
    page = client.search_runs([known["experiment"]], max_results=2)
    rest = client.search_runs([known["experiment"]], max_results=2, page_token=page.token)
    assert len(page) == 2 and len(rest) == 1 and not rest.token
    child = client.search_runs([known["experiment"]], f"tags.mlflow.parentRunId = '{known['run']}'")
    assert [run.info.run_name for run in child] == ["child"]
    assert not client.search_runs([known["experiment"]], run_view_type=ViewType.DELETED_ONLY)
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([known["experiment"]], "metrics.a > 1 OR metrics.b > 1"))


def artifacts():
    with mlflow.start_run(run_id=known["run"]):
        mlflow.log_text("hello", "notes/a file.txt")
        mlflow.log_dict({"a": [1, 2]}, "notes/data.json")
        mlflow.log_text("", "empty.txt")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "deep").mkdir()
            Path(folder, "deep", "weights.bin").write_bytes(os.urandom(3_000_000))
            Path(folder, "top.csv").write_text("x,y\n1,2\n")
            mlflow.log_artifacts(folder, "files")
            expected = Path(folder, "deep", "weights.bin").read_bytes()
    listed = {each.path: (each.is_dir, each.file_size) for each in client.list_artifacts(known["run"])}
    assert listed["notes"][0] and listed["files"][0] and not listed["empty.txt"][0], listed
    assert {each.path for each in client.list_artifacts(known["run"], "files")} == {"files/deep", "files/top.csv"}
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(run_id=known["run"], dst_path=folder)
        assert Path(local, "files/deep/weights.bin").read_bytes() == expected
        assert Path(local, "notes/a file.txt").read_text() == "hello"
    assert mlflow.artifacts.load_dict(f"runs:/{known['run']}/notes/data.json") == {"a": [1, 2]}


def inputs():
    dataset = mlflow.data.from_numpy(features, targets=labels, name="applications")
    with mlflow.start_run(run_id=known["run"]):
        mlflow.log_input(dataset, context="training")
    used = client.get_run(known["run"]).inputs.dataset_inputs
    assert [(each.dataset.name, each.tags[0].value) for each in used] == [("applications", "training")]
    assert client.search_runs([known["experiment"]], "datasets.name = 'applications'")


def log_model():
    with mlflow.start_run(run_name="model") as run:
        model = LogisticRegression(max_iter=200).fit(features, labels)
        mlflow.log_metric("auc", 0.9)
        info = mlflow.sklearn.log_model(model, name="model", input_example=features[:2], registered_model_name="credit-risk")
    assert str(info.registered_model_version) == "1"
    logged = mlflow.get_logged_model(info.model_id)
    assert str(logged.status) == "READY" and logged.source_run_id == run.info.run_id
    assert mlflow.search_logged_models(experiment_ids=[known["experiment"]], output_format="list")[0].model_id == info.model_id
    version = client.get_model_version("credit-risk", "1")
    assert version.run_id == run.info.run_id and version.status == "READY"
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [output.model_id for output in outputs] == [info.model_id]
    for uri in (info.model_uri, "models:/credit-risk/1", f"runs:/{run.info.run_id}/model"):
        assert np.array_equal(mlflow.sklearn.load_model(uri).predict(features), model.predict(features)), uri
    known.update(model=model, model_id=info.model_id, model_run=run.info.run_id)


def aliases():
    client.set_registered_model_alias("credit-risk", "champion", "1")
    assert client.get_model_version_by_alias("credit-risk", "champion").version == "1"
    loaded = mlflow.pyfunc.load_model("models:/credit-risk@champion")
    assert np.array_equal(loaded.predict(features), known["model"].predict(features))
    second = mlflow.register_model(f"models:/{known['model_id']}", "credit-risk")
    assert second.version == "2"
    client.set_registered_model_alias("credit-risk", "champion", "2")
    assert client.get_model_version_by_alias("credit-risk", "champion").version == "2"
    assert mlflow.sklearn.load_model("models:/credit-risk/latest") is not None
    client.delete_registered_model_alias("credit-risk", "champion")
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias("credit-risk", "champion"))
    assert [each.name for each in client.search_registered_models("name = 'credit-risk'")] == ["credit-risk"]
    assert {each.version for each in client.search_model_versions("name = 'credit-risk'")} == {"1", "2"}


def sealing():
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder, "MLmodel")
        changed.write_text("changed")
        try:
            client.log_model_artifact(known["model_id"], str(changed))
        except Exception as error:  # the artifact client raises an HTTP error of its own
            assert "409" in str(error) and "sealed" in str(error), error
        else:
            raise AssertionError("a sealed file was replaced")
    assert mlflow.sklearn.load_model("models:/credit-risk/1") is not None


def logged_models():
    model = mlflow.create_external_model(name="external", params={"size": "small"}, tags={"a": "b"}, model_type="agent")
    assert str(model.status) == "READY" and model.params == {"size": "small"}
    mlflow.set_logged_model_tags(model.model_id, {"c": "d"})
    mlflow.delete_logged_model_tag(model.model_id, "a")
    mlflow.log_model_params({"late": "1"}, model_id=model.model_id)
    with mlflow.start_run(run_name="evaluates"):
        dataset = mlflow.data.from_numpy(features, name="test")
        mlflow.log_metric("auc", 0.7, model_id=model.model_id, dataset=dataset)
    stored = mlflow.get_logged_model(model.model_id)
    assert stored.tags["c"] == "d" and "a" not in stored.tags
    assert stored.params == {"size": "small", "late": "1"}
    assert [(each.key, each.value, each.dataset_name) for each in stored.metrics] == [("auc", 0.7, "test")]
    best = mlflow.search_logged_models(
        experiment_ids=[known["experiment"]],
        filter_string="metrics.auc >= 0.7",
        order_by=[{"field_name": "metrics.auc", "ascending": True, "dataset_name": "test"}],
        output_format="list",
    )
    assert best[0].model_id == model.model_id
    client.delete_logged_model(model.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_logged_model(model.model_id))


def background():
    with mlflow.start_run(run_name="background") as run:
        for step in range(50):
            mlflow.log_metric("loss", step, step=step, synchronous=False)
        mlflow.log_params({"a": "1", "b": "2"}, synchronous=False)
        mlflow.set_tags({"x": "1", "y": ""}, synchronous=False)
        mlflow.flush_async_logging()
        mlflow.log_table({"question": ["a", "b"], "answer": [1, 2]}, "table.json")
        mlflow.log_table({"question": ["c"], "answer": [3]}, "table.json")
        mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "image.png")
    stored = client.get_run(run.info.run_id)
    assert stored.data.metrics["loss"] == 49 and stored.data.params == {"a": "1", "b": "2"} and stored.data.tags["y"] == ""
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 50
    assert len(mlflow.load_table("table.json", run_ids=[run.info.run_id])) == 3
    client.delete_run(run.info.run_id)


if __name__ == "__main__":
    run_steps(globals())
