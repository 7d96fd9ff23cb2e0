import { Turns } from '../sending/turns.js';

/** Sends a request to one of this server's own endpoints in the name of the caller, and gives its JSON; a refusal is thrown. */
export type OwnRequest = (method: 'GET' | 'POST', url: string, body: object | null) => Promise<Message>;

/** A JSON object of MLflow's REST API. */
export type Message = Readonly<Record<string, unknown>>;

const root = '/api/2.0/mlflow';
const mostAtOnce = 8;
/** Runs whose versions one search finds. */
const runsPerSearch = 100;

interface Waiting {
  readonly runId: string;
  readonly answer: (versions: readonly Message[]) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * What the resolvers of one operation read: REST endpoints of this server, asked as the caller, so that permissions, checks and limits are those
 * of the endpoints. Equal questions are asked once, few at a time, and the versions of many runs together.
 */
export class ReadApi {
  private readonly asked = new Map<string, Promise<Message>>();
  private readonly turns = new Turns(mostAtOnce);
  private waiting: Waiting[] = [];

  constructor(private readonly send: OwnRequest) {}

  call(method: 'GET' | 'POST', path: string, input: Message): Promise<Message> {
    const url = `${root}/${path}${method === 'GET' ? queryOf(input) : ''}`;
    const key = `${method} ${url} ${method === 'GET' ? '' : JSON.stringify(input)}`;
    const earlier = this.asked.get(key);
    if (earlier !== undefined) return earlier;
    const answer = this.turns.take(() => this.send(method, url, method === 'GET' ? null : input));
    this.asked.set(key, answer);
    return answer;
  }

  async experiment(id: string): Promise<unknown> {
    return (await this.call('GET', 'experiments/get', { experiment_id: id })).experiment;
  }

  versionsOfRun(runId: string): Promise<readonly Message[]> {
    return new Promise((answer, fail) => {
      this.waiting.push({ runId, answer, fail });
      // Every run of a list asks before the event loop turns.
      if (this.waiting.length === 1) setImmediate(() => this.findVersions());
    });
  }

  private findVersions(): void {
    const all = this.waiting;
    this.waiting = [];
    for (let start = 0; start < all.length; start += runsPerSearch) {
      const some = all.slice(start, start + runsPerSearch);
      const runIds = [...new Set(some.map(({ runId }) => `'${runId}'`))].join(', ');
      void this.call('GET', 'model-versions/search', { filter: `run_id IN (${runIds})` }).then(
        ({ model_versions: found }) => {
          const versions = Array.isArray(found) ? found : [];
          for (const { runId, answer } of some) answer(versions.filter((version) => version.run_id === runId));
        },
        (error: unknown) => {
          for (const { fail } of some) fail(error);
        },
      );
    }
  }
}

function queryOf(input: Message): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(input))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== null && each !== undefined) search.append(name, String(each));
  return search.size === 0 ? '' : `?${search.toString()}`;
}
