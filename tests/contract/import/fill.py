"""Fills a stock MLflow server with one of everything that an import carries."""

import os
import pathlib
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri, uri)
folder = pathlib.Path(tempfile.mkdtemp())

experiment = client.create_experiment("credit risk", tags={"team": "lending", "mlflow.note.content": "a note"})
gone = client.create_experiment("given up")
client.create_run(gone)
client.delete_experiment(gone)

runs = []
for number in range(6):
    run = client.create_run(
        experiment,
        start_time=1_700_000_000_000 + number,
        run_name=f"run {number}",
        tags={"mlflow.user": "ada", "purpose": "import"},
    )
    client.log_batch(
        run.info.run_id,
        metrics=[Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(900)],
        params=[Param("depth", str(number)), Param("empty", "")],
        tags=[RunTag("extra", "ü")],
    )
    client.log_metric(run.info.run_id, "odd", float("nan"), 1_700_000_000_000, 0)
    client.log_metric(run.info.run_id, "huge", float("inf"), 1_700_000_000_000, 0)
    client.log_metric(run.info.run_id, "back", 2.0, 1_700_000_000_000, -3)
    runs.append(run.info.run_id)
for start in range(0, 30_000, 1000):
    client.log_batch(
        runs[0],
        metrics=[Metric("long", (step * 7919 % 1000) / 3, 1_700_000_000_000 + step * 10, step) for step in range(start, start + 1000)],
    )

files = folder / "files"
(files / "deep" / "er").mkdir(parents=True)
(files / "a file ü.txt").write_text("bytes")
(files / "empty.txt").write_text("")
(files / "deep" / "er" / "data.bin").write_bytes(os.urandom(300_000))
client.log_artifacts(runs[0], str(files))

with mlflow.start_run(run_id=runs[1]):
    import numpy

    dataset = mlflow.data.from_numpy(numpy.arange(6.0).reshape(3, 2), source="http://data.example/a.csv", name="applicants")
    mlflow.log_input(dataset, context="training")

for run_id, status in zip(runs, ["FINISHED", "FAILED", "KILLED", "FINISHED", "FINISHED"]):
    client.set_terminated(run_id, status, end_time=1_700_000_100_000)
client.delete_run(runs[3])

model_folder = folder / "model"
model_folder.mkdir()
(model_folder / "MLmodel").write_text("flavors: {}\n")
(model_folder / "weights.bin").write_bytes(os.urandom(50_000))
model = client.create_logged_model(
    experiment, name="scorer", source_run_id=runs[0], params={"alpha": "0.1"}, tags={"kind": "tree"}, model_type="classifier"
)
client.log_model_artifacts(model.model_id, str(model_folder))
client.finalize_logged_model(model.model_id, "READY")
client.log_metric(runs[0], "auc", 0.8, 1_700_000_000_000, 1, model_id=model.model_id)
client.log_outputs(runs[0], [mlflow.entities.LoggedModelOutput(model.model_id, 4)])

client.log_artifacts(runs[4], str(model_folder), "model")
client.create_registered_model("credit-risk", tags={"owner": "lending"}, description="who pays back")
client.create_model_version("credit-risk", f"models:/{model.model_id}", runs[0], model_id=model.model_id, description="first")
client.create_model_version("credit-risk", f"runs:/{runs[4]}/model", runs[4], tags={"data": "2023"})
source = client.get_run(runs[4]).info.artifact_uri + "/model"
client.create_model_version("credit-risk", source, runs[4])
client.create_model_version("credit-risk", f"runs:/{runs[4]}/model", runs[4])
client.delete_model_version("credit-risk", "4")
client.create_model_version("credit-risk", f"runs:/{runs[4]}/model", runs[4])
client.set_registered_model_alias("credit-risk", "champion", "1")
client.set_registered_model_alias("credit-risk", "challenger", "5")
client.transition_model_version_stage("credit-risk", "2", "Staging")
client.create_registered_model("it's another")

import mlflow.genai

mlflow.genai.register_prompt("greeting", "Hello {{name}}")
print("filled")
