import { type Config, ConfigError } from '@assay/platform/config';
import { DataFolderError, EmbeddedPostgresError, lockDataFolder } from '@assay/platform/database';
import { ListeningAddress, closeApp, createHttpApp } from '@assay/platform/http';
import { createLogger } from '@assay/platform/telemetry';
import { MigrationError } from '@assay/migrations';
import { SetUp } from '@assay/access';
import { AssayModule } from './app.module.js';
import { StartError, portError, requirePort } from './listening-port.js';
import { startDatabase } from './start-database.js';

export interface RunningAssay {
  readonly url: string;
  /** What `npm start` prints: where it listens, where the data is, how to sign in, and how to point an MLflow client at it. */
  readonly welcome: readonly string[];
  stop(): Promise<void>;
}

/** Starts the whole platform in this process: database, services, HTTP. Undoes what it did when a later step fails. */
export async function startAssay(config: Config, onDatabaseLost: (detail: string) => void): Promise<RunningAssay> {
  const giveBack = lockDataFolder(config.dataDir);
  const undo: (() => Promise<void>)[] = [async () => giveBack()];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    // One step that fails keeps none of the others: Postgres is stopped and the folder given back whatever happened before.
    for (const step of undo.splice(0).toReversed()) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    await requirePort(config);
    const database = await startDatabase(config, onDatabaseLost);
    undo.push(() => database.stop());
    const log = createLogger(config.logLevel, 'assay');
    const app = await createHttpApp(AssayModule.with(config, log, database.urls, database.emptying), config, log);
    undo.push(() => closeApp(app));
    const setUp = app.get(SetUp, { strict: false });
    const secret = await setUp.secretIfNeeded();
    if (secret !== null && !config.http.loopback)
      throw new StartError(
        'Nobody can sign in yet, so Assay listens on loopback only: start it with ASSAY_HTTP_HOST=127.0.0.1, run "assay login --setup", then start it as you want.',
      );
    const url = await listen(app, config);
    app.get(ListeningAddress, { strict: false }).set(url);
    return { url, welcome: welcome(config, url, database.place, secret), stop };
  } catch (error) {
    await stop().catch(() => undefined); // why it could not start is what matters
    throw error;
  }
}

/** One sentence about why the platform didn't start; the whole error where it is none that we expect. */
export function sentenceOf(error: unknown): string {
  const expected = [ConfigError, DataFolderError, EmbeddedPostgresError, MigrationError, StartError].some(
    (kind) => error instanceof kind,
  );
  if (error instanceof Error && expected) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOSPC' || code === '53100') return 'The disk is full: free some space and start again.';
  if (code === 'ECONNREFUSED') return 'The database does not answer: look at ASSAY_DATABASE_URL.';
  if (code === '28P01' || code === '28000')
    return 'The database refuses the login of ASSAY_DATABASE_URL, or of a service role.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

interface Listening {
  listen(port: number, host: string): Promise<unknown>;
  getUrl(): Promise<string>;
}

async function listen(app: Listening, config: Config): Promise<string> {
  try {
    await app.listen(config.port, config.http.host);
  } catch (error) {
    throw portError(error, config);
  }
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

function welcome(config: Config, url: string, place: string, secret: string | null): string[] {
  return [
    `Assay listens on ${url} (API documentation: ${url}/docs)`,
    `Data: ${config.dataDir} (${place}; ${config.artifacts.url ? 'artifacts in S3' : 'artifacts as files'})`,
    ...(secret === null
      ? [`Sign in: npx assay login --url ${url} --email YOU`]
      : [
          `Sign in: npx assay login --url ${url} --setup ${secret}  (once: makes you the first person, an administrator)`,
          `or open once in a browser: ${url}/setup#${secret}`,
        ]),
    `MLflow clients: export MLFLOW_TRACKING_URI=${url}`,
    secret === null
      ? 'and their token: export MLFLOW_TRACKING_TOKEN=…  (npx assay login prints one)'
      : 'Until somebody signs in, calls from this machine need no token, and nothing can be approved.',
  ];
}
