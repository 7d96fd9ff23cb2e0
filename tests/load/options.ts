import { parseArgs } from 'node:util';
import { scenarios } from './scenarios/index.js';
import type { BatchShape } from './scenarios/scenario.js';
import { isBuilt } from './servers/assay.js';
import { isOurs, type ServerName, serverNames } from './servers/server.js';

export interface Options {
  only: readonly string[];
  rounds: number;
  seconds: number;
  clients: readonly number[] | null;
  servers: readonly ServerName[];
  batchShape: BatchShape;
  quick: boolean;
  large: boolean;
  million: boolean;
  growth: boolean;
  /** The folder of another build of this server. */
  against: string | null;
  json: string | null;
  list: boolean;
  help: boolean;
}

export const helpText = `npm run bench -- [options]

Compares this server with MLflow and FastTrackML: same machine, same Postgres, rounds interleaved, every read checked against what was
seeded, every write read back. Prints rates, times, CPU per call (server and Postgres together), ratios and the bars; ends with 1 only if
an answer was wrong. Wants a quiet machine for about 15 minutes; the first run installs the peers into the cache folder.

  --only NAME,…      these scenarios only (--list names them; "memory" and "cold-start" are two of them)
  --peers LIST       all (default), none, mlflow, fasttrackml
  --against FOLDER   another checkout of this server, built, beside this one: what a change costs
  --rounds N         rounds, medians of which are printed (default 3)
  --seconds N        length of one window (default 2)
  --clients N,…      instead of each scenario's own numbers of clients
  --shape SHAPE      log-batch bodies: steps (10 metrics × 100 steps, default), keys (1,000 metrics × 1), or METRICSxSTEPS, as 50x1
  --large            1 GiB artifacts too
  --million          the searches over 1,000,000 runs too (this server only)
  --growth           everything again with 10 times and 100 times the data (this server only)
  --quick            small sizes, this server only: shows in under a minute that the bench works
  --json FILE        all figures of all rounds as JSON
  --list             names of the scenarios
  --help             this

Example: npm run bench -- --only log-batch,get-run --peers fasttrackml --rounds 5 --json figures.json
`;

/** A command line that can't be followed, in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const otherFigures = ['cold-start', 'memory'] as const;

export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const quick = values.quick ?? false;
  const against = values.against ?? null;
  if (against !== null && !isBuilt(against))
    throw new UsageError(`There is no build of this server in "${against}": run npm ci and npx tsc -b there first.`);
  return {
    only: namesOf(values.only ?? []),
    rounds: whole('--rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('--seconds', values.seconds, quick ? 0.3 : 2),
    clients: values.clients === undefined ? null : values.clients.split(',').map((text) => whole('--clients', text, 1)),
    servers: [
      ...serversOf(values.peers ?? (quick ? 'none' : 'all')),
      ...(against === null ? [] : (['before'] as const)),
    ],
    against,
    batchShape: shapeOf(values.shape ?? 'steps'),
    quick,
    large: values.large ?? false,
    million: values.million ?? false,
    growth: values.growth ?? false,
    json: values.json ?? null,
    list: values.list ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        peers: text,
        against: text,
        rounds: text,
        seconds: text,
        clients: text,
        shape: text,
        json: text,
        quick: flag,
        large: flag,
        million: flag,
        growth: flag,
        list: flag,
        help: flag,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function namesOf(given: readonly string[]): string[] {
  const known: string[] = [...scenarios.map(({ name }) => name), ...otherFigures];
  const names = given.flatMap((text) => text.split(','));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no scenario "${unknown}"; there are: ${known.join(', ')}.`);
  return names;
}

function serversOf(peers: string): ServerName[] {
  const known = serverNames.filter((name) => !isOurs(name));
  if (peers === 'all') return ['assay', ...known];
  if (peers === 'none') return ['assay'];
  const wanted = peers.split(',');
  const unknown = wanted.find((name) => !known.some((peer) => peer === name));
  if (unknown !== undefined) throw new UsageError(`--peers takes all, none, mlflow and fasttrackml, not "${unknown}".`);
  return ['assay', ...known.filter((peer) => wanted.includes(peer))];
}

function shapeOf(text: string): BatchShape {
  if (text === 'steps') return { keys: 10, steps: 100 };
  if (text === 'keys') return { keys: 1000, steps: 1 };
  const [, keys, steps] = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(text) ?? [];
  if (keys === undefined || Number(keys) * Number(steps) > 1000)
    throw new UsageError(`--shape takes steps, keys, or METRICSxSTEPS of at most 1,000 points, not "${text}".`);
  return { keys: Number(keys), steps: Number(steps) };
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  const value = positive(name, text, otherwise);
  if (!Number.isInteger(value)) throw new UsageError(`${name} takes whole numbers.`);
  return value;
}

function positive(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new UsageError(`${name} takes a number above 0, not "${text}".`);
  return value;
}
