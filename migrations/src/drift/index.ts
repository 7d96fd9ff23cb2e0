import type { MigrationClass } from '../migration-class.js';
import { CreateDrift1795300500000 } from './1795300500000-create-drift.js';
import { ShowMonitorStates1795300510000 } from './1795300510000-show-monitor-states.js';
import { ShowWindowOrigins1795300520000 } from './1795300520000-show-window-origins.js';
import { ShowAlertOrigins1795300530000 } from './1795300530000-show-alert-origins.js';
import { WallWorkspaces1795300590000 } from './1795300590000-wall-workspaces.js';

export const driftMigrations: readonly MigrationClass[] = [
  CreateDrift1795300500000,
  ShowMonitorStates1795300510000,
  ShowWindowOrigins1795300520000,
  ShowAlertOrigins1795300530000,
  WallWorkspaces1795300590000,
];
