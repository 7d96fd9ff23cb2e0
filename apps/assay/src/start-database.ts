import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { TestingReset, migrate } from '@assay/migrations';
import { type Config, keepSecret, requireTestDatabase } from '@assay/platform/config';
import { type DatabaseUrls, type Service, services, startEmbeddedPostgres } from '@assay/platform/database';
import type { Emptying } from '@assay/platform/http';

export interface StartedDatabase {
  readonly urls: Required<DatabaseUrls>;
  /** Where it is, for people: no password in it. */
  readonly place: string;
  /** Under `ASSAY_TESTING` only. */
  readonly emptying: Emptying | undefined;
  stop(): Promise<void>;
}

/** Starts the embedded Postgres, or takes the one that `ASSAY_DATABASE_URL` names, and brings it to this version. */
export async function startDatabase(config: Config, onLost: (detail: string) => void): Promise<StartedDatabase> {
  const passwords = servicePasswords(config);
  const emptying = (url: string): Emptying | undefined => (config.testing ? new TestingReset(url) : undefined);
  if (config.database.url !== null) {
    if (config.testing) requireTestDatabase(config, config.database.url);
    await migrate(config.database.url, passwords);
    return {
      urls: serviceUrls(config.database.url, passwords),
      place: `Postgres at ${new URL(config.database.url).host}`,
      emptying: emptying(config.database.url),
      stop: async () => undefined,
    };
  }
  const server = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    onExit: onLost,
    ...(config.testing ? { database: 'assay_test' } : {}),
  });
  try {
    if (config.testing) requireTestDatabase(config, server.url);
    await migrate(server.url, passwords);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    urls: serviceUrls(server.url, passwords),
    place: 'embedded Postgres',
    emptying: emptying(server.url),
    stop: () => server.stop(),
  };
}

/** Passwords of the service roles: given in a file, or made once and kept in the data folder, readable by its owner only. */
function servicePasswords(config: Config): Record<Service, string> {
  const file = config.database.passwordsFile ?? join(config.dataDir, 'keys', 'service-passwords.json');
  const make = (): string =>
    JSON.stringify(Object.fromEntries(services.map((service) => [service, randomBytes(24).toString('base64url')])));
  const kept: Record<Service, string> = JSON.parse(keepSecret(file, make));
  return kept;
}

function serviceUrls(url: string, passwords: Record<Service, string>): Required<DatabaseUrls> {
  const as = (service: Service): string => {
    const at = new URL(url);
    at.username = `${service}_svc`;
    at.password = passwords[service];
    return at.href;
  };
  return { registry: as('registry'), runner: as('runner'), drift: as('drift'), audit: as('audit') };
}
