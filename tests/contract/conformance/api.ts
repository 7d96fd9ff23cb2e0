import { randomUUID } from 'node:crypto';

/** An answer: its status, its JSON (or text, where it is none) and headers. */
export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- cases look into answers of every shape
  readonly body: any;
  readonly headers: Headers;
}

export type Query = Readonly<Record<string, string | number | readonly string[]>>;

/** A caller of one MLflow server: paths without a prefix are those of `/api/2.0/mlflow/`. */
export class Api {
  private readonly made = new Map<string, Promise<unknown>>();

  constructor(private readonly url: () => string) {}

  /** What several cases only look at, made by the first of them. */
  async shared<T>(name: string, make: (api: Api) => Promise<T>): Promise<T>;
  async shared(name: string, make: (api: Api) => Promise<unknown>): Promise<unknown> {
    const made = this.made.get(name) ?? make(this);
    this.made.set(name, made);
    return made;
  }

  /** A name that no other case uses: the cases share one server. */
  unique(stem: string): string {
    return `${stem}-${randomUUID().slice(0, 8)}`;
  }

  async get(path: string, query: Query = {}): Promise<Answer> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
    return this.send('GET', search.size === 0 ? path : `${path}?${search.toString()}`);
  }

  async post(path: string, body: unknown = {}): Promise<Answer> {
    return this.send('POST', path, body);
  }

  async patch(path: string, body: unknown = {}): Promise<Answer> {
    return this.send('PATCH', path, body);
  }

  async delete(path: string, body: unknown = {}): Promise<Answer> {
    return this.send('DELETE', path, body);
  }

  /** Any request. A text or bytes go as they are, anything else as JSON. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  ): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const response = await fetch(`${this.url()}${path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`}`, {
      method,
      ...(body === undefined ? {} : { body: raw, headers }),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text), headers: response.headers };
  }

  async experiment(more: object = {}): Promise<string> {
    const { body } = await this.post('experiments/create', { name: this.unique('experiment'), ...more });
    return body.experiment_id;
  }

  async run(more: object = {}): Promise<string> {
    const experiment_id = 'experiment_id' in more ? more.experiment_id : await this.experiment();
    const { body } = await this.post('runs/create', { start_time: 1000, ...more, experiment_id });
    return body.run.info.run_id;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- see Answer
  async runNow(runId: string): Promise<any> {
    return (await this.get('runs/get', { run_id: runId })).body.run;
  }

  async model(more: object = {}): Promise<string> {
    const name = this.unique('model');
    await this.post('registered-models/create', { name, ...more });
    return name;
  }

  /** A version of a model, from a run of its own. */
  async version(name: string, more: object = {}): Promise<string> {
    const run_id = await this.run();
    const answer = await this.post('model-versions/create', { name, run_id, source: `runs:/${run_id}/m`, ...more });
    return answer.body.model_version.version;
  }

  async loggedModel(more: object = {}): Promise<string> {
    const experiment_id = 'experiment_id' in more ? more.experiment_id : await this.experiment();
    return (await this.post('logged-models', { ...more, experiment_id })).body.model.info.model_id;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON: the case looks at the text itself
  }
}
