export { driftEntities } from './entities.js';
export { DriftModule } from './drift.module.js';
