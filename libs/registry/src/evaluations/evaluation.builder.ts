import type { EvaluationRecord } from './evaluation.js';
import { digestOf } from './evaluation.js';

type Facts = EvaluationRecord['facts'];
type NamedVersion = Omit<Facts['model'], 'manifest'> & { manifest?: string };

/** The digest that the builders of versions give to the files of a version. */
const manifestOf = (version: number): string => version.toString(16).padStart(64, 'a');

/** An evaluation for tests: a good model on a pinned dataset, with two groups; `facts` and the rest can be overridden. */
export function anEvaluation(
  change: Partial<Omit<EvaluationRecord, 'facts' | 'digest'>> = {},
  { model, ...facts }: Partial<Omit<Facts, 'model'>> & { model?: NamedVersion } = {},
): EvaluationRecord {
  const named = { name: 'credit-risk', version: String(change.version ?? 2), ...model };
  const full: Facts = {
    model: { ...named, manifest: model?.manifest ?? manifestOf(Number(named.version)) },
    dataset: { name: 'holdout', version: 1, digest: 'd'.repeat(64) },
    rows: 150,
    threshold: 0.5,
    metrics: { auc: 0.78, accuracy: 0.75, log_loss: 0.5 },
    slices: [
      {
        column: 'sex',
        groups: [
          { value: 'female', rows: 50, metrics: { auc: 0.75, selection_rate: 0.3 } },
          { value: 'male', rows: 100, metrics: { auc: 0.8, selection_rate: 0.25 } },
        ],
      },
    ],
    calibration: [],
    comparedWith: null,
    scores: { path: 'scores/1.csv', digest: 'e'.repeat(64), rows: 150 },
    ...facts,
  };
  return {
    id: `evaluation-${change.version ?? 2}`,
    workspace: 'default',
    modelId: 'model',
    version: 2,
    jobId: 'job',
    runId: null,
    reportedBy: 'eve',
    onTrainingData: false,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    ...change,
    facts: full,
    digest: digestOf(full),
  };
}
