export { AccessModule, accessEntities } from './access.module.js';
export { SetUp } from './set-up/set-up.js';
