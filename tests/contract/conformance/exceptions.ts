import { expect } from 'vitest';
import { invalid } from './case.js';

/** Where this server answers otherwise than MLflow's own, on purpose. docs/mlflow-compatibility.md lists the same, and a test compares the two. */
export interface Exception {
  /** Name of the case. */
  readonly case: string;
  readonly reason: string;
  /** What this server answers instead. */
  readonly ours: unknown;
}

const neverACrash =
  'A request that is wrong is told so: MLflow fails with 500 here, and clients then repeat it for minutes.';

export const exceptions: readonly Exception[] = [
  {
    case: 'wire: int64 and booleans as strings',
    reason: 'The R client sends every scalar as a text, truth values among them, so both forms are taken.',
    ours: [1234, 200],
  },
  {
    case: 'wire: a body that is no JSON',
    reason: 'The caller is told that the body can not be read, instead of which field is missing from it.',
    ours: expect.objectContaining({ status: 400, error_code: 'BAD_REQUEST' }),
  },
  { case: 'wire: a body that is a list', reason: neverACrash, ours: invalid('The body must be a JSON object.') },
  {
    case: 'experiments: create with a location that climbs',
    reason: "A location with '..' may lead out of the folder or bucket that it seems to name (class of CVE-2023-6909).",
    ours: invalid(/Invalid artifact location/),
  },
  {
    case: 'runs: update to an unknown status',
    reason: 'A misspelt status is refused; MLflow ignores it and answers 200, as if the run had been ended.',
    ours: invalid('Invalid value "DONE" for parameter \'status\' supplied'),
  },
  {
    case: 'runs: log-inputs with a dataset without a name',
    reason: 'A dataset is known by name and digest; one without them could never be found again.',
    ours: invalid("Missing value for required parameter 'datasets[0].dataset.name'"),
  },
  {
    case: 'metrics: log-metric with true as value',
    reason: 'A truth value is no measurement: most often it is a mistake in the client.',
    ours: invalid("Invalid value true for parameter 'value' supplied"),
  },
  {
    case: 'runs/search: twice by the same',
    reason: neverACrash,
    ours: invalid('`order_by` contains duplicate fields'),
  },
  { case: 'logged-models: search with a garbage token', reason: neverACrash, ours: invalid(/token/i) },
  {
    case: 'model-versions: transition to None and archive others',
    reason: neverACrash,
    ours: invalid(/archive/i),
  },
];
