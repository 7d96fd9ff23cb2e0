import { z } from 'zod';
import { CliError } from '../exit-codes.js';
import { quoted } from '../mlflow-wire.js';
import {
  type ExperimentMessage,
  experimentMessage,
  type FileItem,
  type Item,
  type LoggedModelMessage,
  loggedModelMessage,
  type MetricMessage,
  metricMessage,
  type RegisteredModelMessage,
  registeredModelMessage,
  type RunMessage,
  runMessage,
  type Selection,
  type Source,
  versionMessage,
} from './items.js';
import { MlflowRefusal, type MlflowServer } from './mlflow-server.js';
import { type ListedFile, walkFolders } from './walk-folders.js';

const token = z.string().optional();
const experimentsPage = z.object({ experiments: z.array(experimentMessage).default([]), next_page_token: token });
const runsPage = z.object({ runs: z.array(runMessage).default([]), next_page_token: token });
const historyPage = z.object({ metrics: z.array(metricMessage).default([]), next_page_token: token });
const loggedModelsPage = z.object({ models: z.array(loggedModelMessage).default([]), next_page_token: token });
const registeredModelsPage = z.object({
  registered_models: z.array(registeredModelMessage).default([]),
  next_page_token: token,
});
const versionsPage = z.object({ model_versions: z.array(versionMessage).default([]), next_page_token: token });
const folder = z.object({
  files: z
    .array(z.object({ path: z.string(), is_dir: z.boolean().default(false), file_size: z.coerce.number().default(0) }))
    .default([]),
  next_page_token: token,
});

const api = '/api/2.0/mlflow';
const prompt = 'mlflow.prompt.is_prompt';
/** Points that one answer of a history holds. */
const historySize = 25_000;

/** Everything that an MLflow server knows, over its REST API: 2.x servers have no logged models, 3.x servers do. */
export class MlflowSource implements Source {
  constructor(
    private readonly server: MlflowServer,
    readonly origin: string,
    private readonly selection: Selection,
  ) {}

  async *items(): AsyncGenerator<Item> {
    for await (const experiment of this.experiments()) {
      yield { kind: 'experiment', experiment };
      for await (const run of this.runs(experiment))
        yield { kind: 'run', run, metrics: () => this.metrics(run), files: () => this.runFiles(run.info.run_id) };
      for await (const model of this.loggedModels(experiment))
        yield { kind: 'logged model', model, files: () => this.modelFiles(model.info.model_id) };
      yield { kind: 'end of experiment', experiment };
    }
    for await (const model of this.registeredModels()) {
      yield { kind: 'registered model', model };
      yield* this.versions(model);
      yield { kind: 'end of model', model };
    }
  }

  private async *experiments(): AsyncGenerator<ExperimentMessage> {
    const pages = this.pages((page_token) =>
      this.server.post(`${api}/experiments/search`, experimentsPage, {
        max_results: 1000,
        view_type: 'ALL',
        order_by: ['experiment_id ASC'],
        page_token,
      }),
    );
    for await (const { experiments } of pages)
      yield* experiments.filter(({ name }) => this.selection.experiments?.includes(name) ?? true);
  }

  private async *runs({ experiment_id }: ExperimentMessage): AsyncGenerator<RunMessage> {
    const pages = this.pages((page_token) =>
      this.server.post(`${api}/runs/search`, runsPage, {
        experiment_ids: [experiment_id],
        run_view_type: 'ALL',
        max_results: 200,
        order_by: ['attributes.start_time ASC'],
        page_token,
      }),
    );
    for await (const { runs } of pages) yield* runs;
  }

  private async *metrics(run: RunMessage): AsyncGenerator<readonly MetricMessage[]> {
    for (const { key } of run.data.metrics) {
      const pages = this.pages((page_token) =>
        this.server.get(`${api}/metrics/get-history`, historyPage, {
          run_id: run.info.run_id,
          metric_key: key,
          max_results: String(historySize),
          ...(page_token === undefined ? {} : { page_token }),
        }),
      );
      for await (const { metrics } of pages) yield metrics.map((point) => ({ ...point, key }));
    }
  }

  private async *loggedModels({ experiment_id }: ExperimentMessage): AsyncGenerator<LoggedModelMessage> {
    const pages = this.pages((page_token) =>
      this.server.post(`${api}/logged-models/search`, loggedModelsPage, {
        experiment_ids: [experiment_id],
        max_results: 100,
        page_token,
      }),
    );
    try {
      for await (const { models } of pages) yield* models;
    } catch (error) {
      if (!(error instanceof MlflowRefusal) || error.status !== 404) throw error; // a 2.x server
    }
  }

  private async *registeredModels(): AsyncGenerator<RegisteredModelMessage> {
    // A search leaves prompts out unless it asks for them.
    for (const filter of [undefined, `tags.\`${prompt}\` = 'true'`]) {
      const pages = this.pages((page_token) =>
        this.server.get(`${api}/registered-models/search`, registeredModelsPage, {
          max_results: '200',
          ...(filter === undefined ? {} : { filter }),
          ...(page_token === undefined ? {} : { page_token }),
        }),
      );
      for await (const { registered_models: models } of pages) {
        const wanted = models.filter(({ name }) => this.selection.models?.includes(name) ?? true);
        const isPrompt = ({ tags }: RegisteredModelMessage): boolean => tags.some(({ key }) => key === prompt);
        yield* wanted.filter((model) => isPrompt(model) === (filter !== undefined));
      }
    }
  }

  private async *versions({ name, tags }: RegisteredModelMessage): AsyncGenerator<Item> {
    const isPrompt = tags.some(({ key }) => key === prompt);
    const filter = `name = ${quoted(name)}${isPrompt ? ` AND tags.\`${prompt}\` = 'true'` : ''}`;
    const pages = this.pages((page_token) =>
      this.server.get(`${api}/model-versions/search`, versionsPage, {
        filter,
        max_results: '500',
        order_by: 'version_number ASC',
        ...(page_token === undefined ? {} : { page_token }),
      }),
    );
    for await (const { model_versions: versions } of pages)
      for (const version of versions) if (version.name === name) yield { kind: 'version', version };
  }

  private async *runFiles(runId: string): AsyncGenerator<FileItem> {
    const list = (path: string): AsyncGenerator<readonly ListedFile[]> =>
      this.listed(`${api}/artifacts/list`, { run_id: runId, ...(path === '' ? {} : { path }) });
    for await (const { path, file_size: size } of this.wantedFiles(list))
      yield { path, size, open: async () => this.server.open('/get-artifact', { run_id: runId, path }) };
  }

  private async *modelFiles(modelId: string): AsyncGenerator<FileItem> {
    const root = `logged-models/${encodeURIComponent(modelId)}/artifacts`;
    const list = (path: string): AsyncGenerator<readonly ListedFile[]> =>
      this.listed(`${api}/${root}/directories`, path === '' ? {} : { artifact_directory_path: path });
    const files = `/ajax-api/2.0/mlflow/${root}/files`;
    for await (const { path, file_size: size } of this.wantedFiles(list))
      yield { path, size, open: async () => this.server.open(files, { artifact_file_path: path }) };
  }

  private async *wantedFiles(
    list: (path: string) => AsyncGenerator<readonly ListedFile[]>,
  ): AsyncGenerator<ListedFile> {
    if (this.selection.files) yield* walkFolders(list);
  }

  private async *listed(
    address: string,
    query: Readonly<Record<string, string>>,
  ): AsyncGenerator<readonly ListedFile[]> {
    const pages = this.pages((page_token) =>
      this.server.get(address, folder, { ...query, ...(page_token === undefined ? {} : { page_token }) }),
    );
    for await (const { files } of pages) yield files;
  }

  private async *pages<Page extends { next_page_token?: string | undefined }>(
    read: (token: string | undefined) => Promise<Page>,
  ): AsyncGenerator<Page> {
    for (let at: string | undefined; ;) {
      const page = await read(at);
      yield page;
      const next = page.next_page_token;
      if (next === undefined || next === '') return;
      if (next === at) throw new CliError(`${this.server.address} answers the same page again and again.`);
      at = next;
    }
  }
}
