import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@assay/platform/config';
import { ListeningAddress, createHttpApp } from '@assay/platform/http';
import { type Logger, createLogger } from '@assay/platform/telemetry';
import type { TestDatabase } from '@assay/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll } from 'vitest';
import { AssayModule } from '../../apps/assay/src/app.module.js';

export interface WholePlatformOptions {
  /** Takes the log lines; without it stderr does. */
  readonly log?: Logger;
  /** false: no worker processes are started, so jobs wait. */
  readonly workers?: boolean;
}

/** The all-in-one as `npm start` runs it, on a test file's own database, listening on a free port. */
export function wholePlatform(
  database: TestDatabase,
  environment: Readonly<Record<string, string>> = {},
  options: WholePlatformOptions = {},
): { readonly app: NestFastifyApplication; readonly url: string } {
  const dataDir = mkdtempSync(join('/var/tmp', 'assay-e2e-'));
  let app: NestFastifyApplication | undefined;
  let url = '';
  beforeAll(async () => {
    const config = readConfig({
      ASSAY_DATA_DIR: dataDir,
      ASSAY_TESTING: '1',
      ASSAY_LOG_LEVEL: 'error',
      ASSAY_PORT: '0',
      ...environment,
    });
    const log = options.log ?? createLogger(config.logLevel, 'e2e');
    app = await createHttpApp(AssayModule.with(config, log, database.urls), config, log);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    if (options.workers !== false) app.get(ListeningAddress, { strict: false }).set(url);
  });
  afterAll(async () => {
    await app?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    get app() {
      if (!app) throw new Error('the platform runs only inside tests');
      return app;
    },
    get url() {
      return url;
    },
  };
}
