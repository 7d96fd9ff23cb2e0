import { type Evaluation, evaluationList } from '@assay/contracts';
import { table } from '../output/table.js';
import { BrokenStory, type Demo, numberFact, textFact } from './demo.js';
import { runJob } from './find-or-make.js';
import { story } from './story.js';

/** Lets the platform measure a version on the held-out applicants, beside the version it would replace. */
export async function evaluateVersion(
  demo: Demo,
  version: string,
  comparedWith?: string,
): Promise<{ jobId: string; evaluation: Evaluation }> {
  const name = demo.names.model;
  const job = await runJob(demo, {
    recipe: 'evaluate',
    inputs: {
      model: { name, version },
      dataset: { name: 'german-credit-held-out', version: numberFact(demo, 'register-dataset', 'heldOutVersion') },
      ...(comparedWith === undefined ? {} : { comparedWith: { name, version: comparedWith } }),
    },
    params: {
      experiment: demo.names.experiment,
      runName: demo.names.run(`evaluation-of-version-${version}`),
      slices: story.slices.map((slice) =>
        'edges' in slice ? { column: slice.column, edges: [...slice.edges] } : { ...slice },
      ),
    },
  });
  const { evaluations } = await demo.as('engineer').get('/api/v1/evaluations', evaluationList, {
    model: name,
    version,
    datasetDigest: textFact(demo, 'register-dataset', 'heldOutDigest'),
  });
  const evaluation = evaluations.find((one) => one.jobId === job.id);
  if (evaluation === undefined)
    throw new BrokenStory(`The job ${job.id} reported no evaluation of version ${version}.`);
  return { jobId: job.id, evaluation };
}

/** The evaluation as a small table: everybody, then each group. */
export function evaluationText(evaluation: Evaluation): string {
  const groups = evaluation.slices.flatMap((slice) =>
    slice.groups.map((group) => ({ who: `${slice.column} ${group.value}`, rows: group.rows, metrics: group.metrics })),
  );
  return table(
    [{ who: 'everybody', rows: evaluation.rows, metrics: evaluation.metrics }, ...groups],
    [
      { title: `version ${evaluation.model.version}`, value: (row) => row.who },
      { title: 'rows', value: (row) => row.rows, align: 'right' },
      { title: 'auc', value: (row) => row.metrics.auc, align: 'right' },
      { title: 'accuracy', value: (row) => row.metrics.accuracy, align: 'right' },
      { title: 'calibration error', value: (row) => row.metrics.calibration_error, align: 'right' },
    ],
  );
}
