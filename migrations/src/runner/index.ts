import type { MigrationClass } from '../migration-class.js';
import { CreateJobs1795300400000 } from './1795300400000-create-jobs.js';
import { ShowJobOrigins1795300410000 } from './1795300410000-show-job-origins.js';

export const runnerMigrations: readonly MigrationClass[] = [CreateJobs1795300400000, ShowJobOrigins1795300410000];
