import { createHash } from 'node:crypto';
import { type Gate, isPairedMetric, type PairedMetric } from '@assay/contracts';
import { canonicalJsonBytes, type JsonObject } from '@assay/pure/formats';
import { leastResamples, mostRowsCompared } from '@assay/pure/stats';
import { z } from 'zod';
import type { EvaluationRecord } from '../evaluations/evaluation.js';

/** What is compared, and how. By the digests of the scores, so that the same question always has the same answer. */
export interface ComparisonSpec {
  readonly method: 'paired-percentile-bootstrap';
  readonly workspace: string;
  readonly metric: PairedMetric;
  readonly confidence: number;
  readonly resamples: number;
  readonly candidate: ComparedScores;
  readonly holder: ComparedScores;
}

interface ComparedScores {
  /** Evaluation that kept them: another one may be readable where this one's scores were lost. */
  readonly evaluation: string;
  /** SHA-256 of the table of scores. */
  readonly scores: string;
  readonly threshold: number;
}

/** What came of a comparison. `impossible`: the scores can't be compared, and never will be. */
export const comparisonResult = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('compared'),
    estimate: z.number(),
    low: z.number(),
    high: z.number(),
    resamples: z.number(),
  }),
  z.object({ outcome: z.literal('impossible'), reason: z.string() }),
]);
export type ComparisonResult = z.infer<typeof comparisonResult>;

export type ConfidentGate = Extract<Gate, { gate: 'not-worse-than-holder' }>;

/** Why two evaluations say nothing about each other; null where they can be compared. */
export function incomparable(candidate: EvaluationRecord, holder: EvaluationRecord): string | null {
  const [ours, theirs] = [candidate.facts, holder.facts];
  if (holder.onTrainingData) return `the holder, version ${holder.version}, was trained on the pinned data`;
  if (ours.dataset.digest !== theirs.dataset.digest || ours.rows !== theirs.rows)
    return `the rows don't match: ${ours.rows} were evaluated, and ${theirs.rows} of the holder`;
  return null;
}

/** The comparison that a gate asks for, or why there can be none. */
export function comparisonOf(
  gate: ConfidentGate & { confidence: number },
  candidate: EvaluationRecord,
  holder: EvaluationRecord,
): ComparisonSpec | { refusal: string } {
  const { metric, confidence } = gate;
  const [ours, theirs] = [candidate.facts, holder.facts];
  const unlike = incomparable(candidate, holder);
  if (unlike !== null) return { refusal: unlike };
  if (!isPairedMetric(metric)) return { refusal: `a difference of ${metric} has no interval that could be relied on` };
  if (ours.rows > mostRowsCompared)
    return { refusal: `${ours.rows} rows are more than the ${mostRowsCompared} that are compared row by row` };
  if (candidate.runId === null || holder.runId === null)
    return { refusal: 'the scores of each row are not kept: evaluate both versions again' };
  return {
    method: 'paired-percentile-bootstrap',
    workspace: candidate.workspace,
    metric,
    confidence,
    resamples: leastResamples,
    candidate: { evaluation: candidate.id, scores: ours.scores.digest, threshold: ours.threshold },
    holder: { evaluation: holder.id, scores: theirs.scores.digest, threshold: theirs.threshold },
  };
}

/** SHA-256 over the RFC 8785 form of the question. */
export function comparisonId(spec: ComparisonSpec): string {
  return digestOf({ ...spec, candidate: { ...spec.candidate }, holder: { ...spec.holder } });
}

/** Drawn from what is compared, not from who asks: nobody can choose it, and the same scores always give the same resamples. */
export function seedOf({ method, metric, candidate, holder }: ComparisonSpec): number {
  return Number.parseInt(
    digestOf({ method, metric, candidate: candidate.scores, holder: holder.scores }).slice(0, 8),
    16,
  );
}

function digestOf(value: JsonObject): string {
  return createHash('sha256').update(canonicalJsonBytes(value)).digest('hex');
}

export function resultDigest(result: ComparisonResult): string {
  return digestOf(result);
}
