import { runService } from '@assay/platform/http';
import { AuditAppModule } from './app.module.js';

await runService('audit', (config, log, databaseUrl) => AuditAppModule.with(config, log, databaseUrl));
