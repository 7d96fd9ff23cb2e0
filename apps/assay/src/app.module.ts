import { AccessModule } from '@assay/access';
import { TokenCredentialReader } from '@assay/access-reads';
import { AuditModule } from '@assay/audit';
import { DriftModule } from '@assay/drift';
import { knownMigrations } from '@assay/migrations/known';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { AuditClientModule } from '@assay/platform/audit-client';
import { AuthModule } from '@assay/platform/auth';
import { type Config, ConfigModule } from '@assay/platform/config';
import { DatabaseModule, type DatabaseUrls } from '@assay/platform/database';
import { type Emptying, HttpModule, StatusModule, TestingModule } from '@assay/platform/http';
import { QueueModule } from '@assay/platform/queue';
import { type Logger, TelemetryModule } from '@assay/platform/telemetry';
import { RegistryModule } from '@assay/registry';
import { RunnerModule } from '@assay/runner';
import { TrackingModule } from '@assay/tracking';
import { type DynamicModule, Module } from '@nestjs/common';

/** All four services in one process, each with its own database role. */
@Module({})
export class AssayModule {
  /** @param emptying under `ASSAY_TESTING`: what the testing reset does. */
  static with(config: Config, log: Logger, urls: Required<DatabaseUrls>, emptying?: Emptying): DynamicModule {
    return {
      module: AssayModule,
      imports: [
        ConfigModule.with(config),
        TelemetryModule.with(log),
        DatabaseModule.with(urls, config.database.poolSize),
        AuditClientModule,
        HttpModule,
        StatusModule.knowing(knownMigrations()),
        AuthModule.with(TokenCredentialReader, 'registry'),
        ArtifactsModule,
        QueueModule.with({ redisUrl: config.queue.redisUrl, databaseUrl: urls.runner }),
        AccessModule,
        TrackingModule,
        RegistryModule,
        RunnerModule,
        DriftModule,
        AuditModule,
        ...(emptying === undefined ? [] : [TestingModule.with(emptying)]),
      ],
    };
  }
}
