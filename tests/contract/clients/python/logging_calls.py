"""Every way in which the MLflow client logs, and reads back what it logged."""

import json
import math
import tempfile
import threading
import time
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag, ViewType
from mlflow.exceptions import MlflowException
from support import post, refused, run_steps

client = MlflowClient()
experiment = mlflow.set_experiment("logging").experiment_id
mlflow.disable_system_metrics_logging()


def paths(run_id, folder=None):
    return {each.path for each in client.list_artifacts(run_id, folder)}


def fluent_files():
    with mlflow.start_run(run_name="files", log_system_metrics=False) as run:
        figure, axes = plt.subplots()
        axes.plot([1, 2, 3])
        mlflow.log_figure(figure, "plots/curve.png")
        mlflow.log_image(np.full((8, 8, 3), 127, dtype=np.uint8), "images/grey.png")
        mlflow.log_image(np.full((8, 8), 0.5), key="validation", step=3)
        mlflow.log_text("größer\n", "texts/ä ö & 100%.txt")
        mlflow.log_dict({"a": [1, None]}, "texts/data.json")
        mlflow.log_dict({"a": [1, None]}, "texts/data.yaml")
        assert mlflow.get_artifact_uri("texts").endswith("/artifacts/texts")
    stored = client.get_run(run.info.run_id)
    assert not [key for key in stored.data.metrics if key.startswith("system/")]
    assert stored.data.tags["mlflow.user"] and stored.data.tags["mlflow.source.type"] == "LOCAL"
    assert {"plots/curve.png"} <= paths(run.info.run_id, "plots")
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/texts/ä ö & 100%.txt") == "größer\n"
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/texts/data.json") == {"a": [1, None]}
    assert mlflow.artifacts.load_image(f"{run.info.artifact_uri}/images/grey.png").size == (8, 8)
    assert len([path for path in paths(run.info.run_id, "images") if "validation%step%3" in path or "validation+step+3" in path]) == 2


def tables():
    with mlflow.start_run(run_name="tables") as run:
        mlflow.log_table(pd.DataFrame({"question": ["a", "b"], "score": [0.5, math.nan]}), "evaluation/table.json")
        mlflow.log_table({"question": ["c"], "score": [1.0]}, "evaluation/table.json")
    table = mlflow.load_table("evaluation/table.json", run_ids=[run.info.run_id], extra_columns=["run_id"])
    assert list(table["question"]) == ["a", "b", "c"] and set(table["run_id"]) == {run.info.run_id}
    assert json.loads(client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]) == [
        {"path": "evaluation/table.json", "type": "table"}
    ]


def nested_runs():
    with mlflow.start_run(run_name="parent") as parent:
        for depth in range(3):
            with mlflow.start_run(run_name=f"child {depth}", nested=True) as child:
                mlflow.log_param("depth", depth)
                with mlflow.start_run(run_name="leaf", nested=True):
                    mlflow.log_metric("depth", depth)
        assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    of_parent = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.depth ASC"])
    assert list(of_parent["tags.mlflow.runName"]) == ["child 0", "child 1", "child 2"]
    assert mlflow.get_parent_run(parent.info.run_id) is None
    with mlflow.start_run(run_id=parent.info.run_id):
        mlflow.set_tag("again", "opened")
    assert client.get_run(parent.info.run_id).data.tags["again"] == "opened"


def batches():
    run = client.create_run(experiment).info.run_id
    now = int(time.time() * 1000)
    client.log_batch(
        run,
        [Metric(f"m/{index % 50}", float(index), now + index, index) for index in range(800)],
        [Param(f"p{index}", str(index)) for index in range(100)],
        [RunTag(f"t{index}", str(index)) for index in range(100)],
    )
    client.log_batch(run, [Metric("a", float(index), now, index) for index in range(1000)])
    client.log_batch(run, [Metric("b", 1.0, now, index) for index in range(1001)])  # the client splits it
    assert len(client.get_metric_history(run, "b")) == 1001
    for field, count, message in (("metrics", 1001, "at most 1000 metrics"), ("params", 101, "at most 100 params"), ("tags", 101, "at most 100 tags")):
        entries = [{"key": f"k{index}", "value": "1", "timestamp": now} for index in range(count)]
        status, answer = post("runs/log-batch", {"run_id": run, field: entries})
        assert status == 400 and message in answer["message"], answer
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_batch(run, params=[Param("twice", "1"), Param("twice", "2")]))
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_batch(run, metrics=[Metric("ok", 1.0, now, 0)], params=[Param("p1", "other")]))
    with mlflow.start_run(run_id=run):  # the fluent calls split what is too large for one request
        mlflow.log_params({f"fluent{index}": index for index in range(150)})
        mlflow.log_metrics({f"fluent{index}": index for index in range(1200)}, step=1)
    stored = client.get_run(run).data
    assert len(stored.params) == 250 and len(stored.metrics) == 50 + 2 + 1200 and "ok" not in stored.metrics
    assert stored.tags["t99"] == "99"
    assert len(client.get_metric_history(run, "a")) == 1000
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run, "//bad", 1.0))
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run, "k" * 251, 1.0))
    client.log_param(run, "long", "x" * 7000)
    assert len(client.get_run(run).data.params["long"]) == 6000  # what is longer is cut, as the client and the server both do


def histories():
    run = client.create_run(experiment).info.run_id
    for value in (math.nan, math.inf, -math.inf, 1e-300, -0.0):
        client.log_metric(run, "odd", value, timestamp=1_000, step=-5)
    client.log_metric(run, "odd", 1e-300, timestamp=1_000, step=-5)
    points = client.get_metric_history(run, "odd")
    values = [point.value for point in points]
    # MLflow keeps infinities as the largest doubles
    assert len([value for value in values if math.isnan(value)]) == 1 and 1.7976931348623157e308 in values and 1e-300 in values
    assert len(values) == 5 and {(point.step, point.timestamp) for point in points} == {(-5, 1_000)}
    for step in (3, 1, 2):
        client.log_metric(run, "order", float(step), timestamp=5_000 - step, step=step)
    assert client.get_run(run).data.metrics["order"] == 3.0
    assert [point.step for point in client.get_metric_history(run, "order")] == [3, 2, 1]
    page = client.get_metric_history(run, "order")
    assert page and client.get_metric_history(run, "never") == []
    client.log_batch(run, [Metric("long", 1.0 / (1 + step), 1_000 + step, step) for step in range(1000)])
    assert [point.step for point in client.get_metric_history(run, "long")] == list(range(1000))


def paging():
    other = client.create_experiment("paging")
    for index in range(25):
        run = client.create_run(other, run_name=f"run {index}", start_time=1_000 + index, tags={"index": str(index)}).info.run_id
        client.log_param(run, "parity", "even" if index % 2 == 0 else "odd")
        if index % 5:
            client.log_metric(run, "score", math.nan if index % 5 == 1 else index)
    for order in ([], ["metrics.score DESC"], ["metrics.score ASC", "tags.index"], ["params.parity", "attributes.start_time ASC"]):
        whole = [run.info.run_id for run in client.search_runs([other], order_by=order)]
        read, token = [], None
        while True:
            page = client.search_runs([other], order_by=order, max_results=7, page_token=token)
            read += [run.info.run_id for run in page]
            token = page.token
            if not token:
                break
        assert read == whole and len(set(read)) == 25, order
    names = [run.info.run_name for run in client.search_runs([other], order_by=["metrics.score DESC"])]
    assert names[0] == "run 24" and {names[index] for index in range(20, 25)} == {f"run {index}" for index in range(0, 25, 5)}
    assert len(client.search_runs([other], "params.parity = 'odd' AND attributes.run_name LIKE 'run 1%'")) == 6
    assert len(mlflow.search_runs([other], "attributes.start_time >= 1010 and tags.index != '12'", output_format="list")) == 14
    assert len(mlflow.search_runs(experiment_names=["paging"], max_results=3)) == 3
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([other], page_token="not a token"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([other], "colour = 'red'"))
    for index in range(5):
        client.create_experiment(f"many {index}", tags={"set": "many"})
    first = client.search_experiments(filter_string="tags.set = 'many'", max_results=3, order_by=["name ASC"])
    rest = client.search_experiments(filter_string="tags.set = 'many'", max_results=3, order_by=["name ASC"], page_token=first.token)
    assert [each.name for each in [*first, *rest]] == [f"many {index}" for index in range(5)] and not rest.token
    assert [each.name for each in mlflow.search_experiments(filter_string="name ILIKE 'MANY 4'")] == ["many 4"]


def datasets():
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    with mlflow.start_run(run_name="datasets") as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, targets="y", name="frame"), context="training", tags={"split": "1"})
        mlflow.log_inputs(
            datasets=[mlflow.data.from_numpy(np.ones((3, 2)), name="array")], contexts=["validation"], tags_list=[None]
        )
        client.log_inputs(
            run.info.run_id,
            [DatasetInput(Dataset("raw", "abc", "local", json.dumps({"uri": "x"}), schema="{}", profile="{}"), [InputTag("a", "b")])],
        )
    used = {each.dataset.name: each for each in client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert set(used) == {"frame", "array", "raw"}
    assert {tag.key: tag.value for tag in used["frame"].tags} == {"split": "1", "mlflow.data.context": "training"}
    assert json.loads(used["frame"].dataset.schema)["mlflow_colspec"][0]["name"] == "x"
    source = mlflow.data.get_source(used["frame"].dataset)
    assert source is not None
    found = client.search_runs([experiment], "dataset.name = 'array' AND dataset.context = 'validation'")
    assert [each.info.run_id for each in found] == [run.info.run_id]
    assert [each.info.run_id for each in client.search_runs([experiment], "dataset.digest IN ('abc', 'zzz')")] == [run.info.run_id]


def downloads():
    with mlflow.start_run(run_name="downloads") as run, tempfile.TemporaryDirectory() as folder:
        for index in range(12):
            Path(folder, f"part-{index}").mkdir()
            Path(folder, f"part-{index}", "data.bin").write_bytes(bytes([index]) * (200_000 + index))
        mlflow.log_artifacts(folder, "parts")
        mlflow.log_artifact(str(Path(folder, "part-0", "data.bin")))
        client.log_artifact(run.info.run_id, str(Path(folder, "part-1")), "whole")
    with tempfile.TemporaryDirectory() as folder:
        local = Path(client.download_artifacts(run.info.run_id, "parts", folder))
        assert [len((local / f"part-{index}" / "data.bin").read_bytes()) for index in range(12)] == [200_000 + index for index in range(12)]
        one = mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{run.info.run_id}/parts/part-3/data.bin", dst_path=folder)
        assert set(Path(one).read_bytes()) == {3}
        listed = mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="parts/part-3")
        assert [(each.path, each.file_size) for each in listed] == [("parts/part-3/data.bin", 200_003)]
        assert paths(run.info.run_id, "nowhere") == set()
        try:
            client.download_artifacts(run.info.run_id, "nowhere", folder)
        except MlflowException as error:
            assert "Failed to download artifacts from path 'nowhere'" in str(error), error
        else:
            raise AssertionError("a missing artifact was downloaded")
    assert "whole/part-1" in paths(run.info.run_id, "whole")


def background_batches():
    mlflow.config.enable_async_logging()
    try:
        with mlflow.start_run(run_name="background") as run:
            for step in range(1500):
                mlflow.log_metric("loss", 1.0 / (1 + step), step=step, timestamp=1_000 + step)
            mlflow.log_params({f"p{index}": index for index in range(120)})
            threads = [threading.Thread(target=lambda: client.log_metric(run.info.run_id, "threads", 1.0, step=1)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            mlflow.flush_async_logging()
    finally:
        mlflow.config.enable_async_logging(False)
    assert [point.step for point in client.get_metric_history(run.info.run_id, "loss")] == list(range(1500))
    assert len(client.get_run(run.info.run_id).data.params) == 120


def lifecycle():
    own = client.create_experiment("lifecycle")
    kept, dropped = (client.create_run(own, run_name=name).info.run_id for name in ("kept", "dropped"))
    client.set_terminated(kept, RunStatus.to_string(RunStatus.KILLED), end_time=99_999_999_999_999)
    client.update_run(kept, name="renamed")
    info = client.get_run(kept).info
    assert (info.status, info.end_time, info.run_name) == ("KILLED", 99_999_999_999_999, "renamed")
    assert client.get_run(kept).data.tags["mlflow.runName"] == "renamed"
    client.delete_run(dropped)
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(dropped, "late", 1.0))
    assert [run.info.run_id for run in client.search_runs([own], run_view_type=ViewType.DELETED_ONLY)] == [dropped]
    assert len(client.search_runs([own], run_view_type=ViewType.ALL)) == 2
    client.restore_run(dropped)
    client.delete_experiment(own)
    assert {run.info.lifecycle_stage for run in client.search_runs([own], run_view_type=ViewType.ALL)} == {"deleted"}
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_run(own))
    assert own in [each.experiment_id for each in client.search_experiments(ViewType.DELETED_ONLY)]
    client.restore_experiment(own)
    assert len(client.search_runs([own])) == 2


def edges():
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("0" * 32))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("999999"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_experiment("abc"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_experiment("local", artifact_location="/tmp/x"))
    run = client.create_run(experiment, tags={"mlflow.runName": "from the tag", "empty": ""})
    assert run.info.run_name == "from the tag" and run.data.tags["empty"] == ""
    assert client.create_run(experiment).info.run_name  # a made-up one
    try:
        client.create_run(experiment, run_name="one", tags={"mlflow.runName": "another"})
    except MlflowException as error:
        assert "different values" in str(error)
    else:
        raise AssertionError("two names for one run were accepted")
    client.set_tag(run.info.run_id, "big", "x" * 8000)
    assert len(client.get_run(run.info.run_id).data.tags["big"]) == 8000
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_tag(run.info.run_id, "never"))
    client.set_experiment_tag(experiment, "note", "n" * 5000)
    client.delete_experiment_tag(experiment, "note")
    assert "note" not in client.get_experiment(experiment).tags
    client.log_metric(run.info.run_id, "stamped", 2, timestamp=1_700_000_000_000, step=2**40)
    point = client.get_metric_history(run.info.run_id, "stamped")[0]
    assert (point.value, point.timestamp, point.step) == (2.0, 1_700_000_000_000, 2**40)


if __name__ == "__main__":
    run_steps(globals())
