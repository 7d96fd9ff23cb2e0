import { SetUp } from '@assay/access';
import { TestingReset } from '@assay/migrations';
import { type Config, ConfigError } from '@assay/platform/config';
import { runService } from '@assay/platform/http';
import { RegistryAppModule } from './app.module.js';

await runService(
  'registry',
  (config, log, databaseUrl) => RegistryAppModule.with(config, log, databaseUrl, emptying(config)),
  async (app) => {
    const secret = await app.get(SetUp, { strict: false }).secretIfNeeded();
    return secret === null
      ? null
      : `Nobody can sign in yet: "assay login --url URL --setup ${secret}" makes the first person, an administrator, once.`;
  },
);

/** A service's own role may not truncate: the testing reset has a login of its own. */
function emptying({ testing, testingDatabaseUrl }: Config): TestingReset | undefined {
  if (!testing) return undefined;
  if (testingDatabaseUrl === null)
    throw new ConfigError(
      'ASSAY_TESTING_DATABASE_URL is needed beside ASSAY_TESTING: the login of the migration role, which empties the tables.',
    );
  return new TestingReset(testingDatabaseUrl);
}
