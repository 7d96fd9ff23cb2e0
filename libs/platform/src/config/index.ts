export { Config, ConfigError, readConfig, settings, type SettingName } from './config.js';
export { ConfigModule } from './config.module.js';
export { keepSecret } from './secret-file.js';
