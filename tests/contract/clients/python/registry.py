"""The model registry through the unmodified MLflow client, asserted step by step.

Each step prints "ok NAME" when all of its assertions held; the first failure ends the script with its traceback.
"""

import tempfile
import warnings
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore", category=FutureWarning)  # stages are deprecated upstream and still served
features, labels = make_classification(n_samples=80, n_features=4, random_state=3)
client = MlflowClient()
known = {}


def refused(code, call):
    """Runs a call that must be refused with the given error code, and returns the message."""
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        return str(error)
    raise AssertionError(f"expected {code}")


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
    for step in (models, versions, stages, downloads, copies, searches, prompts, deletions, local_sources):
        step()
        print("ok", step.__name__, flush=True)
