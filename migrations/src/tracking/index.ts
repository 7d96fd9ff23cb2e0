import type { MigrationClass } from '../migration-class.js';
import { CreateTracking1795300200000 } from './1795300200000-create-tracking.js';

export const trackingMigrations: readonly MigrationClass[] = [CreateTracking1795300200000];
