import type { Answer, Call, StoryProbe } from './route-caller.js';
import type { Tracked } from './story-of-tracking.js';

type Verb = Call['route'] extends `${infer Each} /${string}` ? Each : never;

const otelId = '0af7651916cd43dd8448eb211c80319c';
const traceId = `tr-${otelId}`;

/** Eve's program traces what it does, people judge it, and some of it is thrown away. */
export async function storyOfTraces(probe: StoryProbe, { experiment, runId }: Tracked): Promise<void> {
  const mlflow = (verb: Verb, path: string, body: object, params: Call['params'] = {}): Promise<Answer> =>
    probe.send({ route: `${verb} /api/3.0/mlflow/traces${path}`, as: 'eve', params, body });
  const older = (verb: Verb, path: string, body: object, params: Call['params'] = {}): Promise<Answer> =>
    probe.send({ route: `${verb} /api/2.0/mlflow/traces${path}`, as: 'eve', params, body });
  const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } };

  await probe.send({
    route: 'POST /v1/traces',
    as: 'eve',
    type: 'application/json',
    headers: { 'x-mlflow-experiment-id': experiment, 'x-mlflow-run-id': runId },
    body: JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: otelId,
                  spanId: 'b7ad6b7169203331',
                  name: 'answer',
                  startTimeUnixNano: '1795000000000000000',
                  endTimeUnixNano: '1795000001000000000',
                },
              ],
            },
          ],
        },
      ],
    }),
  });
  const trace_info = {
    trace_id: traceId,
    trace_location: location,
    request_time: '2026-11-18T11:06:40Z',
    execution_duration: '1s',
    state: 'OK',
  };
  await mlflow('POST', '', { trace: { trace_info } });
  await mlflow('POST', '/search', { locations: [location] });
  await mlflow('POST', '/batchGetInfos', { trace_ids: [traceId] });
  await mlflow('POST', '/calculate-filter-correlation', {
    experiment_ids: [experiment],
    filter_string1: "status = 'OK'",
    filter_string2: "name = 'answer'",
  });
  await mlflow('POST', '/metrics', {
    experiment_ids: [experiment],
    view_type: 'TRACES',
    metric_name: 'trace_count',
    aggregations: [{ aggregation_type: 'COUNT' }],
  });
  const { trace_info: begun } = await older('POST', '', { experiment_id: experiment, timestamp_ms: 1 });
  await older('PATCH', '/:trace_id', { timestamp_ms: 2, status: 'OK' }, { trace_id: begun.request_id });
  for (const version of ['3.0', '2.0'] as const) {
    const tag = version === '3.0' ? mlflow : older;
    await tag('PATCH', '/:trace_id/tags', { key: 'kept', value: 'yes' }, { trace_id: traceId });
    await tag('PATCH', '/:trace_id/tags', { key: 'dropped', value: 'yes' }, { trace_id: traceId });
    // A tag of a trace goes without a record as well: each phase has its own.
    await probe.send((phase) => ({
      route: `DELETE /api/${version}/mlflow/traces/:trace_id/tags`,
      as: 'eve',
      params: { trace_id: traceId },
      body: { key: phase },
    }));
  }
  await older('POST', '/link-to-run', { trace_ids: [traceId], run_id: runId });
  await older('POST', '/link-prompts', { trace_id: traceId, prompt_versions: [{ name: 'greeting', version: '1' }] });

  const { assessment } = await mlflow(
    'POST',
    '/:trace_id/assessments',
    { assessment: { assessment_name: 'correct', source: { source_type: 'HUMAN' }, feedback: { value: true } } },
    { trace_id: traceId },
  );
  const one = { trace_id: traceId, assessment_id: assessment.assessment_id };
  const change = { assessment: { feedback: { value: false } }, update_mask: 'feedback' };
  await mlflow('PATCH', '/:trace_id/assessments/:assessment_id', change, one);
  await mlflow('DELETE', '/:trace_id/assessments/:assessment_id', {}, one);
  await mlflow('POST', '/delete-traces', { experiment_id: experiment, request_ids: [traceId] });
  await older('POST', '/delete-traces', { experiment_id: experiment, max_timestamp_millis: 1 });
}
