import { runService } from '@assay/platform/http';
import { RegistryAppModule } from './app.module.js';

await runService('registry', (config, log, databaseUrl) => RegistryAppModule.with(config, log, databaseUrl));
