import type { MigrationClass } from '../migration-class.js';
import { CreateJobs1795300400000 } from './1795300400000-create-jobs.js';
import { ShowJobOrigins1795300410000 } from './1795300410000-show-job-origins.js';
import { ShowChecks1795300420000 } from './1795300420000-show-checks.js';
import { ShowJobTriggers1795300430000 } from './1795300430000-show-job-triggers.js';
import { FindJobsByInput1795300440000 } from './1795300440000-find-jobs-by-input.js';
import { WallWorkspaces1795300490000 } from './1795300490000-wall-workspaces.js';
import { ShowEvaluationOrders1795300497000 } from './1795300497000-show-evaluation-orders.js';

export const runnerMigrations: readonly MigrationClass[] = [
  CreateJobs1795300400000,
  ShowJobOrigins1795300410000,
  ShowChecks1795300420000,
  ShowJobTriggers1795300430000,
  FindJobsByInput1795300440000,
  WallWorkspaces1795300490000,
  ShowEvaluationOrders1795300497000,
];
