import { TokenCredentialReader } from '@assay/access-reads';
import { AuditModule } from '@assay/audit';
import { knownMigrations } from '@assay/migrations/known';
import { AuditClientModule } from '@assay/platform/audit-client';
import { AuthModule } from '@assay/platform/auth';
import { type Config, ConfigModule } from '@assay/platform/config';
import { DatabaseModule } from '@assay/platform/database';
import { HttpModule, StatusModule } from '@assay/platform/http';
import { type Logger, TelemetryModule } from '@assay/platform/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';

/** The audit service alone, as its own database role. */
@Module({})
export class AuditAppModule {
  static with(config: Config, log: Logger, databaseUrl: string): DynamicModule {
    return {
      module: AuditAppModule,
      imports: [
        ConfigModule.with(config),
        TelemetryModule.with(log),
        DatabaseModule.with({ audit: databaseUrl }, config.database.poolSize),
        AuditClientModule,
        HttpModule,
        StatusModule.knowing(knownMigrations()),
        AuthModule.with(TokenCredentialReader, 'audit'),
        AuditModule,
      ],
    };
  }
}
