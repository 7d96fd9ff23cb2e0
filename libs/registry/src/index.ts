export { RegistryModule } from './registry.module.js';
export { registryEntities } from './registry.entities.js';
