"""Files that the client sends in parts where the server lets it, and whole where it doesn't."""

import hashlib
import os
import tempfile
from pathlib import Path

import mlflow
import requests
from mlflow import MlflowClient
from support import run_steps

client = MlflowClient()
uri = os.environ["MLFLOW_TRACKING_URI"]
content = os.urandom(17 * 1024 * 1024 + 321)
sha256 = hashlib.sha256(content).hexdigest()
sent = []


def watch_puts():
    """Notes where bytes are PUT to, without changing anything."""
    original = requests.Session.request

    def request(self, method, url, **more):
        if method.upper() == "PUT":
            sent.append(url.split("?")[0])
        return original(self, method, url, **more)

    requests.Session.request = request


def log_large(folder):
    sent.clear()
    with tempfile.TemporaryDirectory() as home, mlflow.start_run() as run:
        local = Path(home) / "large file.bin"
        local.write_bytes(content)
        mlflow.log_artifact(str(local), folder)
        return run.info.run_id


def read_back(run_id, path):
    with tempfile.TemporaryDirectory() as home:
        local = client.download_artifacts(run_id, path, home)
        assert hashlib.sha256(Path(local).read_bytes()).hexdigest() == sha256
    whole = requests.get(f"{uri}/get-artifact", params={"run_id": run_id, "path": path}, timeout=60)
    assert whole.headers["etag"] == f'"{sha256}"', whole.headers
    assert whole.content == content


def whole():
    run_id = log_large("model")
    assert sent and all(url.startswith(uri) for url in sent), sent
    read_back(run_id, "model/large file.bin")


def in_parts():
    run_id = log_large("model")
    assert len(sent) == 4 and not any(url.startswith(uri) for url in sent), sent
    assert not any("large" in url for url in sent), "the address of an object holds no text of the user"
    [file] = client.list_artifacts(run_id, "model")
    assert (file.path, file.file_size) == ("model/large file.bin", len(content))
    read_back(run_id, "model/large file.bin")
    globals()["run_id"] = run_id


def sealed():
    """A version over a file that came in parts is sealed with the digest of its bytes; nothing is added to it, in parts or whole."""
    client.create_registered_model("large")
    version = client.create_model_version("large", f"runs:/{run_id}/model", run_id)
    assert version.version in (1, "1")
    manifest = requests.get(f"{uri}/api/v1/models/large/versions/1/manifest", timeout=60).json()
    assert manifest["files"] == [{"path": "large file.bin", "size": len(content), "sha256": sha256}], manifest
    with tempfile.TemporaryDirectory() as home:
        local = Path(home) / "late.bin"
        local.write_bytes(content)
        try:
            client.log_artifact(run_id, str(local), "model")
        except requests.HTTPError as error:
            assert error.response.status_code == 409, error.response.text
        else:
            raise AssertionError("a sealed folder took another file")


def ranges():
    """The client reads by addresses of the store, in ranges, and gets the same bytes."""
    experiment = client.get_run(run_id).info.experiment_id
    path = f"{experiment}/{run_id}/artifacts/model/large%20file.bin"
    answer = requests.get(f"{uri}/api/2.0/mlflow-artifacts/presigned/{path}", timeout=60).json()
    assert (answer["file_size"], answer["sha256"]) == (len(content), sha256), answer
    part = requests.get(answer["url"], headers={"Range": "bytes=100-199"}, timeout=60)
    assert (part.status_code, part.content) == (206, content[100:200])


if __name__ == "__main__":
    watch_puts()
    run_steps(globals())
