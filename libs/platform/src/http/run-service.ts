import type { DynamicModule, INestApplication } from '@nestjs/common';
import { type Config, ConfigError, readConfig, requireTestDatabase } from '../config/index.js';
import { type Logger, createLogger } from '../telemetry/index.js';
import { closeApp } from './close-app.js';
import { createHttpApp } from './create-http-app.js';
import { ListeningAddress } from './listening-address.js';

/**
 * Runs one service in a process of its own, against a database that is migrated already. `ASSAY_DATABASE_URL` is the login of that
 * service's role. SIGTERM stops it after the requests at hand. What `welcome` answers is printed once the service listens.
 */
export async function runService(
  name: string,
  root: (config: Config, log: Logger, databaseUrl: string) => DynamicModule | Promise<DynamicModule>,
  welcome?: (app: INestApplication) => Promise<string | null>,
): Promise<void> {
  try {
    const config = readConfig();
    if (config.database.url === null)
      throw new ConfigError(
        `ASSAY_DATABASE_URL is needed: the login of the role ${name}_svc. To run everything on one machine, use "npm start".`,
      );
    if (config.testing) requireTestDatabase(config, config.database.url);
    const log = createLogger(config.logLevel, name);
    const app = await createHttpApp(await root(config, log, config.database.url), config, log);
    await app.listen(config.port, config.http.host);
    const url = await app.getUrl();
    app.get(ListeningAddress, { strict: false }).set(url);
    log.info({ url }, 'listening');
    const said = await welcome?.(app);
    if (said) process.stdout.write(`${said}\n`);
    let stopping = false;
    const stop = (): void => {
      if (stopping) return;
      stopping = true;
      closeApp(app).then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'the stop failed');
          process.exit(1);
        },
      );
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  } catch (error) {
    process.stderr.write(
      `assay ${name}: ${error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  }
}
