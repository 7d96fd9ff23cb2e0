import { createHash } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../exit-codes.js';
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
import { staysBelow } from './stays-below.js';
import type { Tally } from './report.js';
import type { Sink } from './transfer.js';
import { yamlOf } from './yaml-text.js';

type Pair = { readonly key: string; readonly value: string };

/** Numbers that MLflow's file store has for what its REST API says in words. */
const runStatus = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 } as const;
const modelStatus = { LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 } as const;
const localSource = 4;

/**
 * Writes items into a folder as MLflow's own file store lays them out, since no call of its REST API takes ids, times and users: `mlruns` for
 * what is known, `artifacts` for the files. A stock server opens both, or takes them into its database by `mlflow migrate-filestore`. The
 * folder appears under its name only once it is whole.
 */
export class MlflowFolderSink implements Sink {
  readonly #unfinished: string;
  /** Where the files of runs and logged models lie: versions are sources inside them. */
  readonly #artifactUris = new Map<string, string>();
  readonly #forget = (): void => rmSync(this.#unfinished, { recursive: true, force: true });

  constructor(
    private readonly path: string,
    private readonly tally: Tally,
  ) {
    this.#unfinished = `${path}.unfinished`;
    process.once('exit', this.#forget); // stopped by its user
  }

  async begin(): Promise<void> {
    await rm(this.#unfinished, { recursive: true, force: true });
    await mkdir(join(this.#unfinished, 'mlruns', 'models'), { recursive: true, mode: 0o700 });
    await mkdir(join(this.#unfinished, 'artifacts'));
  }

  async take(item: Item): Promise<void> {
    switch (item.kind) {
      case 'experiment':
        return this.#experiment(item.experiment);
      case 'run':
        return this.#run(item);
      case 'logged model':
        return this.#loggedModel(item.model, item.files());
      case 'end of experiment':
        return this.#endExperiment(item.experiment);
      case 'registered model':
        return this.#registeredModel(item.model);
      case 'version':
        return this.#version(item.version);
      case 'end of model':
        this.tally.add('pointers', item.model.aliases.length);
        return this.#texts(`models/${item.model.name}/aliases`, item.model.aliases.map(asPair), item.model.name);
    }
  }

  async close(): Promise<void> {
    await rename(this.#unfinished, this.path);
    process.off('exit', this.#forget);
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await rm(this.#unfinished, { recursive: true, force: true });
    process.off('exit', this.#forget);
  }

  async #experiment(experiment: ExperimentMessage): Promise<void> {
    const { experiment_id, name, lifecycle_stage, creation_time, last_update_time, tags } = experiment;
    this.tally.count('experiments', false);
    const artifact_location = `mlflow-artifacts:/${experiment_id}`;
    const meta = { experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time };
    await this.#meta(experiment_id, meta);
    await this.#texts(`${experiment_id}/tags`, tags, `experiment ${name}`);
  }

  /** Deleted experiments lie in a folder of their own. */
  async #endExperiment({ experiment_id, lifecycle_stage }: ExperimentMessage): Promise<void> {
    if (lifecycle_stage !== 'deleted') return;
    const trash = join(this.#unfinished, 'mlruns', '.trash');
    await mkdir(trash, { recursive: true });
    await rename(join(this.#unfinished, 'mlruns', experiment_id), join(trash, experiment_id));
  }

  async #run({ run, metrics, files }: Item & { kind: 'run' }): Promise<void> {
    const { info, data, inputs, outputs } = run;
    const { run_id, experiment_id, run_name, user_id, start_time, end_time, lifecycle_stage } = info;
    const what = `run ${run_id}`;
    const folder = `${experiment_id}/${run_id}`;
    const artifact_uri = `mlflow-artifacts:/${folder}/artifacts`;
    this.#artifactUris.set(run_id, artifact_uri);
    this.tally.count('runs', false);
    const known = { run_id, experiment_id, run_name, user_id, start_time, end_time: end_time ?? null, lifecycle_stage };
    const old = { source_type: localSource, source_name: '', source_version: '', entry_point_name: '', tags: [] };
    await this.#meta(folder, { ...known, ...old, artifact_uri, status: runStatus[info.status] });
    await this.#texts(`${folder}/params`, data.params, what);
    await this.#texts(`${folder}/tags`, data.tags, what);
    for await (const points of metrics()) await this.#points(folder, points, what, (point) => lineOf(point, []));
    await this.#inputs(experiment_id, folder, run_id, inputs);
    for (const { model_id, step } of outputs.model_outputs) {
      const link = { source_type: 'RUN_OUTPUT', source_id: model_id, destination_type: 'MODEL_OUTPUT', step, tags: {} };
      await this.#meta(`${folder}/outputs/${model_id}`, { ...link, destination_id: model_id });
    }
    await this.#files(`${folder}/artifacts`, files(), what);
  }

  async #inputs(experimentId: string, folder: string, runId: string, inputs: RunMessage['inputs']): Promise<void> {
    for (const { dataset, tags } of inputs.dataset_inputs) {
      const id = md5(dataset.name, dataset.digest);
      const { schema = null, profile = null, ...rest } = dataset;
      await this.#meta(`${experimentId}/datasets/${id}`, { ...rest, schema, profile });
      const link = { source_type: 'DATASET', source_id: id, destination_type: 'RUN', destination_id: id };
      const named = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
      await this.#meta(`${folder}/inputs/${md5(id, runId)}`, { ...link, tags: named });
    }
    for (const { model_id: id } of inputs.model_inputs) {
      const link = { source_type: 'MODEL', source_id: id, destination_type: 'RUN', destination_id: id, tags: {} };
      await this.#meta(`${folder}/inputs/${md5(id, runId)}`, link);
    }
  }

  async #loggedModel({ info, data }: LoggedModelMessage, files: AsyncIterable<FileItem>): Promise<void> {
    const { model_id, experiment_id, name } = info;
    const what = `logged model ${model_id}`;
    const folder = `${experiment_id}/models/${model_id}`;
    const artifact_location = `mlflow-artifacts:/${folder}/artifacts`;
    this.#artifactUris.set(model_id, artifact_location);
    this.tally.count('loggedModels', false);
    await this.#meta(folder, {
      model_id,
      experiment_id,
      name,
      artifact_location,
      creation_timestamp: info.creation_timestamp_ms,
      last_updated_timestamp: info.last_updated_timestamp_ms,
      model_type: info.model_type ?? null,
      source_run_id: info.source_run_id ?? null,
      status: modelStatus[info.status],
      status_message: null,
      lifecycle_stage: 'active',
    });
    await this.#texts(`${folder}/params`, data.params, what);
    await this.#texts(`${folder}/tags`, info.tags, what);
    await this.#points(folder, data.metrics, what, (point) => lineOf(point, [point.run_id ?? '']));
    await this.#files(`${folder}/artifacts`, files, what);
  }

  async #registeredModel(model: RegisteredModelMessage): Promise<void> {
    const { name, description, creation_timestamp, last_updated_timestamp, tags, aliases } = model;
    // It becomes the name of a folder, and MLflow's file store takes no others.
    if (/[/\\%]/.test(name) || !staysBelow(name))
      throw new CliError(
        `MLflow's file store takes no model named "${name}": leave it out by --model and --experiment.`,
      );
    this.tally.count('models', false);
    const named = Object.fromEntries(aliases.map(({ alias, version }) => [alias, version]));
    const meta = { name, description, creation_timestamp, last_updated_timestamp, aliases: named };
    await this.#meta(`models/${name}`, meta);
    await this.#texts(`models/${name}/tags`, tags, `model ${name}`);
  }

  async #version(version: VersionMessage): Promise<void> {
    const { name, source, model_id, run_id, run_link, user_id, tags, ...rest } = version;
    this.tally.count('versions', false);
    const empty = (text: string): string | null => (text === '' ? null : text);
    await this.#meta(`models/${name}/version-${version.version}`, {
      ...rest,
      name,
      source,
      version: Number(version.version),
      model_id: empty(model_id),
      run_id,
      run_link,
      user_id: user_id ?? null,
      status: 'READY',
      status_message: null,
      storage_location: this.#locationOf(source),
    });
    await this.#texts(`models/${name}/version-${version.version}/tags`, tags, `version ${name}/${version.version}`);
  }

  #locationOf(source: string): string {
    const [, id = '', rest = ''] = /^(?:runs|models):\/+([^/]+)(.*)$/s.exec(source) ?? [];
    const uri = this.#artifactUris.get(id);
    return uri === undefined ? source : `${uri}${rest}`;
  }

  /** Every item begins with one, so this is where an id that leads elsewhere is found. */
  async #meta(folder: string, content: Readonly<Record<string, unknown>>): Promise<void> {
    if (!staysBelow(folder)) throw new CliError(`The server answered an id that is none: ${JSON.stringify(folder)}.`);
    const path = join(this.#unfinished, 'mlruns', folder);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'meta.yaml'), yamlOf(content));
  }

  /** One file per key, its value inside. */
  async #texts(folder: string, pairs: readonly Pair[], what: string): Promise<void> {
    for (const { key, value } of pairs) await this.#keyed(folder, key, what, async (path) => writeFile(path, value));
  }

  async #points(
    folder: string,
    points: readonly MetricMessage[],
    what: string,
    line: (point: MetricMessage) => string,
  ): Promise<void> {
    for (const [key, own] of Map.groupBy(points, (point) => point.key))
      await this.#keyed(`${folder}/metrics`, key, what, async (path) => {
        await appendFile(path, own.map(line).join(''));
        this.tally.add('points', own.length);
      });
  }

  async #files(folder: string, files: AsyncIterable<FileItem>, what: string): Promise<void> {
    const root = join(this.#unfinished, 'artifacts', folder);
    for await (const file of files) {
      if (!staysBelow(file.path)) {
        this.tally.leave(`the file ${file.path} of ${what}`, 'its path leads out of its folder');
        continue;
      }
      const path = join(root, file.path);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(await file.open(), createWriteStream(path));
      this.tally.add('files', 1);
      this.tally.add('bytes', file.size);
    }
  }

  /** Keys may hold slashes; two of which one is the folder of the other can't both be files. */
  async #keyed(folder: string, key: string, what: string, write: (path: string) => Promise<void>): Promise<void> {
    if (!staysBelow(key)) return this.tally.leave(`${key} of ${what}`, 'it can be no name of a file');
    const path = join(this.#unfinished, 'mlruns', folder, key);
    try {
      await mkdir(dirname(path), { recursive: true });
      await write(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!['EEXIST', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'].includes(code)) throw error;
      this.tally.leave(`${key} of ${what}`, `MLflow's file store can't hold it beside the others (${code})`);
    }
  }
}

/** A point as a line: time, value, step, what else belongs to it. A name with a blank in it can't be told from two. */
function lineOf(point: MetricMessage, more: readonly string[]): string {
  const { timestamp, value, step, dataset_name: name, dataset_digest: digest } = point;
  const dataset = name !== undefined && digest !== undefined && !/\s/.test(name + digest) ? [name, digest] : [];
  return `${[timestamp, pythonFloat(value), step, ...more, ...dataset].join(' ')}\n`;
}

function pythonFloat(value: number | string): string {
  return value === 'Infinity' ? 'inf' : value === '-Infinity' ? '-inf' : value === 'NaN' ? 'nan' : String(value);
}

function asPair({ alias, version }: { alias: string; version: string }): Pair {
  return { key: alias, value: version };
}

/** MLflow's name of a pair of texts; nothing is kept safe by it. */
function md5(first: string, second: string): string {
  return createHash('md5').update(first).update(second).digest('hex');
}
