import type { z } from 'zod';
import { limits } from './limits.js';
import { isEntityKey, isRunId } from './names.js';
import type { MetricInput, Param } from './run-messages.js';
import type { LogBatchRequest, logMetricRequest } from './runs.js';
import { isPlainText } from './scalars.js';

/*
 * The schemas of log-batch and log-metric judge a thousand points in about three milliseconds, several times what storing them costs. Nearly
 * every request has the one plain shape that MLflow's clients send: known fields in snake_case, numbers as numbers, nothing over a limit.
 * These readers accept exactly that, and answer null for anything else, which the schema then judges: what is refused, and in which words,
 * is the schema's alone. A property test holds both to the same answers.
 */

type LogMetricRequest = z.infer<typeof logMetricRequest>;

/** A log-batch of the plain shape, as `logBatchRequest` would answer it; null for any other. */
export function readPlainLogBatch(input: object): LogBatchRequest | null {
  let runId: string | null = null;
  let metrics: MetricInput[] | null = [];
  let params: Param[] | null = [];
  let tags: Param[] | null = [];
  for (const [field, value] of Object.entries(input)) {
    if (field === 'run_id') runId = isRunId(value) ? value : null;
    else if (field === 'metrics') metrics = readMetrics(value);
    else if (field === 'params') params = readTexts(value, limits.batchParams, limits.paramValue);
    else if (field === 'tags') tags = readTexts(value, limits.batchTags, limits.runTagValue);
    else return null;
  }
  if (runId === null || metrics === null || params === null || tags === null) return null;
  if (metrics.length + params.length + tags.length > limits.batchEntities) return null;
  if (new Set(params.map(({ key }) => key)).size < params.length) return null;
  return { run_id: runId, metrics, params, tags };
}

/** A log-metric of the plain shape, as `logMetricRequest` would answer it; null for any other. Python's client names the run twice. */
export function readPlainLogMetric(input: object): LogMetricRequest | null {
  const { run_id, run_uuid: _old, ...rest }: { run_id?: unknown; run_uuid?: unknown } = input;
  const metric = readMetric(rest, isEntityKey);
  return metric === null || !isRunId(run_id) ? null : { run_id, ...metric };
}

function readMetrics(value: unknown): MetricInput[] | null {
  if (!Array.isArray(value) || value.length > limits.batchMetrics) return null;
  const known = new Set<string>();
  const isKnownKey = (key: string): boolean => {
    if (known.has(key)) return true;
    if (!isEntityKey(key)) return false;
    known.add(key);
    return true;
  };
  const metrics: MetricInput[] = [];
  for (const item of value) {
    const metric = readMetric(item, isKnownKey);
    if (metric === null) return null;
    metrics.push(metric);
  }
  return metrics;
}

function readMetric(item: unknown, isKey: (key: string) => boolean): MetricInput | null {
  if (typeof item !== 'object' || item === null) return null;
  const { key, value, timestamp, step }: { key?: unknown; value?: unknown; timestamp?: unknown; step?: unknown } = item;
  if (typeof key !== 'string' || !isKey(key)) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp) || timestamp < 0) return null;
  if (step !== undefined && (typeof step !== 'number' || !Number.isSafeInteger(step))) return null;
  let unknown = 'step' in item ? -4 : -3;
  for (const _field in item) unknown += 1;
  return unknown === 0 ? { key, value, timestamp, step: step ?? 0 } : null;
}

function readTexts(given: unknown, most: number, longest: number): Param[] | null {
  if (!Array.isArray(given) || given.length > most) return null;
  const texts: Param[] = [];
  for (const item of given) {
    if (typeof item !== 'object' || item === null) return null;
    const { key, value, ...rest }: { key?: unknown; value?: unknown } = item;
    if (typeof key !== 'string' || !isEntityKey(key)) return null;
    if (typeof value !== 'string' || value.length > longest || !isPlainText(value)) return null;
    for (const _field in rest) return null;
    texts.push({ key, value });
  }
  return texts;
}
