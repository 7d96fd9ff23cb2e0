import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrate } from '@assay/migrations';
import { type Config, keepSecret } from '@assay/platform/config';
import { type DatabaseUrls, type Service, services, startEmbeddedPostgres } from '@assay/platform/database';

export interface StartedDatabase {
  readonly urls: Required<DatabaseUrls>;
  /** Where it is, for people: no password in it. */
  readonly place: string;
  stop(): Promise<void>;
}

/** Starts the embedded Postgres, or takes the one that `ASSAY_DATABASE_URL` names, and brings it to this version. */
export async function startDatabase(config: Config, onLost: (detail: string) => void): Promise<StartedDatabase> {
  const passwords = servicePasswords(config);
  if (config.database.url !== null) {
    await migrate(config.database.url, passwords);
    return {
      urls: serviceUrls(config.database.url, passwords),
      place: `Postgres at ${new URL(config.database.url).host}`,
      stop: async () => undefined,
    };
  }
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, onExit: onLost });
  try {
    await migrate(server.url, passwords);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { urls: serviceUrls(server.url, passwords), place: 'embedded Postgres', stop: () => server.stop() };
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
