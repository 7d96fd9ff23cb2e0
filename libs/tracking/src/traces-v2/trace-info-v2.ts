import type { TraceInfoV2Message } from '@assay/pure/mlflow-wire';
import { type TextMap, type TraceInfo, traceKeys } from '../traces/trace.js';

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** A trace as clients before 3.0 know it: maps are lists of pairs, and a trace that goes on has taken no time. */
export function traceInfoToV2(trace: TraceInfo): TraceInfoV2Message {
  // Those clients never heard of the mark that a trace's facts are complete.
  const { [traceKeys.finalized]: _, ...metadata } = trace.metadata;
  return {
    request_id: trace.id,
    experiment_id: trace.experimentId,
    timestamp_ms: trace.requestTimeMs,
    execution_time_ms: trace.durationMs ?? 0,
    status: trace.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : trace.state,
    ...(Object.keys(metadata).length > 0 ? { request_metadata: pairsOf(metadata) } : {}),
    ...(Object.keys(trace.tags).length > 0 ? { tags: pairsOf(trace.tags) } : {}),
  };
}

/** Pairs as a map; of equal keys the last one counts. */
export function mapOf(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

function pairsOf(map: TextMap): Pair[] {
  return Object.entries(map).map(([key, value]) => ({ key, value }));
}
