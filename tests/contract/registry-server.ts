import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@assay/platform/config';
import { createHttpApp } from '@assay/platform/http';
import { createLogger } from '@assay/platform/telemetry';
import type { TestDatabase } from '@assay/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll } from 'vitest';
import { RegistryAppModule } from '../../apps/registry/src/app.module.js';

/** The registry service as its own process would run it, listening on a free port, so that real clients can call it. */
export function registryServer(
  database: TestDatabase,
  environment: Readonly<Record<string, string>> = {},
): { readonly url: string; readonly dataDir: string } {
  const dataDir = mkdtempSync(join('/var/tmp', 'assay-contract-'));
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
    const log = createLogger(config.logLevel, 'contract');
    app = await createHttpApp(RegistryAppModule.with(config, log, database.urls.registry), config, log);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    dataDir,
    get url() {
      return url;
    },
  };
}
