import { runService } from '@assay/platform/http';
import { RunnerAppModule } from './app.module.js';

await runService('runner', (config, log, databaseUrl) => RunnerAppModule.with(config, log, databaseUrl));
