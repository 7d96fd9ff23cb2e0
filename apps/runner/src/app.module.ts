import { TokenCredentialReader } from '@assay/access-reads';
import { RunnerModule } from '@assay/runner';
import { knownMigrations } from '@assay/migrations/known';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { AuditClientModule } from '@assay/platform/audit-client';
import { AuthModule } from '@assay/platform/auth';
import { type Config, ConfigModule } from '@assay/platform/config';
import { DatabaseModule } from '@assay/platform/database';
import { HttpModule, StatusModule } from '@assay/platform/http';
import { QueueModule } from '@assay/platform/queue';
import { type Logger, TelemetryModule } from '@assay/platform/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';

/** The runner service alone, as its own database role. */
@Module({})
export class RunnerAppModule {
  static with(config: Config, log: Logger, databaseUrl: string): DynamicModule {
    return {
      module: RunnerAppModule,
      imports: [
        ConfigModule.with(config),
        TelemetryModule.with(log),
        DatabaseModule.with({ runner: databaseUrl }, config.database.poolSize),
        AuditClientModule,
        HttpModule,
        StatusModule.knowing(knownMigrations()),
        AuthModule.with(TokenCredentialReader, 'runner'),
        ArtifactsModule,
        QueueModule.with({ redisUrl: config.queue.redisUrl, databaseUrl }),
        RunnerModule,
      ],
    };
  }
}
