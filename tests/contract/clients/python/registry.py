"""The model registry through the unmodified MLflow client, asserted step by step."""

import tempfile
import warnings
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from support import refused, run_steps

warnings.filterwarnings("ignore", category=FutureWarning)  # stages are deprecated upstream and still served
features, labels = make_classification(n_samples=80, n_features=4, random_state=3)
client = MlflowClient()
known = {}


def models():
    created = client.create_registered_model("risk", tags={"team": "credit"}, description="first")
    assert (created.name, created.tags, created.description) == ("risk", {"team": "credit"}, "first")
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model("risk"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_registered_model("a/b"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("nobody"))
    assert client.update_registered_model("risk", "second").description == "second"
    client.set_registered_model_tag("risk", "owner", "eve")
    client.delete_registered_model_tag("risk", "team")
    assert client.get_registered_model("risk").tags == {"owner": "eve"}
    client.rename_registered_model("risk", "credit")
    assert client.get_registered_model("credit").description == "second"
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("risk"))


def versions():
    mlflow.set_experiment("registry")
    for strength in (0.1, 1.0, 10.0):
        with mlflow.start_run() as run:
            model = LogisticRegression(C=strength, max_iter=200).fit(features, labels)
            info = mlflow.sklearn.log_model(model, name="model")
        version = mlflow.register_model(info.model_uri, "credit", tags={"strength": str(strength)})
        assert version.run_id == run.info.run_id and version.tags == {"strength": str(strength)}
        known[version.version] = model
    assert sorted(known) == ["1", "2", "3"]
    client.update_model_version("credit", "2", description="middle")
    client.set_model_version_tag("credit", "2", "note", "kept")
    client.delete_model_version_tag("credit", "2", "strength")
    second = client.get_model_version("credit", "2")
    assert (second.description, second.tags) == ("middle", {"note": "kept"})
    assert [each.version for each in client.search_model_versions("name = 'credit' AND tags.strength = '10.0'")] == ["3"]
    page = client.search_model_versions("name = 'credit'", max_results=2, order_by=["version_number ASC"])
    assert [each.version for each in page] == ["1", "2"] and page.token
    rest = client.search_model_versions("name = 'credit'", max_results=2, order_by=["version_number ASC"], page_token=page.token)
    assert [each.version for each in rest] == ["3"] and not rest.token
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_model_versions("name = 5"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version("credit", "9"))


def stages():
    client.transition_model_version_stage("credit", "1", "production")
    client.transition_model_version_stage("credit", "2", "Production", archive_existing_versions=True)
    assert client.get_model_version("credit", "1").current_stage == "Archived"
    assert [each.version for each in client.get_latest_versions("credit", ["Production"])] == ["2"]
    assert np.array_equal(mlflow.sklearn.load_model("models:/credit/Production").predict(features), known["2"].predict(features))
    assert "must be one of" in refused("INVALID_PARAMETER_VALUE", lambda: client.transition_model_version_stage("credit", "1", "live"))


def downloads():
    client.set_registered_model_alias("credit", "champion", "3")
    client.set_registered_model_alias("credit", "challenger", "2")
    assert client.get_registered_model("credit").aliases == {"champion": "3", "challenger": "2"}
    assert client.get_model_version("credit", "3").aliases == ["champion"]
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts("models:/credit@champion", dst_path=folder)
        assert {"MLmodel", "requirements.txt"} <= {each.name for each in Path(path).iterdir()}
    for uri, version in (("models:/credit@challenger", "2"), ("models:/credit/latest", "3")):
        assert np.array_equal(mlflow.pyfunc.load_model(uri).predict(features), known[version].predict(features)), uri
    refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias("credit", "latest", "1"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias("credit", "v2", "1"))


def copies():
    copied = client.copy_model_version("models:/credit/3", "credit-production")
    assert (copied.version, copied.name) == ("1", "credit-production")
    assert np.array_equal(mlflow.sklearn.load_model("models:/credit-production/1").predict(features), known["3"].predict(features))


def searches():
    for name in ("find-a", "find-b", "find-c"):
        client.create_registered_model(name)
    first = client.search_registered_models("name LIKE 'find-%'", max_results=2, order_by=["name DESC"])
    assert [each.name for each in first] == ["find-c", "find-b"] and first.token
    rest = client.search_registered_models("name LIKE 'find-%'", max_results=2, order_by=["name DESC"], page_token=first.token)
    assert [each.name for each in rest] == ["find-a"] and not rest.token
    assert client.search_registered_models("name ILIKE 'FIND-A'")[0].name == "find-a"


def prompts():
    prompt = mlflow.genai.register_prompt("greeting", "Hello {{name}}", commit_message="first")
    assert prompt.version == 1
    mlflow.genai.register_prompt("greeting", "Good day {{name}}")
    assert mlflow.genai.load_prompt("prompts:/greeting/1").template == "Hello {{name}}"
    mlflow.genai.set_prompt_alias("greeting", alias="live", version=2)
    assert mlflow.genai.load_prompt("prompts:/greeting@live").format(name="Ada") == "Good day Ada"
    assert "greeting" not in {each.name for each in client.search_registered_models()}
    assert {each.name for each in client.search_registered_models(f"tags.`{IS_PROMPT_TAG_KEY}` = 'true'")} == {"greeting"}


def prompt_chat():
    messages = [{"role": "system", "content": "You are {{role}}"}, {"role": "user", "content": "{{question}}"}]
    chat = mlflow.genai.register_prompt("chat", messages, tags={"team": "support"}, model_config={"temperature": 0.2})
    assert chat.version == 1 and mlflow.genai.load_prompt("prompts:/chat/1").template == messages
    client.set_prompt_version_tag("chat", "1", "reviewed", "yes")
    assert client.get_prompt_version("chat", "1").tags["reviewed"] == "yes"
    assert "chat" in {each.name for each in mlflow.genai.search_prompts()}
    assert mlflow.genai.load_prompt("nothing", allow_missing=True) is None
    mlflow.genai.set_prompt_alias("chat", alias="draft", version=1)
    mlflow.genai.delete_prompt_alias("chat", alias="draft")
    client.delete_prompt_version("chat", "1")
    client.delete_prompt("chat")
    assert mlflow.genai.load_prompt("chat", version=1, allow_missing=True) is None


class Doubles(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float], params=None) -> list[float]:
        return [2 * value for value in model_input]


def pyfunc_models():
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="doubles", python_model=Doubles(), pip_requirements=[], metadata={"purpose": "test"}, tags={"kind": "toy"}
        )
    version = mlflow.register_model(info.model_uri, "doubles", tags={"stage": "first"})
    client.set_registered_model_alias("doubles", "live", version.version)
    loaded = mlflow.pyfunc.load_model("models:/doubles@live")
    assert loaded.predict([1.0, 2.5]) == [2.0, 5.0] and loaded.metadata.metadata == {"purpose": "test"}
    assert mlflow.models.get_model_info("models:/doubles@live").model_id == info.model_id
    client.delete_registered_model_alias("doubles", "live")
    assert client.get_model_version("doubles", version.version).aliases == []


def run_sources():
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "raw/weights.txt")
    client.create_registered_model("raw")
    version = client.create_model_version("raw", f"runs:/{run.info.run_id}/raw", run_id=run.info.run_id, description="files of a run")
    assert (version.version, version.run_id, version.status) == ("1", run.info.run_id, "READY")
    assert client.get_model_version_download_uri("raw", "1").endswith("/artifacts/raw")
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts("models:/raw/1", dst_path=folder)
        assert Path(local, "weights.txt").read_text() == "weights"
    again = client.create_model_version("raw", run.info.artifact_uri + "/raw", run_id=run.info.run_id)
    assert again.version == "2"


def deletions():
    client.delete_model_version("credit", "3")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version("credit", "3"))
    assert client.get_registered_model("credit").aliases == {"challenger": "2"}
    assert mlflow.register_model(client.get_model_version("credit", "2").source, "credit").version == "4"
    client.delete_registered_model("credit-production")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("credit-production"))


def local_sources():
    for source in ("/etc", "file:///etc", "./model", "s3://bucket/../x"):
        refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("credit", source))


if __name__ == "__main__":
    run_steps(globals())
