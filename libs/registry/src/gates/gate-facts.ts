import type { GateOutcome, GateResult } from '@assay/contracts';
import type { MonitorState } from '@assay/drift-reads';
import type { CheckVerdict } from '@assay/runner-reads';
import type { EvaluationRecord } from '../evaluations/evaluation.js';
import type { ComparisonResult } from './comparison.js';

/** Everything that gates may look at. The evaluations are those on the data that the policy pins. */
export interface GateFacts {
  readonly now: Date;
  readonly candidate: EvaluationRecord | null;
  /** Version that holds the pointer now; null while nothing does. */
  readonly holder: number | null;
  readonly holderEvaluation: EvaluationRecord | null;
  /** What is known of the comparisons that gates ask for, by their ids. */
  readonly comparisons: ReadonlyMap<string, ComparisonResult>;
  /** What the author's own run logged; null where the version came from none, or no gate may look at it. */
  readonly reported: ReportedMetrics | null;
  /** Monitors of what the pointer serves; empty where no gate looks at them. */
  readonly monitors: readonly MonitorState[];
  /** What scripts said of the version; null where no gate asks for one. */
  readonly checked: CheckedVersion | null;
}

/** The version with the jobs that check it by scripts. */
export interface CheckedVersion {
  readonly manifest: string | null;
  /** Digest of the pinned dataset version. */
  readonly dataset: string;
  readonly onTrainingData: boolean;
  /** Newest first. */
  readonly verdicts: readonly CheckVerdict[];
}

/** Latest values of metrics of a run: the author's word, no fact of the platform's. */
export interface ReportedMetrics {
  readonly runId: string;
  readonly metrics: ReadonlyMap<string, { readonly value: number; readonly timestamp: number; readonly step: number }>;
}

/** One thing that a gate looked at. */
export interface Looked {
  readonly kind: GateResult['evidence'][number]['kind'];
  readonly id: string;
  readonly digest: string;
  /** Since when it says what it says, by the platform's clock: how old the evidence is. Null where only its author says so. */
  readonly at: Date | null;
}

/** What a gate found. */
export interface Finding {
  readonly outcome: GateOutcome;
  readonly observed: string;
  readonly looked: readonly Looked[];
  /** It rests on the author's own number. */
  readonly selfReported?: true;
  /** The platform is making the facts that are missing. */
  readonly pending?: true;
}

/** Floating point sums of the same numbers may differ in the last bits; a gate never turns on those. */
export const tolerance = 1e-12;

export function looked({ id, digest, createdAt }: EvaluationRecord): Looked {
  return { kind: 'evaluation', id, digest, at: createdAt };
}

/** A number as people read it. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** `at least 0.7 and at most 0.9`. */
export function boundsText({ atLeast, atMost }: Bounds): string {
  return [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ].join(' and ');
}

export interface Bounds {
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

export function withinBounds(value: number, { atLeast, atMost }: Bounds): boolean {
  return (
    (atLeast === undefined || value >= atLeast - tolerance) && (atMost === undefined || value <= atMost + tolerance)
  );
}
