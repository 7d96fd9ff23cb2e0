"""Tracing with the unmodified MLflow client and with OpenTelemetry's own SDK, asserted step by step."""

import gzip
import os
import zlib

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, SpanEvent, SpanStatusCode, SpanType, TraceState
from mlflow.entities.trace_data import TraceData
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from support import refused, run_steps

client = MlflowClient()
url = os.environ["MLFLOW_TRACKING_URI"]
experiment = mlflow.set_experiment("traced").experiment_id
known = {}


@mlflow.trace(span_type=SpanType.TOOL, attributes={"kind": "inner", "sizes": [1, 2.5, "x"], "none": {"k": None}})
def doubled(number):
    return number * 2


@mlflow.trace
def answered(number):
    with mlflow.start_span("by hand", span_type=SpanType.LLM) as span:
        span.set_inputs({"question": "größe?", "number": number})
        span.set_outputs(["yes", 1])
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
        span.add_event(SpanEvent("noticed", attributes={"at": 3}))
    mlflow.update_current_trace(tags={"team": "risk"}, metadata={"mlflow.trace.session": "s-1"})
    return doubled(number)


def latest():
    mlflow.flush_trace_async_logging()
    return mlflow.get_trace(mlflow.get_last_active_trace_id())


def traces():
    assert answered(3) == 6
    trace = latest()
    known["answered"] = trace.info.trace_id
    info = trace.info
    assert info.state == TraceState.OK and info.experiment_id == experiment
    assert info.request_preview == '{"number": 3}' and info.response_preview == "6", info
    assert info.tags["mlflow.traceName"] == "answered" and info.tags["team"] == "risk"
    assert info.tags["mlflow.artifactLocation"].endswith(f"/{experiment}/traces/{info.trace_id}/artifacts")
    assert info.token_usage == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}, info.token_usage
    assert [span.name for span in trace.data.spans] == ["answered", "by hand", "doubled"]
    root, by_hand, inner = trace.data.spans
    assert root.parent_id is None and by_hand.parent_id == root.span_id and inner.parent_id == root.span_id
    assert root.inputs == {"number": 3} and root.outputs == 6
    assert by_hand.inputs == {"question": "größe?", "number": 3} and by_hand.outputs == ["yes", 1]
    assert by_hand.span_type == "LLM" and by_hand.events[0].name == "noticed"
    assert by_hand.events[0].attributes == {"at": 3} and by_hand.events[0].timestamp > 10**18
    assert inner.attributes["sizes"] == [1, 2.5, "x"] and inner.attributes["none"] == {"k": None}
    assert inner.span_type == "TOOL" and inner.status.status_code == SpanStatusCode.OK
    assert root.start_time_ns < inner.start_time_ns <= inner.end_time_ns <= root.end_time_ns


def files():
    client_span = client.start_trace(name="as a file", experiment_id=experiment, attributes={"fruit": "apple", "n": 1.0})
    client.end_trace(client_span.trace_id, outputs={"a": [1, None]})
    mlflow.flush_trace_async_logging()
    for version in ["2.0", "3.0"]:
        answer = requests.get(
            f"{url}/ajax-api/{version}/mlflow/get-trace-artifact", params={"request_id": client_span.trace_id}
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Disposition"] == "attachment; filename=traces.json"
        spans = TraceData.from_dict(answer.json()).spans
        assert spans[0].to_dict() == client_span.to_dict(), (spans[0].to_dict(), client_span.to_dict())
    assert client.delete_traces(experiment_id=experiment, trace_ids=[client_span.trace_id]) == 1


def exceptions():
    @mlflow.trace
    def failing():
        raise ValueError("no such thing")

    try:
        failing()
    except ValueError:
        pass
    trace = latest()
    known["failing"] = trace.info.trace_id
    assert trace.info.state == TraceState.ERROR
    span = trace.data.spans[0]
    assert span.status.status_code == SpanStatusCode.ERROR and "no such thing" in span.status.description
    assert span.events[0].name == "exception" and span.events[0].attributes["exception.type"] == "ValueError"


def runs():
    with mlflow.start_run() as run:
        answered(4)
    trace = latest()
    assert trace.info.trace_metadata["mlflow.sourceRun"] == run.info.run_id
    known["run"], known["in run"] = run.info.run_id, trace.info.trace_id
    linked = mlflow.search_traces(run_id=run.info.run_id, return_type="list")
    assert [each.info.trace_id for each in linked] == [trace.info.trace_id]
    client.link_traces_to_run([known["failing"], known["answered"]], run.info.run_id)
    client.link_traces_to_run([known["failing"]], run.info.run_id)
    assert len(mlflow.search_traces(run_id=run.info.run_id, return_type="list")) == 3
    assert "more than 100" in refused(
        "INVALID_PARAMETER_VALUE", lambda: client.link_traces_to_run(["tr-x"] * 101, run.info.run_id)
    )


def found(filter_string=None, **more):
    pages = mlflow.search_traces(
        locations=[experiment], filter_string=filter_string, return_type="list", **more
    )
    return [each.info.trace_id for each in pages]


def searches():
    answers, failing, in_run = known["answered"], known["failing"], known["in run"]
    assert found() == [in_run, failing, answers]
    assert found(order_by=["timestamp_ms ASC"]) == [answers, failing, in_run]
    assert found(max_results=2) == [in_run, failing]
    for text, expected in [
        ("trace.status = 'ERROR'", [failing]),
        ("status IN ('OK', 'ERROR')", [in_run, failing, answers]),
        ("attributes.name = 'failing'", [failing]),
        ("trace.name LIKE 'ans%'", [in_run, answers]),
        ("trace.name RLIKE '^fail.*g$'", [failing]),
        ("tags.team = 'risk'", [in_run, answers]),
        ("tags.team IS NULL", [failing]),
        ("metadata.`mlflow.trace.session` = 's-1'", [in_run, answers]),
        (f"metadata.`mlflow.sourceRun` != '{known['run']}'", []),
        ("span.type = 'TOOL' AND span.name = 'doubled'", [in_run, answers]),
        ("span.type = 'TOOL' AND span.name = 'answered'", []),
        ("span.status = 'ERROR'", [failing]),
        ("span.content LIKE '%größe%'", [in_run, answers]),
        ("trace.text LIKE '%no such thing%'", [failing]),
        ("span.attributes.kind LIKE '%inner%'", [in_run, answers]),
        ("span.attributes.kind RLIKE '^inn'", [in_run, answers]),
        ("execution_time_ms >= 0 AND timestamp > 0 AND end_time_ms > 0", [in_run, failing, answers]),
        (f"request_id = '{failing}'", [failing]),
        ("client_request_id = 'none'", []),
    ]:
        assert found(text) == expected, (text, found(text))
    for text in ["foo = 'x'", "span.foo = 'x'", "name = 'a' OR name = 'b'", "tags.x = 5", "feedback.x > 'a'"]:
        refused("INVALID_PARAMETER_VALUE", lambda: found(text))
    first = client.search_traces(locations=[experiment], max_results=1)
    second = client.search_traces(locations=[experiment], max_results=2, page_token=first.token)
    assert [each.info.trace_id for each in [*first, *second]] == [in_run, failing, answers]
    table = mlflow.search_traces(locations=[experiment])
    assert len(table) == 3 and "trace_id" in table.columns


def tags():
    trace_id = known["answered"]
    mlflow.set_trace_tag(trace_id, "stage", "pilot")
    client.set_trace_tag(trace_id, "long", "x" * 9000)
    stored = client.get_trace(trace_id).info.tags
    assert stored["stage"] == "pilot" and len(stored["long"]) == 4096
    mlflow.delete_trace_tag(trace_id, "stage")
    assert "stage" not in client.get_trace(trace_id).info.tags
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_trace_tag(trace_id, "stage"))


def feedback():
    trace_id, span_id = known["answered"], client.get_trace(known["answered"]).data.spans[2].span_id
    judge = AssessmentSource(source_type="LLM_JUDGE", source_id="judge-1")
    good = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="it is", source=judge)
    mlflow.log_feedback(trace_id=trace_id, name="score", value=0.7, span_id=span_id, metadata={"k": "v"})
    mlflow.log_feedback(trace_id=trace_id, name="broken", error=RuntimeError("judge fell over"))
    said = {each.name: each for each in client.get_trace(trace_id).info.assessments}
    assert said["good"].value is True and said["good"].rationale == "it is"
    assert said["good"].source.source_type == "LLM_JUDGE" and said["good"].source.source_id == "judge-1"
    assert said["score"].value == 0.7 and said["score"].span_id == span_id and said["score"].metadata == {"k": "v"}
    assert said["broken"].value is None and said["broken"].error.error_message == "judge fell over"
    assert found("feedback.good = 'true'") == [known["in run"], trace_id] or found("feedback.good = 'true'") == [trace_id]
    assert found("feedback.score > 0.5") == [trace_id] and found("feedback.score > 0.8") == []
    assert known["failing"] in found("feedback.good IS NULL") and trace_id not in found("feedback.good IS NULL")
    changed = mlflow.update_assessment(
        trace_id=trace_id, assessment_id=good.assessment_id, assessment=mlflow.entities.Feedback(name="good", value=False)
    )
    assert changed.value is False and changed.source.source_id == "judge-1"
    better = mlflow.override_feedback(trace_id=trace_id, assessment_id=good.assessment_id, value=True)
    assert better.overrides == good.assessment_id
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is False
    mlflow.delete_assessment(trace_id=trace_id, assessment_id=better.assessment_id)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is True
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_assessment(trace_id, better.assessment_id))


def expectations():
    trace_id = known["failing"]
    wanted = mlflow.log_expectation(trace_id=trace_id, name="wanted", value={"facts": ["a", 1], "none": None})
    mlflow.log_expectation(trace_id=trace_id, name="number", value=42)
    assert mlflow.get_assessment(trace_id, wanted.assessment_id).value == {"facts": ["a", 1], "none": None}
    said = {each.name: each.value for each in client.get_trace(trace_id).info.assessments}
    assert said == {"wanted": {"facts": ["a", 1], "none": None}, "number": 42}
    assert found("expectation.number = '42.0'") == [trace_id] and found("expectation.number != '42.0'") == []
    assert found("expectation.number >= 42") == [trace_id] and found("expectation.number < 42") == []
    refused(
        "INVALID_PARAMETER_VALUE",
        lambda: mlflow.update_assessment(
            trace_id=trace_id,
            assessment_id=wanted.assessment_id,
            assessment=mlflow.entities.Feedback(name="wanted", value=1),
        ),
    )


def prompts():
    prompt = mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")
    client.link_prompt_versions_to_trace([prompt], known["answered"])
    assert found("prompt = 'greeting/1'") == [known["answered"]]
    refused("INVALID_PARAMETER_VALUE", lambda: found("prompt = 'greeting'"))


def deletions():
    for _ in range(3):
        doubled(1)
    mlflow.flush_trace_async_logging()
    made = found("trace.name = 'doubled'")
    assert len(made) == 3
    assert client.delete_traces(experiment_id=experiment, trace_ids=[made[0], "tr-unknown"]) == 1
    assert found("trace.name = 'doubled'") == made[1:]
    oldest = client.get_trace(made[2]).info.timestamp_ms
    kept = len(found())
    assert client.delete_traces(experiment_id=experiment, max_timestamp_millis=0) == 0 and len(found()) == kept
    assert client.delete_traces(experiment_id=experiment, max_timestamp_millis=oldest + 10**6, max_traces=1) == 1
    assert known["answered"] not in found()
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_trace(known["answered"]))


def exported_spans(resource):
    """Spans as OpenTelemetry's SDK makes them, in OTLP's protobuf."""
    from mlflow.tracing.utils.otlp import _set_otel_proto_anyvalue

    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource(resource))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("assay")
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as root:
        root.set_attributes({"http.route": "/score", "sizes": [1, 2], "rate": 0.5, "session.id": "s-9", "user.id": "eve"})
        with tracer.start_as_current_span("model", links=[Link(root.get_span_context())]) as inner:
            inner.set_attributes({"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5})
            inner.add_event("token", {"n": 1})
            inner.set_status(Status(StatusCode.ERROR, "too long"))
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in resource.items():
        _set_otel_proto_anyvalue(resource_spans.resource.attributes.add(key=key).value, value)
    scope = resource_spans.scope_spans.add()
    for span in memory.get_finished_spans():
        proto = scope.spans.add(
            trace_id=span.context.trace_id.to_bytes(16, "big"),
            span_id=span.context.span_id.to_bytes(8, "big"),
            parent_span_id=span.parent.span_id.to_bytes(8, "big") if span.parent else b"",
            name=span.name,
            kind=span.kind.value + 1,
            start_time_unix_nano=span.start_time,
            end_time_unix_nano=span.end_time,
        )
        proto.status.code, proto.status.message = span.status.status_code.value, span.status.description or ""
        for key, value in span.attributes.items():
            _set_otel_proto_anyvalue(proto.attributes.add(key=key).value, value)
        for event in span.events:
            proto.events.add(name=event.name, time_unix_nano=event.timestamp)
        for link in span.links:
            proto.links.add(
                trace_id=link.context.trace_id.to_bytes(16, "big"), span_id=link.context.span_id.to_bytes(8, "big")
            )
    return request, f"tr-{memory.get_finished_spans()[0].context.trace_id:032x}"


def sent(body, **headers):
    return requests.post(
        f"{url}/v1/traces",
        data=body,
        headers={"content-type": "application/x-protobuf", "x-mlflow-experiment-id": experiment, **headers},
    )


def opentelemetry():
    request, trace_id = exported_spans({"service.name": "scorer", "telemetry.sdk.name": "opentelemetry"})
    body = request.SerializeToString()
    for data, encoding in [
        (body, {}),
        (gzip.compress(body), {"content-encoding": "gzip"}),
        (zlib.compress(body), {"content-encoding": "deflate"}),
    ]:
        answer = sent(data, **encoding, **{"x-mlflow-run-id": known["run"]})
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-protobuf", answer.text
        assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")
    trace = client.get_trace(trace_id)
    assert trace.info.state == TraceState.OK and trace.info.tags["service.name"] == "scorer"
    assert "telemetry.sdk.name" not in trace.info.tags
    assert trace.info.token_usage == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s-9"
    assert trace.info.trace_metadata["mlflow.trace.user"] == "eve"
    request_span, model_span = trace.data.spans
    assert request_span.attributes["sizes"] == [1, 2] and request_span.attributes["rate"] == 0.5
    assert model_span.parent_id == request_span.span_id and model_span.events[0].name == "token"
    assert model_span.status.status_code == SpanStatusCode.ERROR and model_span.status.description == "too long"
    sdk = {span.name: span for span in request.resource_spans[0].scope_spans[0].spans}
    assert request_span.start_time_ns == sdk["request"].start_time_unix_nano
    assert request_span.end_time_ns == sdk["request"].end_time_unix_nano
    assert trace_id in [each.info.trace_id for each in mlflow.search_traces(run_id=known["run"], return_type="list")]


def refused_exports():
    request, _ = exported_spans({})
    body = request.SerializeToString()
    assert sent(b"\x01\x02").status_code == 400
    assert sent(gzip.compress(body)).status_code == 400
    assert sent(b"nonsense", **{"content-encoding": "gzip"}).status_code == 400
    assert sent(body, **{"x-mlflow-experiment-id": "987654"}).status_code == 404


if __name__ == "__main__":
    run_steps(globals())
