import { TokenCredentialReader } from '@assay/access-reads';
import { DriftModule } from '@assay/drift';
import { knownMigrations } from '@assay/migrations/known';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { AuditClientModule } from '@assay/platform/audit-client';
import { AuthModule } from '@assay/platform/auth';
import { type Config, ConfigModule } from '@assay/platform/config';
import { DatabaseModule } from '@assay/platform/database';
import { HttpModule, StatusModule } from '@assay/platform/http';
import { type Logger, TelemetryModule } from '@assay/platform/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';

/** The drift service alone, as its own database role. */
@Module({})
export class DriftAppModule {
  static with(config: Config, log: Logger, databaseUrl: string): DynamicModule {
    return {
      module: DriftAppModule,
      imports: [
        ConfigModule.with(config),
        TelemetryModule.with(log),
        DatabaseModule.with({ drift: databaseUrl }, config.database.poolSize),
        AuditClientModule,
        HttpModule,
        StatusModule.knowing(knownMigrations()),
        AuthModule.with(TokenCredentialReader, 'drift'),
        ArtifactsModule,
        DriftModule,
      ],
    };
  }
}
