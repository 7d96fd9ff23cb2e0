import { TokenCredentialReader } from '@assay/access-reads';
import { AccessModule } from '@assay/access';
import { RegistryModule } from '@assay/registry';
import { TrackingModule } from '@assay/tracking';
import { knownMigrations } from '@assay/migrations/known';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { AuditClientModule } from '@assay/platform/audit-client';
import { AuthModule } from '@assay/platform/auth';
import { type Config, ConfigModule } from '@assay/platform/config';
import { DatabaseModule } from '@assay/platform/database';
import { type Emptying, HttpModule, StatusModule, TestingModule } from '@assay/platform/http';
import { type Logger, TelemetryModule } from '@assay/platform/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';

/** The registry service alone, as its own database role. */
@Module({})
export class RegistryAppModule {
  /** @param emptying under `ASSAY_TESTING`: what the testing reset does. */
  static with(config: Config, log: Logger, databaseUrl: string, emptying?: Emptying): DynamicModule {
    return {
      module: RegistryAppModule,
      imports: [
        ConfigModule.with(config),
        TelemetryModule.with(log),
        DatabaseModule.with({ registry: databaseUrl }, config.database.poolSize),
        AuditClientModule,
        HttpModule,
        StatusModule.knowing(knownMigrations()),
        AuthModule.with(TokenCredentialReader, 'registry'),
        ArtifactsModule,
        AccessModule,
        TrackingModule,
        RegistryModule,
        ...(emptying === undefined ? [] : [TestingModule.with(emptying)]),
      ],
    };
  }
}
