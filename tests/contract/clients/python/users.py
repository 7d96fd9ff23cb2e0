"""MLflow's users through its own client of the basic-auth app, signed in as an administrator."""

import os
import sys
import types
from pathlib import Path

import mlflow.server

# The package itself is the server's app, and wants libraries that no client has: only its modules for clients are loaded.
package = types.ModuleType("mlflow.server.auth")
package.__path__ = [str(Path(mlflow.server.__file__).parent / "auth")]
sys.modules["mlflow.server.auth"] = package

from mlflow.server.auth.client import AuthServiceClient  # noqa: E402
from support import refused, run_steps  # noqa: E402

client = AuthServiceClient(os.environ["MLFLOW_TRACKING_URI"])
PASSWORD = "correct horse battery"


def management():
    made = client.create_user("NewUser", PASSWORD)
    assert (made.username, made.is_admin) == ("NewUser", False)
    assert client.get_user("NewUser").id == made.id
    client.update_user_admin("NewUser", True)
    assert client.get_user("NewUser").is_admin
    client.update_user_admin("NewUser", False)
    assert not client.get_user("NewUser").is_admin
    client.update_user_password("NewUser", "another horse battery")
    client.delete_user("NewUser")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_user("NewUser"))


def refusals():
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_user("", PASSWORD))
    text = refused("INVALID_PARAMETER_VALUE", lambda: client.create_user("weak", "short"))
    assert "Password must be at least 12 characters." in text, text
    client.create_user("twice", PASSWORD)
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_user("twice", PASSWORD))
    for call in (
        lambda: client.get_user("nobody"),
        lambda: client.update_user_admin("nobody", True),
        lambda: client.update_user_password("nobody", PASSWORD),
        lambda: client.delete_user("nobody"),
    ):
        refused("RESOURCE_DOES_NOT_EXIST", call)
    refused("BAD_REQUEST", lambda: client.delete_user("root@assay.example"))


def others():
    """Somebody without the role is refused everything but what is their own."""
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["ASSAY_TEST_OTHER_TOKEN"]
    assert client.get_user("eve@assay.example").username == "eve@assay.example"
    refused("PERMISSION_DENIED", lambda: client.get_user("twice"))
    refused("PERMISSION_DENIED", lambda: client.create_user("mallory", PASSWORD))
    refused("PERMISSION_DENIED", lambda: client.update_user_admin("eve@assay.example", True))
    refused("PERMISSION_DENIED", lambda: client.delete_user("twice"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.update_user_password("eve@assay.example", "a third horse battery"))
    client.update_user_password("eve@assay.example", "a third horse battery", current_password=PASSWORD)


if __name__ == "__main__":
    run_steps(globals())
