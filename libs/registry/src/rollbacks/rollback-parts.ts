import { RollbackPointer } from './rollback-pointer.js';
import { RollbackStore } from './rollback.store.js';
import { RollbacksController } from './rollbacks.controller.js';

/** What rollbacks add to the registry's module. */
export const rollbackControllers = [RollbacksController];
export const rollbackProviders = [RollbackStore, RollbackPointer];
