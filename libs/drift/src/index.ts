export { driftEntities } from './drift.entities.js';
export { DriftModule } from './drift.module.js';
