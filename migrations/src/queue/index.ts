import type { MigrationClass } from '../migration-class.js';
import { CreateQueue1795300050000 } from './1795300050000-create-queue.js';

export const queueMigrations: readonly MigrationClass[] = [CreateQueue1795300050000];
