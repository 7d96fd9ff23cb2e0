export { Config, ConfigError, readConfig, requireTestDatabase, settings, type SettingName } from './config.js';
export { type OidcConfig } from './oidc-settings.js';
export { ConfigModule } from './config.module.js';
export { keepSealKey, seal, unseal } from './seal.js';
export { keepSecret } from './secret-file.js';
export {
  readWorkerEnvironment,
  tensorflowFlags,
  writeWorkerEnvironment,
  type WorkerAssignment,
  type WorkerEnvironment,
} from './worker-environment.js';
