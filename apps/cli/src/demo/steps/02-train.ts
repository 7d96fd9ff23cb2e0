import { metricHistoryAnswer, artifactsAnswer, runAnswer } from '../../mlflow-wire.js';
import { table } from '../../output/table.js';
import { type Step, numberFact } from '../demo.js';
import { runJob } from '../find-or-make.js';
import { story } from '../story.js';
import { trainingJob } from '../training-job.js';

export const train: Step = {
  id: 'train',
  title: 'Train a model: a job with its own worker, tracked as a run',
  run: async (demo) => {
    const dataset = {
      name: 'german-credit-training',
      version: numberFact(demo, 'register-dataset', 'trainingVersion'),
    };
    const job = await runJob(
      demo,
      trainingJob(demo, { dataset, runName: demo.names.run('first-training'), seed: story.seeds.training }),
    );
    const backend = job.attempts.at(-1)?.backend ?? null;
    demo.holds(backend !== null, 'the worker said what it computed on');
    demo.holds(
      job.dataRead.some(
        (read) => read.name === dataset.name && read.sha256 === demo.fact('register-dataset', 'trainingDigest'),
      ),
      'the job read exactly the registered bytes',
    );

    const api = demo.as('engineer');
    const { run } = await api.get('/api/2.0/mlflow/runs/get', runAnswer, { run_id: job.runId ?? '' });
    const history = await api.get('/api/2.0/mlflow/metrics/get-history', metricHistoryAnswer, {
      run_id: run.info.run_id,
      metric_key: 'loss',
    });
    const { files } = await api.get('/api/2.0/mlflow/artifacts/list', artifactsAnswer, { run_id: run.info.run_id });
    const epochs = Number(job.result?.epochs_run);
    demo.holds(run.info.status === 'FINISHED', 'the run is finished');
    demo.holds(run.data.params.length > 0, `the run has ${run.data.params.length} parameters`);
    demo.holds(history.metrics.length === epochs, `each of the ${epochs} epochs left a point of the loss`);
    demo.holds(files.length > 0, `the run has artifacts (${files.map(({ path }) => path).join(', ')})`);
    const first = Number(history.metrics[0]?.value);
    const last = Number(history.metrics.at(-1)?.value);
    demo.holds(last < first, `the loss fell from ${first.toFixed(3)} to ${last.toFixed(3)}`);
    if (backend?.kind === 'portable') demo.tell(`${backend.reason}\n`);
    demo.tell(
      table(run.data.metrics, [
        { title: 'metric', value: (row) => row.key },
        { title: 'value', value: (row) => Number(row.value), align: 'right' },
      ]),
    );
    return {
      jobId: job.id,
      runId: run.info.run_id,
      modelId: job.result?.modelId,
      backend: backend === null ? null : `${backend.kind} ${backend.name} ${backend.version}`,
      backendKind: backend?.kind,
      epochs,
      firstLoss: first,
      lastLoss: last,
      metrics: Object.fromEntries(run.data.metrics.map(({ key, value }) => [key, Number(value)])),
      params: Object.fromEntries(run.data.params.map(({ key, value }) => [key, value])),
    };
  },
};
