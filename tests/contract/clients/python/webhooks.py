"""Webhooks through the unmodified MLflow client, received by a server of this script and verified by MLflow's own signature function."""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mlflow import MlflowClient
from mlflow.entities.webhook import VALID_ENTITY_ACTIONS, WebhookEvent, WebhookStatus
from mlflow.webhooks.delivery import _generate_hmac_signature
from mlflow.webhooks.types import get_payload_class_for_event
from support import refused, run_steps

client = MlflowClient()
received = queue.Queue()
answers = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        received.put((self.headers, body))
        self.send_response(answers.pop(0) if answers else 200)
        self.end_headers()
        self.wfile.write(b"seen")

    def log_message(self, *_):
        """Keeps the output to the steps."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}/hook"


def event(text):
    return WebhookEvent.from_str(text)


def told(count):
    """The next deliveries by event, in whichever order they come."""
    found = {}
    for _ in range(count):
        headers, body = received.get(timeout=60)
        message = json.loads(body)
        found[f"{message['entity']}.{message['action']}"] = (headers, body, message)
    return found


def management():
    made = client.create_webhook("ci", URL, [event("model_version.created")], description="first", secret="key")
    assert (made.name, made.url, made.description, made.status) == ("ci", URL, "first", WebhookStatus.ACTIVE)
    assert made.events == [event("model_version.created")] and made.secret is None
    assert client.get_webhook(made.webhook_id).name == "ci"
    everything = [WebhookEvent(entity, action) for entity, actions in VALID_ENTITY_ACTIONS.items() for action in actions]
    changed = client.update_webhook(
        made.webhook_id, name="cd", description="second", events=everything, status="DISABLED"
    )
    assert (changed.name, changed.description, changed.status) == ("cd", "second", WebhookStatus.DISABLED)
    assert set(changed.events) == set(everything)
    assert changed.last_updated_timestamp >= made.last_updated_timestamp
    others = [client.create_webhook(f"n{at}", URL, [event("prompt.created")], status="DISABLED") for at in range(3)]
    page = client.list_webhooks(max_results=2)
    assert [each.webhook_id for each in page] == [others[2].webhook_id, others[1].webhook_id] and page.token
    rest = client.list_webhooks(max_results=2, page_token=page.token)
    assert [each.webhook_id for each in rest] == [others[0].webhook_id, made.webhook_id] and not rest.token
    for each in (*page, *rest):
        client.delete_webhook(each.webhook_id)
    assert list(client.list_webhooks()) == []
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_webhook(made.webhook_id))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_webhook(made.webhook_id))


def refusals():
    events = [event("prompt.created")]
    text = refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook("a b", URL, events))
    assert "It must start and end with a letter or digit" in text, text
    text = refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook("a", "ftp://example.com", events))
    assert "Invalid webhook URL scheme: 'ftp'" in text, text
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook("a", "", events))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook("a", URL, []))
    refused("INVALID_PARAMETER_VALUE", lambda: client.list_webhooks(max_results=1001))
    refused("INVALID_PARAMETER_VALUE", lambda: client.list_webhooks(page_token="nonsense"))


def tests():
    made = client.create_webhook("try", URL, [event("model_version.created")], secret="key", status="DISABLED")
    result = client.test_webhook(made.webhook_id)
    assert (result.success, result.response_status, result.response_body) == (True, 200, "seen")
    _, _, message = told(1)["model_version.created"]
    assert set(message["data"]) == {"name", "version", "source", "run_id", "tags", "description"}
    answers.append(500)
    assert not client.test_webhook(made.webhook_id, event("prompt_tag.set")).success
    assert set(told(1)["prompt_tag.set"][2]["data"]) == {"name", "key", "value"}
    client.update_webhook(made.webhook_id, url="http://127.0.0.1:9/")
    broken = client.test_webhook(made.webhook_id)
    assert not broken.success and broken.error_message and broken.response_status is None
    client.delete_webhook(made.webhook_id)


def deliveries():
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    names = [
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
    ]
    made = client.create_webhook("all", URL, [event(name) for name in names], secret=secret)
    client.create_registered_model("told", tags={"team": "risk"}, description="first")
    client.create_model_version("told", "s3://bucket/model", tags={"a": "b"}, description="one")
    client.set_model_version_tag("told", "1", "stage", "tried")
    client.set_registered_model_alias("told", "champion", "1")
    first = told(4)
    client.delete_model_version_tag("told", "1", "stage")
    client.delete_registered_model_alias("told", "champion")
    found = {**first, **told(2)}
    assert set(found) == set(names), set(found)
    assert found["registered_model.created"][2]["data"] == {
        "name": "told",
        "tags": {"team": "risk"},
        "description": "first",
    }
    assert found["model_version.created"][2]["data"] == {
        "name": "told",
        "version": "1",
        "source": "s3://bucket/model",
        "run_id": None,
        "tags": {"a": "b"},
        "description": "one",
    }
    assert found["model_version_tag.set"][2]["data"]["value"] == "tried"
    for name, (headers, body, message) in found.items():
        assert set(message) == {"entity", "action", "timestamp", "data"}
        assert set(message["data"]) == set(get_payload_class_for_event(event(name)).example())
        delivery, timestamp = headers["X-MLflow-Delivery-Id"], headers["X-MLflow-Timestamp"]
        assert abs(time.time() - int(timestamp)) < 120
        assert headers["X-MLflow-Signature"] == _generate_hmac_signature(secret, delivery, timestamp, body)
        assert (headers["webhook-id"], headers["webhook-timestamp"]) == (delivery, timestamp)
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{delivery}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    client.delete_webhook(made.webhook_id)


def retries():
    made = client.create_webhook("again", URL, [event("registered_model.created")])
    answers.extend([503])
    client.create_registered_model("retried")
    first = told(1)["registered_model.created"]
    second = told(1)["registered_model.created"]
    assert first[0]["webhook-id"] == second[0]["webhook-id"] and first[1] == second[1]
    assert second[0]["X-MLflow-Signature"] is None
    client.update_webhook(made.webhook_id, status="DISABLED")
    client.create_registered_model("unheard")
    client.update_webhook(made.webhook_id, status="ACTIVE")
    client.create_registered_model("heard")
    assert told(1)["registered_model.created"][2]["data"]["name"] == "heard"
    client.delete_webhook(made.webhook_id)


if __name__ == "__main__":
    run_steps(globals())
