"""What the scripts share: a refusal to expect, and the steps to run in the order of the arguments."""

import os
import sys

import requests
from mlflow.exceptions import MlflowException


def refused(code, call):
    """Runs a call that must be refused with the given error code, and returns the message."""
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        return str(error)
    raise AssertionError(f"expected {code}")


def post(path, body):
    """A request as no client would make it: status and answer."""
    response = requests.post(f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/{path}", json=body, timeout=60)
    return response.status_code, response.json()


def run_steps(known):
    """Prints "ok NAME" after each step whose assertions held; the first failure ends the script with its traceback."""
    for name in sys.argv[1:]:
        known[name]()
        print(f"ok {name}", flush=True)
