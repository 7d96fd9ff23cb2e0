import { SetUp } from '@assay/access';
import { type Config, ConfigError, requireTestDatabase } from '@assay/platform/config';
import { type Emptying, runService } from '@assay/platform/http';
import { RegistryAppModule } from './app.module.js';
import { giveBackAtRest } from './idle-memory.js';

await runService(
  'registry',
  async (config, log, databaseUrl) => RegistryAppModule.with(config, log, databaseUrl, await emptying(config)),
  async (app) => {
    const secret = await app.get(SetUp, { strict: false }).secretIfNeeded();
    return secret === null
      ? null
      : `Nobody can sign in yet: "assay login --url URL --setup ${secret}" makes the first person, an administrator, once; so does URL/setup#${secret} in a browser.`;
  },
);
giveBackAtRest();

/** A service's own role may not truncate: the testing reset has a login of its own. */
async function emptying(config: Config): Promise<Emptying | undefined> {
  const { testing, testingDatabaseUrl } = config;
  if (!testing) return undefined;
  if (testingDatabaseUrl === null)
    throw new ConfigError(
      'ASSAY_TESTING_DATABASE_URL is needed beside ASSAY_TESTING: the login of the migration role, which empties the tables.',
    );
  requireTestDatabase(config, testingDatabaseUrl);
  const { TestingReset } = await import('@assay/migrations');
  return new TestingReset(testingDatabaseUrl);
}
