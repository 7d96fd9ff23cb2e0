import type { MigrationClass } from '../migration-class.js';
import { CreateJobs1795300400000 } from './1795300400000-create-jobs.js';

export const runnerMigrations: readonly MigrationClass[] = [CreateJobs1795300400000];
