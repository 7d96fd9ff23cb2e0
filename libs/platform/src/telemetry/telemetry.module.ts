import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { Metrics } from './metrics.js';

/** Injection token of the process's log. */
export const LOG = 'assay:log';

/** Makes the log injectable: `@Inject(LOG) private readonly log: Logger`. */
@Global()
@Module({})
export class TelemetryModule {
  static with(log: Logger): DynamicModule {
    return { module: TelemetryModule, providers: [{ provide: LOG, useValue: log }, Metrics], exports: [LOG, Metrics] };
  }
}
