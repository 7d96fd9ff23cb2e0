import { z } from 'zod';
import type { DatasetInput } from '@assay/contracts';
import type { RecipeContext } from '../recipe.js';
import { anyObject, ApiError, ignoreExisting } from './api-client.js';
import { artifactPath } from './artifact-path.js';
import { MetricStream } from './metric-stream.js';

const experiment = z.looseObject({ experiment: z.looseObject({ experiment_id: z.string() }) });
const run = z.looseObject({
  info: z.looseObject({ run_id: z.string(), experiment_id: z.string(), artifact_uri: z.string() }),
  data: z.looseObject({ tags: z.array(z.looseObject({ key: z.string(), value: z.string() })).default([]) }),
});
const runAnswer = z.looseObject({ run });
const history = z.looseObject({
  metrics: z.array(z.looseObject({ step: z.number().default(0) })).default([]),
  next_page_token: z.string().optional(),
});

export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly step?: number;
  /** Logged model that the metric is about. */
  readonly modelId?: string;
}

/** The run of a job: one per job, however many attempts it takes. */
export class JobRun {
  private readonly metrics = new MetricStream((metrics) => this.logBatch({ metrics }));

  private constructor(
    private readonly context: RecipeContext,
    readonly runId: string,
    readonly experimentId: string,
    private readonly artifactUri: string,
  ) {}

  /** Continues the job's run, or makes it. */
  static async open(
    context: RecipeContext,
    experimentName: string,
    name: string | undefined,
    recipe: string,
  ): Promise<JobRun> {
    const experimentId = await findExperiment(context, experimentName);
    const { info } =
      context.runId === null
        ? await makeRun(context, experimentId, name, recipe)
        : await readRun(context, context.runId);
    if (context.runId === null) await context.bindRun(info.run_id);
    const opened = new JobRun(context, info.run_id, info.experiment_id, info.artifact_uri);
    if (context.epoch > 1) await opened.update('RUNNING');
    return opened;
  }

  /** Parameters, as text; writing the same again is no change. */
  async logParams(params: Readonly<Record<string, unknown>>): Promise<void> {
    const entries = Object.entries(params).map(([key, value]) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }));
    for (let start = 0; start < entries.length; start += 100)
      await this.logBatch({ params: entries.slice(start, start + 100) });
  }

  async logMetrics(points: readonly MetricPoint[]): Promise<void> {
    this.streamMetrics(points);
    await this.metrics.settle();
  }

  /** Logs without waiting for the answer; `logMetrics` and `update` wait for all that was streamed before. */
  streamMetrics(points: readonly MetricPoint[]): void {
    const timestamp = this.context.now().getTime();
    this.metrics.add(
      points.map(({ key, value, step = 0, modelId }) => ({
        key,
        value,
        step,
        timestamp,
        ...(modelId === undefined ? {} : { model_id: modelId }),
      })),
    );
  }

  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    await this.logBatch({ tags: Object.entries(tags).map(([key, value]) => ({ key, value })) });
  }

  /** What an earlier attempt or this one has set. */
  async tag(key: string): Promise<string | null> {
    const { data } = await readRun(this.context, this.runId);
    return data.tags.find((tag) => tag.key === key)?.value ?? null;
  }

  /** Highest step that has this metric; -1 without one. An attempt that repeats an earlier one's steps need not log them again. */
  async lastStep(key: string): Promise<number> {
    let last = -1;
    let token: string | undefined;
    do {
      const page = token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`;
      const answer = await this.context.api.get(
        `/api/2.0/mlflow/metrics/get-history?run_id=${this.runId}&metric_key=${encodeURIComponent(key)}&max_results=25000${page}`,
        history,
      );
      for (const { step } of answer.metrics) last = Math.max(last, step);
      token = answer.next_page_token;
    } while (token !== undefined && token !== '');
    return last;
  }

  async logDataset(
    dataset: DatasetInput & { sha256: string },
    use: 'training' | 'evaluation' | 'scoring',
  ): Promise<void> {
    const source = JSON.stringify({ dataset: dataset.name, version: dataset.version, sha256: dataset.sha256 });
    const entry = {
      tags: [{ key: 'mlflow.data.context', value: use }],
      dataset: { name: dataset.name, digest: dataset.sha256.slice(0, 36), source_type: 'assay', source },
    };
    await this.context.api.send(
      'POST',
      '/api/2.0/mlflow/runs/log-inputs',
      { run_id: this.runId, datasets: [entry] },
      anyObject,
      { repeatable: true },
    );
  }

  async upload(path: string, bytes: Uint8Array, type: string): Promise<void> {
    await this.context.api.upload(artifactPath(this.artifactUri, path), bytes, type);
  }

  async update(status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void> {
    await this.metrics.settle();
    const end = status === 'RUNNING' ? {} : { end_time: this.context.now().getTime() };
    await this.context.api.send(
      'POST',
      '/api/2.0/mlflow/runs/update',
      { run_id: this.runId, status, ...end },
      anyObject,
      { repeatable: true },
    );
  }

  private async logBatch(batch: Record<string, unknown>): Promise<void> {
    await this.context.api.send('POST', '/api/2.0/mlflow/runs/log-batch', { run_id: this.runId, ...batch }, anyObject, {
      repeatable: true,
    });
  }
}

async function findExperiment({ api }: RecipeContext, name: string): Promise<string> {
  const read = () =>
    api.get(`/api/2.0/mlflow/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`, experiment);
  try {
    return (await read()).experiment.experiment_id;
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
  await ignoreExisting(
    api.send('POST', '/api/2.0/mlflow/experiments/create', { name }, anyObject, { repeatable: true }),
  );
  return (await read()).experiment.experiment_id;
}

async function readRun({ api }: RecipeContext, runId: string): Promise<z.infer<typeof run>> {
  return (await api.get(`/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(runId)}`, runAnswer)).run;
}

async function makeRun(
  context: RecipeContext,
  experimentId: string,
  name: string | undefined,
  recipe: string,
): Promise<z.infer<typeof run>> {
  const tags = [
    { key: 'assay.job.id', value: context.jobId },
    { key: 'assay.recipe', value: recipe },
    { key: 'mlflow.source.type', value: 'JOB' },
    { key: 'mlflow.source.name', value: `assay ${recipe}` },
  ];
  const request = {
    experiment_id: experimentId,
    tags,
    ...(name === undefined ? {} : { run_name: name }),
  };
  // Every attempt asks the same under the same key, so a run that an earlier one made without binding it is found again.
  return (await context.api.send('POST', '/api/2.0/mlflow/runs/create', request, runAnswer, { key: 'run' })).run;
}
