import { runService } from '@assay/platform/http';
import { DriftAppModule } from './app.module.js';

await runService('drift', (config, log, databaseUrl) => DriftAppModule.with(config, log, databaseUrl));
