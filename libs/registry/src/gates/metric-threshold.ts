import { createHash } from 'node:crypto';
import { type Gate, metricKind } from '@assay/contracts';
import { canonicalJsonBytes } from '@assay/pure/formats';
import { type Finding, type GateFacts, type Looked, boundsText, looked, shown, withinBounds } from './gate-facts.js';

type MetricThreshold = Extract<Gate, { gate: 'metric-threshold' }>;

export function metricThresholdText(gate: MetricThreshold): string {
  return `${gate.metric} ${boundsText(gate)}`;
}

/** A metric of the evaluation on the pinned data; of the author's own run only where the policy says so, and marked. */
export function metricThreshold(gate: MetricThreshold, { candidate, reported }: GateFacts): Finding {
  // A self-reported metric may have any name, also one that every object of JavaScript answers to.
  const measured = metricKind(gate.metric) === undefined ? undefined : candidate?.facts.metrics[gate.metric];
  if (candidate !== null && measured !== undefined) {
    return {
      outcome: withinBounds(measured, gate) ? 'passed' : 'failed',
      observed: `${gate.metric} is ${shown(measured)}`,
      looked: [looked(candidate)],
    };
  }
  const why =
    candidate === null ? 'the version has no evaluation on the pinned data' : `${gate.metric} was not measured`;
  if (gate.selfReported !== 'allowed')
    return { outcome: 'missing', observed: why, looked: candidate === null ? [] : [looked(candidate)] };
  const own = reported?.metrics.get(gate.metric);
  if (reported === null || own === undefined)
    return { outcome: 'missing', observed: `${why}, and the version's own run logged no ${gate.metric}`, looked: [] };
  if (!Number.isFinite(own.value))
    return {
      outcome: 'missing',
      observed: `the version's own run logged a ${gate.metric} that is no number`,
      looked: [],
    };
  return {
    outcome: withinBounds(own.value, gate) ? 'passed' : 'failed',
    observed: `${gate.metric} is ${shown(own.value)}, self-reported: the version's own run ${reported.runId} says so, and the platform has not measured it`,
    looked: [reportedEvidence(reported.runId, gate.metric, own)],
    selfReported: true,
  };
}

function reportedEvidence(
  runId: string,
  metric: string,
  { value, timestamp, step }: { value: number; timestamp: number; step: number },
): Looked {
  const digest = createHash('sha256')
    .update(canonicalJsonBytes({ runId, metric, value, timestamp, step }))
    .digest('hex');
  return { kind: 'run-metric', id: runId, digest, at: null };
}
