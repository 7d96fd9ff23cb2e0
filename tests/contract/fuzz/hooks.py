"""What schemathesis is told beside the OpenAPI document: ids of things that exist, and values that are known to hurt parsers.

A generated id never exists, so that a fuzz alone stops at "not found"; half the calls name something real instead.
"""

import json
import os
import random

import schemathesis

# What requests can't send (NaN and unpaired surrogates) is sent as raw text by tests/e2e/bad-input.test.ts.
KNOWN = json.loads(os.environ["ASSAY_TEST_FUZZ_KNOWN"])
# Ids whose loss would end the run: the administrator who asks, and the token.
PROTECTED = json.loads(os.environ["ASSAY_TEST_FUZZ_PROTECTED"])
RANDOM = random.Random(int(os.environ["ASSAY_TEST_FUZZ_SEED"]))
HOSTILE = [
    "", " ", "\u0000", "\u202e", "\U0010ffff", "a" * 5000, "../../etc/passwd", "..%2f..%2fx", "%00", "a\nb", "'; drop table x; --",
    0, -1, 1, 2**31, 2**53, 2**63, -(2**63) - 1, 10**400, 1e308, 5e-324, -0.0, "NaN", "1e999", "9" * 400,
    None, True, False, [], {}, [[]], [None], {"": None}, {"__proto__": {"x": 1}}, "0001-01-01T00:00:00Z", "+275760-09-13T00:00:00.001Z", "9999-12-31T23:59:59Z",
    "metrics.\"x\" > 1e999", "tags.`a\"b` = 'x' AND", "attributes.start_time > 99999999999999999999", "metrics.x DESC, ", "eyJvZmZzZXQiOi0xfQ==", "LTE=", "////",
]


def known(name, value):
    """Something real to stand for the value of a field, or the value itself."""
    values = KNOWN.get(name)
    if values and RANDOM.random() < 0.7:
        chosen = RANDOM.choice(values)
        return [chosen] if isinstance(value, list) else chosen
    return value


def altered(value, name, hostile):
    if RANDOM.random() < hostile:
        return RANDOM.choice(HOSTILE)
    if isinstance(value, dict):
        return {key: altered(inner, key, hostile) for key, inner in value.items()}
    if isinstance(value, list) and name not in KNOWN:
        return [altered(inner, name, hostile) for inner in value]
    found = known(name, value)
    if found is not value and isinstance(found, list):
        return [altered(inner, "", hostile) if isinstance(inner, dict) else inner for inner in found]
    return found


@schemathesis.serializer("application/x-protobuf")
def protobuf(context, value):
    """No generator knows these messages: what it made is sent as bytes, which the reader has to stand."""
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode("utf-8", "replace")


@schemathesis.check
def no_failure(context, response, case):
    """A 501 is no failure where the document declares it, which status_code_conformance looks at."""
    assert response.status_code < 500 or response.status_code == 501, f"the server failed: {response.status_code}"


@schemathesis.hook
def before_call(context, case, kwargs):
    if RANDOM.random() < 0.6:
        put_in_place(case)
    if case.method != "GET" and case.path_parameters and case.path_parameters.get("id") in PROTECTED:
        case.path_parameters = {**case.path_parameters, "id": "somebody-else"}


def put_in_place(case):
    hostile = RANDOM.choice([0, 0, 0.05, 0.2])
    if case.path_parameters:
        case.path_parameters = {name: known(name, value) for name, value in case.path_parameters.items()}
    if case.query:
        case.query = {name: altered(value, name, hostile) for name, value in case.query.items()}
    if isinstance(case.body, dict):
        case.body = altered(case.body, "", hostile)
