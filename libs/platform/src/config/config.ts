import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type OidcConfig, oidcConfig, oidcSettings } from './oidc-settings.js';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** An address, or one with the length of its network's prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 && rest.length === 0 && (prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits))
  );
}

/**
 * Every setting of the platform: read once, at start, and nowhere else. Names are `ASSAY_<AREA>_<NAME>` with the unit in the name.
 * The order here is the order of `assay config`.
 */
export const settings = z.object({
  ASSAY_PORT: port.default(5000).describe('TCP port of the API. 0 takes a free one.'),
  ASSAY_DATA_DIR: z.string().min(1).default('.assay').describe('Folder of the embedded database, files and keys.'),
  ASSAY_TESTING: flag
    .default(false)
    .describe(
      '1: responses are checked against their schemas, and POST /api/v1/testing/reset empties tracking and registry. Loopback only, and a database whose name ends in _test only.',
    ),
  ASSAY_TESTING_DATABASE_URL: z
    .string()
    .default('')
    .describe('Login of the migration role, for the testing reset of a service that runs as a process of its own.'),
  ASSAY_HTTP_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Anything but loopback needs a person first.'),
  ASSAY_HTTP_ALLOWED_HOSTS: z
    .string()
    .default('')
    .describe('Comma-separated host names that the Host header may carry beside loopback names.'),
  ASSAY_HTTP_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => listed(text))
    .refine((proxies) => proxies.every(isNetwork), 'it is no list of addresses and networks, as 10.0.0.7,10.1.0.0/16')
    .describe(
      'Comma-separated addresses and networks of the proxies in front, whose X-Forwarded-For is believed: attempts to sign in are counted by it. Empty: none.',
    ),
  ASSAY_HTTP_BODY_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(1_048_576)
    .describe('Largest JSON body accepted.'),
  ASSAY_DATABASE_URL: z
    .string()
    .default('')
    .describe('Postgres to use instead of the embedded one, as the migration role or the service role.'),
  ASSAY_DATABASE_PASSWORDS_FILE: z
    .string()
    .default('')
    .describe('JSON file with the passwords of the service roles, where they are not made by the platform.'),
  ASSAY_DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(2)
    .max(100)
    .default(8)
    .describe('Connections per service role; the registry opens as many again for searches and histories.'),
  ASSAY_ARTIFACTS_URL: z
    .string()
    .default('')
    .describe('S3 store, http(s)://ACCESS:SECRET@host:port/bucket. Empty: files in the data folder.'),
  ASSAY_ARTIFACTS_PUBLIC_URL: z
    .string()
    .default('')
    .describe(
      'Where clients reach the S3 store for the parts of large files, http(s)://host:port. Empty: as ASSAY_ARTIFACTS_URL says; "off": every byte goes through the server.',
    ),
  ASSAY_ARTIFACTS_PRESIGNED_DOWNLOADS: flag
    .default(false)
    .describe('1: clients read files from the S3 store itself, past the check of their digest on reading.'),
  ASSAY_ARTIFACTS_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(5_497_558_138_880)
    .describe('Largest single artifact accepted.'),
  ASSAY_QUEUE_REDIS_URL: z
    .string()
    .default('')
    .describe('Redis for the job queue (Bull). Empty: the queue lives in Postgres.'),
  ASSAY_AUDIT_SIGNING_KEY_FILE: z
    .string()
    .default('')
    .describe('PEM file with the Ed25519 key that signs checkpoints. Empty: made in the data folder.'),
  ASSAY_AUDIT_ORIGIN: z
    .string()
    .default('')
    .describe('Origin line of the audit log. Empty: made at first start, then fixed.'),
  ASSAY_AUDIT_BATCH_MS: z.coerce
    .number()
    .int()
    .min(10)
    .max(10_000)
    .default(250)
    .describe('Longest wait before waiting records are sequenced.'),
  ASSAY_RUNNER_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Jobs that run at once on this machine.'),
  ASSAY_RUNNER_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(2)
    .max(600)
    .default(15)
    .describe('How long a silent worker keeps its job.'),
  ASSAY_RUNNER_TOKEN_KEY_FILE: z
    .string()
    .default('')
    .describe('PEM file with the Ed25519 key that signs job tokens. Empty: made in the data folder.'),
  ASSAY_RUNNER_API_URL: z
    .string()
    .default('')
    .describe('Where workers reach the API. Empty: the address that this process listens on.'),
  ASSAY_RUNNER_BACKEND: z
    .enum(['auto', 'native', 'portable'])
    .default('auto')
    .describe('TensorFlow backend of the workers.'),
  ASSAY_TENSORFLOW_BINDING: z
    .string()
    .default('')
    .describe('Path of the native TensorFlow binding; "off" does without it. Empty: what the set-up built.'),
  ASSAY_TENSORFLOW_REASON: z
    .string()
    .default('')
    .describe('Why there is no native TensorFlow binding; written by the set-up.'),
  ASSAY_WEBHOOKS_ALLOW_PRIVATE: flag
    .default(false)
    .describe('1: webhooks may be sent by plain http and to private addresses. For tests and closed networks only.'),
  ASSAY_WEBHOOKS_DELIVER: flag
    .default(true)
    .describe('0: this process sends no webhooks, and leaves them to others that share its database.'),
  ASSAY_WEBHOOKS_TIMEOUT_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(60)
    .default(10)
    .describe('Longest time that one attempt to deliver a webhook may take.'),
  ASSAY_WEBHOOKS_MAX_ATTEMPTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(20)
    .default(12)
    .describe('Attempts before a delivery is given up; 12 of them take about a day, at most two and a half.'),
  ASSAY_WEBHOOKS_KEY_FILE: z
    .string()
    .default('')
    .describe('File with the key that encrypts webhook secrets. Empty: made in the data folder.'),
  ...oidcSettings,
  ASSAY_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info')
    .describe('Least severe log line written.'),
});

export type SettingName = keyof typeof settings.shape;

/** Settings that are secret as a whole. */
const secretSettings = new Set<string>(['ASSAY_OIDC_CLIENT_SECRET']);
const secret = /(?<=:\/\/[^:/@]*:)[^@]+(?=@)/;

/** The settings as the rest of the platform reads them. */
export class Config {
  readonly port: number;
  readonly dataDir: string;
  readonly testing: boolean;
  /** Whose login empties the tables, where the process's own may not. */
  readonly testingDatabaseUrl: string | null;
  /** `loopback`: nothing but this machine can reach the server. */
  readonly http: {
    host: string;
    loopback: boolean;
    allowedHosts: readonly string[];
    trustedProxies: readonly string[];
    bodyMaxBytes: number;
  };
  readonly database: { url: string | null; passwordsFile: string | null; poolSize: number };
  readonly artifacts: {
    url: string | null;
    /** `off`: clients can't reach the store. */
    publicUrl: string | null;
    presignedDownloads: boolean;
    maxBytes: number;
  };
  readonly queue: { redisUrl: string | null };
  readonly audit: { signingKeyFile: string | null; origin: string | null; batchMs: number };
  readonly runner: {
    slots: number;
    leaseSeconds: number;
    backend: 'auto' | 'native' | 'portable';
    tokenKeyFile: string | null;
    apiUrl: string | null;
  };
  readonly tensorflow: { binding: string | null; reason: string | null };
  readonly webhooks: {
    allowPrivate: boolean;
    deliver: boolean;
    timeoutMs: number;
    maxAttempts: number;
    keyFile: string | null;
  };
  /** Null: people sign in by password only. */
  readonly oidc: OidcConfig | null;
  readonly logLevel: string;

  constructor(private readonly values: z.infer<typeof settings>) {
    const v = values;
    this.port = v.ASSAY_PORT;
    this.dataDir = resolve(v.ASSAY_DATA_DIR);
    this.testing = v.ASSAY_TESTING;
    this.testingDatabaseUrl = v.ASSAY_TESTING_DATABASE_URL || null;
    this.http = {
      host: v.ASSAY_HTTP_HOST,
      loopback: isLoopback(v.ASSAY_HTTP_HOST),
      allowedHosts: listed(v.ASSAY_HTTP_ALLOWED_HOSTS),
      trustedProxies: v.ASSAY_HTTP_TRUSTED_PROXIES,
      bodyMaxBytes: v.ASSAY_HTTP_BODY_MAX_BYTES,
    };
    this.database = {
      url: v.ASSAY_DATABASE_URL || null,
      passwordsFile: v.ASSAY_DATABASE_PASSWORDS_FILE || null,
      poolSize: v.ASSAY_DATABASE_POOL_SIZE,
    };
    this.artifacts = {
      url: v.ASSAY_ARTIFACTS_URL || null,
      publicUrl: v.ASSAY_ARTIFACTS_PUBLIC_URL || null,
      presignedDownloads: v.ASSAY_ARTIFACTS_PRESIGNED_DOWNLOADS,
      maxBytes: v.ASSAY_ARTIFACTS_MAX_BYTES,
    };
    this.queue = { redisUrl: v.ASSAY_QUEUE_REDIS_URL || null };
    this.audit = {
      signingKeyFile: v.ASSAY_AUDIT_SIGNING_KEY_FILE || null,
      origin: v.ASSAY_AUDIT_ORIGIN || null,
      batchMs: v.ASSAY_AUDIT_BATCH_MS,
    };
    this.runner = {
      slots: v.ASSAY_RUNNER_SLOTS,
      leaseSeconds: v.ASSAY_RUNNER_LEASE_SECONDS,
      backend: v.ASSAY_RUNNER_BACKEND,
      tokenKeyFile: v.ASSAY_RUNNER_TOKEN_KEY_FILE || null,
      apiUrl: v.ASSAY_RUNNER_API_URL || null,
    };
    this.tensorflow = { binding: v.ASSAY_TENSORFLOW_BINDING || null, reason: v.ASSAY_TENSORFLOW_REASON || null };
    this.webhooks = {
      allowPrivate: v.ASSAY_WEBHOOKS_ALLOW_PRIVATE,
      deliver: v.ASSAY_WEBHOOKS_DELIVER,
      timeoutMs: v.ASSAY_WEBHOOKS_TIMEOUT_SECONDS * 1000,
      maxAttempts: v.ASSAY_WEBHOOKS_MAX_ATTEMPTS,
      keyFile: v.ASSAY_WEBHOOKS_KEY_FILE || null,
    };
    this.oidc = oidcConfig(v);
    this.logLevel = v.ASSAY_LOG_LEVEL;
  }

  /** Each setting with its value and meaning, secrets masked: what `assay config` prints. */
  describe(): { name: string; value: string; about: string }[] {
    return Object.entries(settings.shape).map(([name, schema]) => ({
      name,
      value: shownValue(name, new Map<string, unknown>(Object.entries(this.values)).get(name)),
      about: schema.description ?? '',
    }));
  }
}

function shownValue(name: string, value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (secretSettings.has(name)) return text === '' ? '' : '…';
  return text.replace(secret, '…');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Says which variable is wrong and why, in one sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * What `ASSAY_TESTING` opens can empty a database, so it opens for one that says that it is for tests, and for this machine alone.
 * @throws {ConfigError} otherwise.
 */
export function requireTestDatabase({ http }: Config, databaseUrl: string): void {
  if (!http.loopback)
    throw new ConfigError(
      'ASSAY_TESTING is for this machine alone: leave ASSAY_HTTP_HOST at 127.0.0.1, or leave it out.',
    );
  const name = URL.canParse(databaseUrl) ? new URL(databaseUrl).pathname.slice(1) : '';
  if (!name.endsWith('_test'))
    throw new ConfigError(
      `ASSAY_TESTING can empty its database, so the name of that has to end in _test: ${name === '' ? 'no name is given' : `"${name}" does not`}.`,
    );
}

/**
 * Reads the settings from an environment.
 * @throws {ConfigError} on a value out of range, or an `ASSAY_` variable that no setting has (a misspelling).
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const ours = Object.entries(environment).filter(([name, value]) => name.startsWith('ASSAY_') && value !== undefined);
  const unknown = ours
    .map(([name]) => name)
    .filter(
      (name) =>
        !(name in settings.shape) &&
        !name.startsWith('ASSAY_TEST_') &&
        name !== 'ASSAY_TOKEN' &&
        name !== 'ASSAY_URL' &&
        name !== 'ASSAY_WORKER',
    );
  if (unknown.length > 0)
    throw new ConfigError(`${unknown[0]} is no setting of Assay: see "assay config" for their names.`);
  const parsed = settings.safeParse(Object.fromEntries(ours));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(
      `${issue?.path.join('.') ?? 'A setting'} is not acceptable: ${issue?.message ?? 'unknown reason'}.`,
    );
  }
  if (parsed.data.ASSAY_OIDC_ISSUER !== '' && parsed.data.ASSAY_OIDC_CLIENT_ID === '')
    throw new ConfigError('ASSAY_OIDC_CLIENT_ID is missing: the provider knows this installation by it.');
  return new Config(parsed.data);
}
