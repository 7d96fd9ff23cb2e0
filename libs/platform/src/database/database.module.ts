import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule, getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Clock } from './clock.js';
import { poolOptions } from './connection-limits.js';
import { Database, type Service, databaseToken } from './database.js';
import { PreparedTexts } from './prepared-texts.js';
import { ProcessCaches } from './process-caches.js';

/** Injection token of every database this process has open: `{ service, database }[]`. */
export const OPEN_DATABASES = 'assay:open-databases';

export interface OpenDatabase {
  readonly service: Service;
  readonly database: Database;
}

/** Connection strings of the service roles this process runs as. */
export type DatabaseUrls = Partial<Record<Service, string>>;

/** Opens one pool per service role, and makes `Database` (by service) and `Clock` injectable everywhere. */
@Global()
@Module({})
export class DatabaseModule {
  static with(urls: DatabaseUrls, poolSize: number): DynamicModule {
    const opened = Object.entries(urls).map(([service, url]) => ({ service: asService(service), url }));
    return {
      module: DatabaseModule,
      imports: opened.map(({ service, url }) =>
        TypeOrmModule.forRoot({
          name: service,
          type: 'postgres',
          url,
          autoLoadEntities: true,
          synchronize: false,
          retryAttempts: 3,
          retryDelay: 200,
          applicationName: `assay-${service}`,
          poolSize,
          extra: poolOptions(),
        }),
      ),
      providers: [
        Clock,
        ProcessCaches,
        PreparedTexts,
        ...opened.map(({ service }) => ({
          provide: databaseToken(service),
          inject: [getDataSourceToken(service), ProcessCaches],
          useFactory: (source: DataSource, caches: ProcessCaches) => new Database(source, () => caches.dropAll()),
        })),
        {
          provide: OPEN_DATABASES,
          inject: opened.map(({ service }) => databaseToken(service)),
          useFactory: (...databases: Database[]): OpenDatabase[] =>
            databases.flatMap((database, index) =>
              opened.slice(index, index + 1).map(({ service }) => ({ service, database })),
            ),
        },
      ],
      exports: [
        Clock,
        ProcessCaches,
        PreparedTexts,
        OPEN_DATABASES,
        ...opened.map(({ service }) => databaseToken(service)),
      ],
    };
  }
}

function asService(name: string): Service {
  if (name === 'registry' || name === 'runner' || name === 'drift' || name === 'audit') return name;
  throw new Error(`no service is named ${name}`);
}
