import { Controller, type DynamicModule, Inject, Module } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Config } from '../config/index.js';
import {
  acrossWorkspaces,
  type Database,
  OPEN_DATABASES,
  type OpenDatabase,
  type Statement,
} from '../database/index.js';
import { Metrics } from '../telemetry/index.js';
import { AppError } from './app-error.js';
import { Endpoint, RawReply } from './endpoint.js';

const configResponse = z.object({
  settings: z
    .array(
      z.object({
        name: z.string().describe('Environment variable'),
        value: z.string().describe('Value in force, secrets masked'),
        about: z.string().describe('What it means'),
      }),
    )
    .describe('Every setting, in the order of its description'),
});

const readyResponse = z.object({
  services: z.array(z.string()).describe('Services of this process whose database answers'),
});

const KNOWN_MIGRATIONS = 'assay:known-migrations';

const unknownMigration: Statement = {
  name: 'status-unknown-migration',
  text: 'select audit.unknown_migration($1) as name',
};

/** What the running server is set to, whether it can work, and its metrics. */
@Controller()
class StatusController {
  constructor(
    private readonly config: Config,
    private readonly metrics: Metrics,
    @Inject(OPEN_DATABASES) private readonly databases: readonly OpenDatabase[],
    @Inject(KNOWN_MIGRATIONS) private readonly knownMigrations: readonly number[],
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/config',
    permission: 'settings:read',
    summary: 'Settings of the running server, secrets masked',
    response: configResponse,
  })
  settings(): z.infer<typeof configResponse> {
    return { settings: this.config.describe() };
  }

  @Endpoint({
    method: 'GET',
    path: '/health',
    permission: 'public',
    summary: 'Whether the process answers',
    produces: 'text/plain',
  })
  async health(@RawReply() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', 'text/plain; charset=utf-8').send('OK');
  }

  @Endpoint({
    method: 'GET',
    path: '/ready',
    permission: 'public',
    summary: 'Whether every database of this process answers, and is of no newer version (503 if not)',
    response: readyResponse,
  })
  async ready(): Promise<z.infer<typeof readyResponse>> {
    const silent: string[] = [];
    for (const { service, database } of this.databases) {
      try {
        const unknown = await this.unknownMigration(database);
        if (unknown !== null) throw newerDatabase(unknown);
      } catch (error) {
        if (error instanceof AppError) throw error;
        silent.push(service); // the answer below says which
      }
    }
    if (silent.length > 0)
      throw new AppError('TEMPORARILY_UNAVAILABLE', `The database does not answer: ${silent.join(', ')}.`);
    return { services: this.databases.map(({ service }) => service) };
  }

  /** A migration that the database has gone through and this build doesn't know; null where there is none. */
  private async unknownMigration(database: Database): Promise<string | null> {
    const [row] = await acrossWorkspaces(() =>
      database.run<{ name: string | null }>(unknownMigration, [this.knownMigrations]),
    );
    return row?.name ?? null;
  }

  @Endpoint({
    method: 'GET',
    path: '/metrics',
    permission: 'public',
    summary: 'Metrics of this process, Prometheus text format',
    produces: 'text/plain',
  })
  async prometheus(@RawReply() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }
}

function newerDatabase(migration: string): AppError {
  return new AppError(
    'TEMPORARILY_UNAVAILABLE',
    `The database was brought to a newer version (${migration}): this service is to be replaced by that version's.`,
  );
}

@Module({})
export class StatusModule {
  /** @param knownMigrations numbers of the migrations of this build: where the database has others, requests belong to a newer one. */
  static knowing(knownMigrations: readonly number[]): DynamicModule {
    return {
      module: StatusModule,
      controllers: [StatusController],
      providers: [{ provide: KNOWN_MIGRATIONS, useValue: knownMigrations }],
    };
  }
}
