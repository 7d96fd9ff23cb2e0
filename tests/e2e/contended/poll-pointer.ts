import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/** One look at a pointer: what was asked, when, and which versions the answer says hold it. */
export interface Look {
  readonly what: string;
  readonly from: number;
  readonly until: number;
  readonly status: number;
  readonly holders: readonly string[];
}

export interface PollerData {
  readonly url: string;
  readonly token: string;
  readonly model: string;
  readonly alias: string;
  /** Questions a second that are asked for; fewer are sent where the server can't keep up. */
  readonly perSecond: number;
  /** Where the consumer says how many of them it is behind its pace: one number, shared. */
  readonly behind: Int32Array;
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of four shapes, each read once
type Body = any;

const { url, token, model, alias, perSecond, behind }: PollerData = workerData;
const filter = encodeURIComponent(`name='${model}'`);
const mlflow = `/api/2.0/mlflow`;

/** As consumers ask: most by alias, some through the lists that show aliases too. */
const questions: readonly { what: string; path: string; holders: (body: Body) => string[] }[] = [
  {
    what: 'alias',
    path: `${mlflow}/registered-models/alias?name=${model}&alias=${alias}`,
    holders: ({ model_version: { version, aliases = [] } }) =>
      aliases.filter((each: string) => each === alias).map(() => version),
  },
  {
    what: 'pointer',
    path: `/api/v1/models/${model}/pointers/${alias}`,
    holders: ({ version, move }) => (version === null || move.to !== version ? [] : [version]),
  },
  {
    what: 'model',
    path: `${mlflow}/registered-models/get?name=${model}`,
    holders: ({ registered_model: { aliases = [] } }) => versionsOf(aliases),
  },
  {
    what: 'search',
    path: `${mlflow}/model-versions/search?filter=${filter}`,
    holders: ({ model_versions: found }) =>
      found.filter((each: Body) => each.aliases?.includes(alias)).map((each: Body) => each.version),
  },
];

function versionsOf(aliases: readonly { alias: string; version: string }[]): string[] {
  return aliases.filter((each) => each.alias === alias).map(({ version }) => version);
}

/** Of twenty looks, one goes to each list, the others to the two ways to read a pointer. */
function question(count: number) {
  const place = count % 20;
  return questions[place === 0 ? 2 : place === 10 ? 3 : place % 2] ?? questions[0];
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const looks: Look[] = [];
let asked = 0;
let waiting = 0;
let stopped = false;
const begin = performance.now();

function ask(): void {
  const chosen = question(asked);
  if (chosen === undefined) return;
  asked += 1;
  waiting += 1;
  const from = performance.timeOrigin + performance.now();
  const done = (status: number, holders: readonly string[]) => {
    looks.push({ what: chosen.what, from, until: performance.timeOrigin + performance.now(), status, holders });
    waiting -= 1;
    if (stopped) finish();
    else keepPace();
  };
  get(`${url}${chosen.path}`, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('end', () => {
      const text = Buffer.concat(parts).toString();
      done(response.statusCode ?? 0, response.statusCode === 200 ? chosen.holders(JSON.parse(text)) : [text]);
    });
  }).on('error', (error) => done(0, [error.message]));
}

function keepPace(): void {
  const due = ((performance.now() - begin) / 1000) * perSecond;
  while (!stopped && waiting < 16 && asked < due) ask();
  Atomics.store(behind, 0, Math.max(0, Math.ceil(due - asked)));
}

function finish(): void {
  if (waiting > 0) return;
  parentPort?.postMessage({ looks, seconds: (performance.now() - begin) / 1000 });
  agent.destroy();
  parentPort?.close();
}

const pace = setInterval(keepPace, 1);
parentPort?.once('message', () => {
  stopped = true;
  clearInterval(pace);
  finish();
});
keepPace();
