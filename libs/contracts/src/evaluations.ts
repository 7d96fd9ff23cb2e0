import { z } from 'zod';

/** What the platform's own evaluation measures. */
export interface MetricKind {
  readonly title: string;
  /** Smallest and largest value that the definition allows. */
  readonly range: readonly [number, number];
  /** Which direction is better; `none` for rates that matter only as a gap between groups. */
  readonly better: 'higher' | 'lower' | 'none';
  /**
   * Whether two versions can be compared by it row by row, with an interval: not by the calibration error, which resampling only ever
   * raises, nor by what has no better direction.
   */
  readonly paired: boolean;
}

/**
 * The metrics that the built-in `evaluate` recipe produces, and so the only ones a gate may ask for. Rates are of the positive
 * class at the model's decision threshold.
 */
export const evaluationMetrics = {
  auc: { title: 'Area under the ROC curve', range: [0, 1], better: 'higher', paired: true },
  accuracy: { title: 'Accuracy', range: [0, 1], better: 'higher', paired: true },
  balanced_accuracy: { title: 'Balanced accuracy', range: [0, 1], better: 'higher', paired: true },
  precision: { title: 'Precision', range: [0, 1], better: 'higher', paired: true },
  recall: { title: 'Recall (true positive rate)', range: [0, 1], better: 'higher', paired: true },
  f1: { title: 'F1', range: [0, 1], better: 'higher', paired: true },
  false_positive_rate: { title: 'False positive rate', range: [0, 1], better: 'lower', paired: true },
  selection_rate: { title: 'Selection rate (predicted positive)', range: [0, 1], better: 'none', paired: false },
  log_loss: { title: 'Logarithmic loss', range: [0, Number.POSITIVE_INFINITY], better: 'lower', paired: true },
  brier_score: { title: 'Brier score', range: [0, 1], better: 'lower', paired: true },
  calibration_error: { title: 'Expected calibration error', range: [0, 1], better: 'lower', paired: false },
} as const satisfies Record<string, MetricKind>;

export type EvaluationMetric = keyof typeof evaluationMetrics;
/** A metric by which two versions can be compared row by row. */
export type PairedMetric = {
  [Name in EvaluationMetric]: (typeof evaluationMetrics)[Name]['paired'] extends true ? Name : never;
}[EvaluationMetric];

const byName: Readonly<Record<string, MetricKind | undefined>> = evaluationMetrics;

/** Range and direction of a metric by its name; undefined where the platform measures no such thing. */
export function metricKind(name: string): MetricKind | undefined {
  return Object.hasOwn(byName, name) ? byName[name] : undefined;
}

export function isPairedMetric(name: string): name is PairedMetric {
  return metricKind(name)?.paired === true;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
const metricValues = z
  .record(z.string(), z.number())
  .superRefine((values, context) => {
    for (const [name, value] of Object.entries(values)) {
      const kind = metricKind(name);
      if (kind === undefined) {
        context.addIssue({ code: 'custom', path: [name], message: `'${name}' is no evaluation metric` });
      } else if (value < kind.range[0] || value > kind.range[1]) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `${name} lies outside ${kind.range[0]}…${kind.range[1]}`,
        });
      }
    }
  })
  .describe('Metric name → value. A metric that is undefined on these rows (one class only) is left out.');

const rows = z.int().min(1);
const modelVersion = z.object({
  name: z.string().min(1).max(256).describe('Registered model.'),
  version: z
    .string()
    .regex(/^[1-9]\d{0,9}$/)
    .describe('Version number.'),
});

const group = z.object({
  value: z.string().max(500).describe('Value, or interval, of the group column.'),
  rows: rows.describe('Rows of the group.'),
  metrics: metricValues,
});

const slice = z.object({
  column: z.string().min(1).max(255).describe('Column that the groups come from.'),
  edges: z
    .array(z.number())
    .min(1)
    .max(50)
    .optional()
    .describe('Upper edges at which its numbers were cut; without them each value is a group.'),
  groups: z.array(group).min(1).max(200).describe('Groups, in the order of their value.'),
});

const calibrationBin = z.object({
  lower: z.number().min(0).max(1).describe('Lower edge of the predicted score.'),
  upper: z.number().min(0).max(1).describe('Upper edge.'),
  rows: z.int().min(0).describe('Rows in the bin.'),
  meanScore: z.number().min(0).max(1).nullable().describe('Mean predicted score; null in an empty bin.'),
  observedRate: z.number().min(0).max(1).nullable().describe('Share of positives observed; null in an empty bin.'),
});

const evaluationFacts = {
  model: modelVersion
    .extend({
      manifest: sha256.describe('Digest of its sealed files: which version it was, whatever it is called now.'),
    })
    .describe('What was evaluated.'),
  dataset: z
    .object({
      name: z.string().min(1).max(500).describe('Dataset.'),
      version: z.int().min(1).describe('Version of the dataset.'),
      digest: sha256.describe('SHA-256 of the content.'),
    })
    .describe('What it was evaluated on.'),
  rows: rows.describe('Rows evaluated.'),
  threshold: z.number().min(0).max(1).describe('Score from which on a row counts as positive.'),
  metrics: metricValues,
  slices: z.array(slice).max(50).describe('The same by group.'),
  calibration: z.array(calibrationBin).max(100).describe('Reliability table.'),
  comparedWith: modelVersion.nullable().describe("The pointer's holder or the baseline that was evaluated beside it."),
  scores: z
    .object({
      path: z
        .string()
        .min(1)
        .max(1024)
        .describe('Artifact of the evaluating run that holds label, score and groups of each row; it never changes.'),
      digest: sha256.describe('SHA-256 of that file.'),
      rows: rows.describe('Scores in it.'),
    })
    .describe('The score of each row, kept so that every metric can be computed again.'),
};

export const recordEvaluationRequest = z.object(evaluationFacts).meta({ id: 'RecordEvaluationRequest' });

export const evaluation = z
  .object({
    id: z.string().describe('Id of the evaluation.'),
    ...evaluationFacts,
    slices: z
      .array(
        slice.extend({ gaps: metricValues.describe('Largest minus smallest value between the groups, per metric.') }),
      )
      .describe('The same by group, with the gaps between groups.'),
    digest: sha256.describe('SHA-256 of the facts (RFC 8785): what a promotion binds to.'),
    jobId: z.string().describe('Job that measured it.'),
    runId: z.string().nullable().describe('Run of that job.'),
    onTrainingData: z
      .boolean()
      .describe('true: the version was trained on this very dataset version, so no gate accepts it.'),
    createdAt: z.iso.datetime().describe('When it was reported.'),
  })
  .meta({ id: 'Evaluation' });

export const evaluationRequest = z
  .object({ id: z.string().min(1).max(64).describe('Id of the evaluation.') })
  .meta({ id: 'EvaluationRequest' });
export const evaluationListRequest = z
  .object({
    model: z.string().min(1).max(256).describe('Registered model.'),
    version: z
      .string()
      .regex(/^[1-9]\d{0,9}$/)
      .optional()
      .describe('Version; without it, all of them.'),
    datasetDigest: sha256.optional().describe('Only evaluations on this dataset version.'),
  })
  .meta({ id: 'EvaluationListRequest' });
export const evaluationList = z
  .object({ evaluations: z.array(evaluation).describe('Newest first, at most 200.') })
  .meta({ id: 'EvaluationList' });

export type RecordEvaluationRequest = z.infer<typeof recordEvaluationRequest>;
export type Evaluation = z.infer<typeof evaluation>;
