import { SetUp } from '@assay/access';
import { runService } from '@assay/platform/http';
import { RegistryAppModule } from './app.module.js';

await runService(
  'registry',
  (config, log, databaseUrl) => RegistryAppModule.with(config, log, databaseUrl),
  async (app) => {
    const secret = await app.get(SetUp, { strict: false }).secretIfNeeded();
    return secret === null
      ? null
      : `Nobody can sign in yet: "assay login --url URL --setup ${secret}" makes the first person, an administrator, once.`;
  },
);
