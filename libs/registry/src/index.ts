export { RegistryModule } from './registry.module.js';
export { registryEntities } from './entities.js';
