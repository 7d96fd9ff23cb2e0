import type { MigrationClass } from '../migration-class.js';
import { CreateTracking1795300200000 } from './1795300200000-create-tracking.js';
import { AddCreationKeys1795300210000 } from './1795300210000-add-creation-keys.js';
import { IndexSearches1795300240000 } from './1795300240000-index-searches.js';
import { CreateTraces1795300250000 } from './1795300250000-create-traces.js';
import { TieRunsToJobs1795300220000 } from './1795300220000-tie-runs-to-jobs.js';
import { PackMetricHistory1795300230000 } from './1795300230000-pack-metric-history.js';
import { AddMultipartUploads1795300260000 } from './1795300260000-add-multipart-uploads.js';
import { CreateImports1795300270000 } from './1795300270000-create-imports.js';
import { BoundTraces1795300280000 } from './1795300280000-bound-traces.js';
import { AgeCreationKeys1795300290000 } from './1795300290000-age-creation-keys.js';
import { DiscardUploads1795300295000 } from './1795300295000-discard-uploads.js';
import { DeferLatestValues1795300298000 } from './1795300298000-defer-latest-values.js';
import { CreateIssuesAndEvaluation1795300299000 } from './1795300299000-create-issues-and-evaluation.js';
import { AnalyseSoon1795300299500 } from './1795300299500-analyse-soon.js';
import { KeepContributors1795300299600 } from './1795300299600-keep-contributors.js';
import { ProbeValues1795300299700 } from './1795300299700-probe-values.js';
import { WallWorkspaces1795300299900 } from './1795300299900-wall-workspaces.js';

export const trackingMigrations: readonly MigrationClass[] = [
  CreateTracking1795300200000,
  AddCreationKeys1795300210000,
  TieRunsToJobs1795300220000,
  PackMetricHistory1795300230000,
  IndexSearches1795300240000,
  CreateTraces1795300250000,
  AddMultipartUploads1795300260000,
  CreateImports1795300270000,
  BoundTraces1795300280000,
  AgeCreationKeys1795300290000,
  DiscardUploads1795300295000,
  DeferLatestValues1795300298000,
  CreateIssuesAndEvaluation1795300299000,
  AnalyseSoon1795300299500,
  KeepContributors1795300299600,
  ProbeValues1795300299700,
  WallWorkspaces1795300299900,
];
