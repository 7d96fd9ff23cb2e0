import { randomUUID } from 'node:crypto';
import type { SeededRandom } from '@assay/pure/ml';
import { z } from 'zod';
import { type Journal, type Point, RunJournal } from './journal.js';
import { readHistory } from './read-back.js';
import type { StormApi } from './storm-api.js';

const anything = z.looseObject({});
const runMade = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const modelMade = z.object({ model: z.object({ info: z.object({ model_id: z.string() }) }) });
const versionMade = z.object({ model_version: z.object({ version: z.string() }) });

const callsPerRun = 30;
const epochMs = 1_700_000_000_000;

export interface StormScene {
  readonly api: StormApi;
  readonly journal: Journal;
  readonly experiment: string;
  /** A run that all clients log to. */
  readonly shared: RunJournal;
  readonly models: readonly string[];
}

/** Makes a run under a key of its own, so that a lost answer can't make two. */
export async function makeRun({ api, journal, experiment }: Omit<StormScene, 'shared'>): Promise<RunJournal> {
  const key = randomUUID();
  const request = { experiment_id: experiment, run_name: key, start_time: epochMs };
  const { answer, auditIds } = await api.post('runs/create', request, runMade, key);
  const run = new RunJournal(answer.run.info.run_id);
  run.tags.set('mlflow.runName', key);
  journal.runs.push(run);
  journal.auditIds.push(...auditIds);
  return run;
}

/** One training script of 32: logs whatever scripts log until it is told to stop, and writes down what was acknowledged. */
export class StormClient {
  private sequence = 0;
  private calls = 0;
  private run: RunJournal | null = null;

  constructor(
    private readonly index: number,
    private readonly scene: StormScene,
    private readonly random: SeededRandom,
  ) {}

  async logUntil(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      if (this.run === null || this.calls % callsPerRun === 0) this.run = await makeRun(this.scene);
      this.calls += 1;
      await this.logSomething(this.run);
    }
  }

  private async logSomething(run: RunJournal): Promise<void> {
    const choice = this.random.next();
    if (choice < 0.3) await this.logMetric(run, `metric ${this.pick(4)}`);
    else if (choice < 0.45) await this.logMetric(this.scene.shared, `shared ${this.pick(3)}`);
    else if (choice < 0.7) await this.logBatch(run);
    else if (choice < 0.8) await this.logParam(run);
    else if (choice < 0.87) await this.setTag(run);
    else if (choice < 0.92) await this.makeLoggedModel(run);
    else if (choice < 0.96) await this.registerVersion(run);
    else await this.readOwnWrites(run);
  }

  private async logMetric(run: RunJournal, key: string): Promise<void> {
    const point = this.newPoint();
    await this.scene.api.post('runs/log-metric', { run_id: run.id, key, ...point }, anything);
    run.addPoint(key, point);
  }

  private async logBatch(run: RunJournal): Promise<void> {
    const metrics = Array.from({ length: 10 + this.pick(190) }, (_, place) => ({
      key: `batch ${place % 5}`,
      ...this.newPoint(),
    }));
    const params = [0, 1, 2].map((place) => ({ key: `b${this.sequence}.${place}`, value: randomUUID() }));
    const tags = [{ key: `tag ${this.pick(5)}`, value: String(this.sequence) }];
    await this.scene.api.post('runs/log-batch', { run_id: run.id, metrics, params, tags }, anything);
    for (const { key, ...point } of metrics) run.addPoint(key, point);
    for (const { key, value } of params) run.params.set(key, value);
    for (const { key, value } of tags) run.tags.set(key, value);
  }

  private async logParam(run: RunJournal): Promise<void> {
    const param = { key: `p${(this.sequence += 1)}`, value: randomUUID() };
    await this.scene.api.post('runs/log-parameter', { run_id: run.id, ...param }, anything);
    run.params.set(param.key, param.value);
  }

  private async setTag(run: RunJournal): Promise<void> {
    const tag = { key: 'state', value: randomUUID() };
    await this.scene.api.post('runs/set-tag', { run_id: run.id, ...tag }, anything);
    run.tags.set(tag.key, tag.value);
  }

  private async makeLoggedModel(run: RunJournal): Promise<void> {
    const { api, journal, experiment } = this.scene;
    const key = randomUUID();
    const request = {
      experiment_id: experiment,
      name: 'model',
      source_run_id: run.id,
      tags: [{ key: 'k', value: key }],
    };
    const { answer, auditIds } = await api.post('logged-models', request, modelMade, key);
    journal.loggedModels.push(answer.model.info.model_id);
    journal.auditIds.push(...auditIds);
  }

  private async registerVersion(run: RunJournal): Promise<void> {
    const { api, journal, models } = this.scene;
    const key = randomUUID();
    const model = models[this.pick(models.length)] ?? '';
    const source = `s3://storm/${key}`;
    const request = { name: model, source, run_id: run.id };
    const { answer, auditIds } = await api.post('model-versions/create', request, versionMade, key);
    journal.addVersion(model, answer.model_version.version, source);
    journal.auditIds.push(...auditIds);
  }

  /** Whatever was acknowledged is seen at once, also while old chunks are being folded into larger ones. */
  private async readOwnWrites(run: RunJournal): Promise<void> {
    for (const [key, points] of run.points) {
      const found = new Set((await readHistory(this.scene.api, run.id, key)).map(({ step }) => step));
      const missing = points.filter(({ step }) => !found.has(step));
      if (missing.length > 0)
        throw new Error(`${missing.length} acknowledged points of '${key}' can't be read in run ${run.id}`);
    }
  }

  /** A point that no other client and no other call of this one sends. */
  private newPoint(): Point {
    this.sequence += 1;
    const step = this.sequence * 64 + this.index;
    return { timestamp: epochMs + step, step, value: this.random.next() };
  }

  private pick(count: number): number {
    return Math.floor(this.random.next() * count);
  }
}
