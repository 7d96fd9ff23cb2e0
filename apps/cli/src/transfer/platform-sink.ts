import { createHash } from 'node:crypto';
import { completed, importedExperiment, importedOwner, importedRegistryObject } from '@assay/contracts';
import { z } from 'zod';
import { type ApiClient, ApiError, segment } from '../api-client.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { artifactsAnswer, versionAnswer } from '../mlflow-wire.js';
import type {
  ExperimentMessage,
  FileItem,
  Item,
  LoggedModelMessage,
  MetricMessage,
  RegisteredModelMessage,
  RunMessage,
  VersionMessage,
} from './items.js';
import type { Tally } from './report.js';
import { staysBelow } from './stays-below.js';
import { sourceHere, type KnownFolder } from './version-source.js';

const batchPoints = 1_000;
const batchPairs = 100;
const attempts = 5;
const anything = z.unknown();

/**
 * Writes items to the platform. Whatever the server refuses of an item is noted and left, the rest goes on; only a server that is gone, or
 * that does not let the caller import at all, ends it. Everything it does may be done again.
 */
export class PlatformSink {
  /** Experiments that the server did not take: what they hold is not asked about. */
  readonly #refused = new Set<string>();
  /** Folders of runs and logged models, where they lay and where they lie now: versions are sources inside them. */
  readonly #folders: KnownFolder[] = [];
  readonly #unfinishedRuns: (() => Promise<void>)[] = [];

  constructor(
    private readonly api: ApiClient,
    private readonly origin: string,
    private readonly tally: Tally,
    private readonly pause: (milliseconds: number) => Promise<void>,
  ) {}

  /** Takes one item. Runs and logged models may be taken side by side; everything else waits for what came before it. */
  async take(item: Item): Promise<void> {
    if (this.#refused.has(experimentOf(item) ?? '')) return;
    switch (item.kind) {
      case 'experiment':
        return this.#experiment(item.experiment);
      case 'run':
        return this.#noting(`run ${item.run.info.run_id}`, () => this.#run(item.run, item));
      case 'logged model':
        return this.#noting(`logged model ${item.model.info.model_id}`, () => this.#loggedModel(item.model, item));
      case 'end of experiment':
        return this.#endExperiment(item.experiment);
      case 'registered model':
        return this.#noting(`model ${item.model.name}`, () => this.#registeredModel(item.model));
      case 'version':
        return this.#noting(`version ${item.version.name}/${item.version.version}`, () => this.#version(item.version));
      case 'end of model':
        return this.#aliases(item.model);
    }
  }

  async #experiment(experiment: ExperimentMessage): Promise<void> {
    const { experiment_id, name, creation_time, last_update_time, tags } = experiment;
    const answer = await this.#post('/api/v1/imports/experiments', importedExperiment, {
      origin: this.origin,
      experiment_id,
      name,
      creation_time,
      last_update_time,
      tags,
    }).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status === 401 || error.status === 403) throw error;
      this.#refused.add(experiment_id);
      this.tally.leave(`experiment ${name} with all that it holds`, error.message);
      return null;
    });
    if (answer === null) return;
    this.tally.count('experiments', answer.outcome === 'present');
    if (answer.name !== name)
      this.tally.leave(`the name of experiment ${name}`, `it was taken here, so it is named ${answer.name}`);
    if (answer.experiment_id !== experiment_id)
      this.tally.leave(
        `the id ${experiment_id} of experiment ${name}`,
        `it was taken here, so the id is ${answer.experiment_id}`,
      );
  }

  async #run(run: RunMessage, { metrics, files }: Item & { kind: 'run' }): Promise<void> {
    const { info, data, inputs, outputs } = run;
    const fingerprint = fingerprintOf(run);
    const begun = await this.#post('/api/v1/imports/runs', importedOwner, {
      origin: this.origin,
      experiment_id: info.experiment_id,
      run_id: info.run_id,
      run_name: info.run_name,
      user_id: info.user_id,
      start_time: info.start_time,
      fingerprint,
    });
    this.#folders.push({ from: info.artifact_uri, to: `runs:/${info.run_id}` });
    this.tally.count('runs', begun.outcome === 'unchanged');
    if (begun.outcome === 'unchanged') return;
    const what = `run ${info.run_id}`;
    for (const params of chunks(data.params, batchPairs)) await this.#batch(what, info.run_id, { params });
    for (const tags of chunks(data.tags, batchPairs)) await this.#batch(what, info.run_id, { tags });
    for await (const page of metrics()) await this.#points(what, info.run_id, page);
    if (inputs.dataset_inputs.length > 0)
      await this.#noting(`the datasets of ${what}`, () =>
        this.#post('/api/2.0/mlflow/runs/log-inputs', anything, {
          run_id: info.run_id,
          datasets: inputs.dataset_inputs,
        }),
      );
    await this.#upload(what, begun.artifact_uri, files());
    const complete = async (): Promise<void> => {
      await this.#links(what, { info, inputs, outputs });
      await this.#post('/api/v1/imports/runs/complete', completed, {
        origin: this.origin,
        run_id: info.run_id,
        status: info.status,
        ...(info.end_time === undefined ? {} : { end_time: info.end_time }),
        lifecycle_stage: info.lifecycle_stage,
        fingerprint,
      });
    };
    // A link needs its logged model, whose metrics need this run to be active still. Only what completing needs is kept until then.
    const isLast =
      info.lifecycle_stage === 'active' && inputs.model_inputs.length === 0 && outputs.model_outputs.length === 0;
    if (isLast) await complete();
    else this.#unfinishedRuns.push(async () => this.#noting(what, complete));
  }

  async #links(
    what: string,
    { info, inputs, outputs }: Pick<RunMessage, 'info' | 'inputs' | 'outputs'>,
  ): Promise<void> {
    if (inputs.model_inputs.length > 0)
      await this.#noting(`the models that ${what} read`, () =>
        this.#post('/api/2.0/mlflow/runs/log-inputs', anything, { run_id: info.run_id, models: inputs.model_inputs }),
      );
    if (outputs.model_outputs.length > 0)
      await this.#noting(`the models that ${what} made`, () =>
        this.#post('/api/2.0/mlflow/runs/outputs', anything, { run_id: info.run_id, models: outputs.model_outputs }),
      );
  }

  async #loggedModel(model: LoggedModelMessage, { files }: Item & { kind: 'logged model' }): Promise<void> {
    const { info, data } = model;
    const fingerprint = fingerprintOf(model);
    const begun = await this.#post('/api/v1/imports/logged-models', importedOwner, {
      origin: this.origin,
      experiment_id: info.experiment_id,
      model_id: info.model_id,
      name: info.name,
      ...(info.model_type === undefined || info.model_type === '' ? {} : { model_type: info.model_type }),
      ...(info.source_run_id === undefined || info.source_run_id === '' ? {} : { source_run_id: info.source_run_id }),
      creation_time: info.creation_timestamp_ms,
      fingerprint,
    });
    this.#folders.push({ from: info.artifact_uri, to: `models:/${info.model_id}` });
    this.tally.count('loggedModels', begun.outcome === 'unchanged');
    if (begun.outcome === 'unchanged') return;
    const what = `logged model ${info.model_id}`;
    const path = `/api/2.0/mlflow/logged-models/${segment(info.model_id)}`;
    for (const params of chunks(data.params, batchPairs))
      await this.#noting(`parameters of ${what}`, () => this.#post(`${path}/params`, anything, { params }));
    for (const tags of chunks(info.tags, batchPairs))
      await this.#noting(`tags of ${what}`, () =>
        this.api.call('PATCH', `${path}/tags`, { schema: anything, body: { tags } }),
      );
    for (const [runId, points] of Map.groupBy(data.metrics, ({ run_id }) => run_id ?? ''))
      await this.#points(
        what,
        runId,
        points.map((point) => ({ ...point, model_id: info.model_id })),
      );
    await this.#upload(what, begun.artifact_uri, files());
    await this.#post('/api/v1/imports/logged-models/complete', completed, {
      origin: this.origin,
      model_id: info.model_id,
      status: info.status,
      last_update_time: info.last_updated_timestamp_ms,
      fingerprint,
    });
  }

  async #endExperiment({ experiment_id, lifecycle_stage, last_update_time }: ExperimentMessage): Promise<void> {
    for (const complete of this.#unfinishedRuns.splice(0)) await complete();
    await this.#noting(`the stage of experiment ${experiment_id}`, () =>
      this.#post('/api/v1/imports/experiments/complete', completed, {
        origin: this.origin,
        experiment_id,
        lifecycle_stage,
        last_update_time,
      }),
    );
  }

  async #registeredModel(model: RegisteredModelMessage): Promise<void> {
    const { outcome } = await this.#post('/api/v1/imports/registered-models', importedRegistryObject, {
      origin: this.origin,
      name: model.name,
      ...(model.description === '' ? {} : { description: model.description }),
      creation_time: model.creation_timestamp,
      last_update_time: model.last_updated_timestamp,
      tags: model.tags,
    });
    this.tally.count('models', outcome === 'present');
  }

  async #version(version: VersionMessage): Promise<void> {
    const { outcome } = await this.#post('/api/v1/imports/model-versions', importedRegistryObject, {
      origin: this.origin,
      name: version.name,
      version: version.version,
      source: sourceHere(version, this.#folders),
      original_source: version.source,
      ...optional({
        run_id: version.run_id,
        run_link: version.run_link,
        model_id: version.model_id,
        user_id: version.user_id,
        description: version.description,
      }),
      creation_time: version.creation_timestamp,
      last_update_time: version.last_updated_timestamp,
      tags: version.tags,
    });
    this.tally.count('versions', outcome === 'present');
    if (version.current_stage === 'None' || version.current_stage === '') return;
    await this.#noting(`the stage ${version.current_stage} of ${version.name}/${version.version}`, async () => {
      // One that is here may have lost its stage where an import broke off, or have been given another since.
      if (outcome === 'present' && (await this.#stageHere(version)) !== 'None') return;
      await this.#post('/api/2.0/mlflow/model-versions/transition-stage', anything, {
        name: version.name,
        version: version.version,
        stage: version.current_stage,
        archive_existing_versions: false,
      });
      this.tally.add('pointers', 1);
    });
  }

  async #stageHere({ name, version }: VersionMessage): Promise<string> {
    const answer = await this.#again(() =>
      this.api.get('/api/2.0/mlflow/model-versions/get', versionAnswer, { name, version }),
    );
    return answer.model_version.current_stage;
  }

  async #aliases({ name, aliases }: RegisteredModelMessage): Promise<void> {
    for (const { alias, version } of aliases)
      await this.#noting(`the alias ${alias} of ${name}`, async () => {
        await this.#post('/api/2.0/mlflow/registered-models/alias', anything, { name, alias, version });
        this.tally.add('pointers', 1);
      });
  }

  async #points(what: string, runId: string, points: readonly MetricMessage[]): Promise<void> {
    for (const metrics of chunks(points, batchPoints)) {
      await this.#batch(what, runId, { metrics });
      this.tally.add('points', metrics.length);
    }
  }

  async #batch(
    what: string,
    runId: string,
    batch: { metrics?: readonly MetricMessage[]; params?: readonly object[]; tags?: readonly object[] },
  ): Promise<void> {
    await this.#noting(`${Object.keys(batch).join('')} of ${what}`, () =>
      this.#post('/api/2.0/mlflow/runs/log-batch', anything, { run_id: runId, ...batch }),
    );
  }

  /** Uploads what is not there in the same size already: files of a run don't change once they are written. */
  async #upload(what: string, artifactUri: string, files: AsyncIterable<FileItem>): Promise<void> {
    const root = artifactUri.replace(/^mlflow-artifacts:\//, '');
    const known = new Map<string, Map<string, number>>();
    for await (const file of files) {
      if (!staysBelow(file.path)) {
        this.tally.leave(`the file ${file.path} of ${what}`, 'its path leads out of its folder');
        continue;
      }
      const slash = file.path.lastIndexOf('/');
      const folder = slash < 0 ? '' : file.path.slice(0, slash);
      const there = known.get(folder) ?? (await this.#listed(root, folder));
      known.set(folder, there);
      if (there.get(file.path.slice(slash + 1)) === file.size) continue;
      await this.#noting(`the file ${file.path} of ${what}`, async () => {
        await this.#again(async () =>
          this.api.send('PUT', `/api/2.0/mlflow-artifacts/artifacts/${encodePath(`${root}/${file.path}`)}`, {
            body: await file.open(),
            contentType: 'application/octet-stream',
          }),
        );
        this.tally.add('files', 1);
        this.tally.add('bytes', file.size);
      });
    }
  }

  async #listed(root: string, folder: string): Promise<Map<string, number>> {
    const path = folder === '' ? root : `${root}/${folder}`;
    const { files } = await this.#again(() =>
      this.api.get('/api/2.0/mlflow-artifacts/artifacts', artifactsAnswer, { path }),
    );
    return new Map(files.map((file) => [file.path, file.is_dir ? -1 : (file.file_size ?? 0)]));
  }

  /** What the server refuses of one thing is noted, and the import goes on. */
  async #noting(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode === exitCodes.unavailable) throw error;
      if (error instanceof ApiError && (error.status === 401 || error.code === 'UNAUTHENTICATED')) throw error;
      this.tally.leave(what, error.message);
    }
  }

  async #post<T>(path: string, schema: z.ZodType<T>, body: unknown): Promise<T> {
    return (await this.#again(() => this.api.post(path, schema, body))).body;
  }

  /** A server that restarts is waited for. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const passing = error instanceof CliError && error.exitCode === exitCodes.unavailable;
        if (!passing || attempt === attempts) throw error;
        await this.pause(500 * 2 ** attempt);
      }
    }
  }
}

/** The experiment that an item belongs to, by its id at the origin. */
function experimentOf(item: Item): string | null {
  if ('experiment' in item) return item.kind === 'experiment' ? null : item.experiment.experiment_id;
  if (item.kind === 'run') return item.run.info.experiment_id;
  return item.kind === 'logged model' ? item.model.info.experiment_id : null;
}

/** SHA-256 of a message whose pairs are in the order of their keys: the same state gives the same digest. */
function fingerprintOf(message: RunMessage | LoggedModelMessage): string {
  const ordered = (_: string, value: unknown): unknown =>
    Array.isArray(value) ? value.map((each) => JSON.stringify(each)).toSorted() : value;
  return createHash('sha256').update(JSON.stringify(message, ordered)).digest('hex');
}

function chunks<T>(list: readonly T[], size: number): readonly T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, place) =>
    list.slice(place * size, (place + 1) * size),
  );
}

/** Leaves out what is empty. */
function optional(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
