"""
Writes every endpoint that an MLflow server has, read off the installed package: what a client may call is listed by MLflow, not by us.

    $ASSAY_TEST_PYTHON tools/mlflow-endpoints.py > libs/pure/src/mlflow-wire/mlflow-endpoints.ts
"""

import re

import mlflow
from mlflow.server import app
from mlflow.server.fastapi_app import create_fastapi_app


# Users and roles are an app of their own, which loads with further packages only: this is its list (mlflow/server/auth).
ROLES = """POST roles/create, GET roles/get, GET roles/list, PATCH roles/update, DELETE roles/delete, POST roles/permissions/add,
    DELETE roles/permissions/remove, GET roles/permissions/list, PATCH roles/permissions/update, POST roles/assign, DELETE roles/unassign,
    GET roles/users/list, GET users/roles/list, GET users/permissions/list, GET users/permissions/get, POST users/permissions/grant,
    POST users/permissions/revoke, GET users/current/permissions"""


def plain(path):
    """`<path:rest>` and `{artifact_path}` are `*`, other parameters `:name`."""
    path = re.sub(r"<path:\w+>|\{\w*path\}", "*", path)
    return re.sub(r"<(?:\w+:)?(\w+)>|\{(\w+)\}", lambda found: ":" + (found[1] or found[2]), path)


found = set()
for rule in app.url_map.iter_rules():
    found |= {(method, plain(rule.rule)) for method in rule.methods}
for path, methods in create_fastapi_app(app).openapi()["paths"].items():
    found |= {(method.upper(), plain(path)) for method in methods}
for method, path in (each.split() for each in ROLES.split(",")):
    found |= {(method, f"/{api}/3.0/mlflow/{path}") for api in ("api", "ajax-api")}
pages = re.compile(r"^/(?:$|build/|static-files/|docs|openapi\.json|redoc)")
kept = sorted((path, method) for method, path in found if method not in {"HEAD", "OPTIONS"} and not pages.match(path))
print(f"""// Long because it is generated, by tools/mlflow-endpoints.py from MLflow {mlflow.__version__}: change that, not this.

/** Every endpoint of an MLflow server, as `METHOD path`; `:name` is one segment, `*` the rest. */
export const mlflowEndpoints: readonly string[] = [""")
for path, method in kept:
    print(f"  '{method} {path}',")
print("];")
