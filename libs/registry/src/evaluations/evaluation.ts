import { createHash } from 'node:crypto';
import { type Actor, type Evaluation, type RecordEvaluationRequest, mayOnModel } from '@assay/contracts';
import { canonicalJsonBytes } from '@assay/pure/formats';

/** One measurement of a version, as it was reported. */
export interface EvaluationRecord {
  id: string;
  workspace: string;
  modelId: string;
  version: number;
  facts: RecordEvaluationRequest;
  /** SHA-256 over the RFC 8785 form of the facts. */
  digest: string;
  jobId: string;
  runId: string | null;
  reportedBy: string;
  onTrainingData: boolean;
  createdAt: Date;
}

type Slice = RecordEvaluationRequest['slices'][number];

/**
 * Largest minus smallest value of each metric between the groups of a slice, among groups of at least `minRows` rows. A metric that fewer
 * than two of those groups have is left out: one group has no gap.
 */
export function groupGaps(slice: Slice, minRows = 1): Record<string, number> {
  const compared = slice.groups.filter((group) => group.rows >= minRows);
  const names = [...new Set(compared.flatMap((group) => Object.keys(group.metrics)))].toSorted();
  const gaps: Record<string, number> = {};
  for (const name of names) {
    const values = compared.flatMap((group) => group.metrics[name] ?? []);
    if (values.length >= 2) gaps[name] = Math.max(...values) - Math.min(...values);
  }
  return gaps;
}

/** The digest that a promotion binds to. */
export function digestOf(facts: RecordEvaluationRequest): string {
  return createHash('sha256').update(canonicalJsonBytes(facts)).digest('hex');
}

/** An evaluation as the API answers it to somebody: what it was compared with is told of a model that they may know of. */
export function shownEvaluation(record: EvaluationRecord, actor: Actor): Evaluation {
  const { id, digest, jobId, runId, onTrainingData, createdAt, facts } = record;
  const { comparedWith: other } = facts;
  const comparedWith = other !== null && mayOnModel(actor, 'registry:read', other.name) ? other : null;
  const slices = facts.slices.map((slice) => ({ ...slice, gaps: groupGaps(slice) }));
  return {
    id,
    ...facts,
    comparedWith,
    slices,
    digest,
    jobId,
    runId,
    onTrainingData,
    createdAt: createdAt.toISOString(),
  };
}
