import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor } from '@assay/contracts';
import { defaultWorkspace, localPermissions } from '@assay/contracts';
import { AuditClientModule } from '@assay/platform/audit-client';
import { AuthModule, type Credential, CredentialReader } from '@assay/platform/auth';
import { ConfigModule, readConfig } from '@assay/platform/config';
import { DatabaseModule, type DatabaseUrls, type Service } from '@assay/platform/database';
import { HttpModule, createHttpApp } from '@assay/platform/http';
import { TelemetryModule, createLogger } from '@assay/platform/telemetry';
import { type DynamicModule, Injectable, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll } from 'vitest';
import type { TestDatabase } from './test-database.js';

export interface TestPlatformOptions {
  /** Feature modules under test. */
  modules: readonly (Type | DynamicModule)[];
  /** Services whose pools are opened; the first is the guard's. */
  services: readonly [Service, ...Service[]];
  /** Extra `ASSAY_…` settings. */
  environment?: Readonly<Record<string, string>>;
  /** Reads credentials; by default the token is the name of a test actor (see `actorNamed`). */
  credentials?: Type<CredentialReader>;
}

export interface TestPlatform {
  readonly app: NestFastifyApplication;
  /** An injectable of the running application. */
  get<T>(token: Type<T> | (abstract new (...args: never[]) => T) | string): T;
  /** A request without a socket. `as` is the caller's token, none for an anonymous call. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    as?: string,
    headers?: Record<string, string>,
  ): Promise<TestAnswer>;
  readonly dataDir: string;
}

export interface TestAnswer {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  /** Parsed JSON, or the text where it isn't JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- assertions look into answers of every shape
  body: any;
  bytes: Buffer;
}

const testActors = new Map<string, Actor>();

/** Registers who a token of the default test credential reader stands for. */
export function actorNamed(token: string, actor: Partial<Actor> = {}): Actor {
  const full: Actor = {
    id: token,
    kind: 'person',
    name: token,
    workspace: defaultWorkspace,
    roles: ['contributor'],
    groups: [],
    permissions: localPermissions,
    ...actor,
  };
  testActors.set(token, full);
  return full;
}

@Injectable()
class TestCredentialReader extends CredentialReader {
  async actorOf(credential: Credential | null): Promise<Actor | null> {
    if (!credential) return actorNamed('local', { kind: 'local', roles: [] });
    return testActors.get(credential.token) ?? null;
  }

  async stillHolds(): Promise<boolean> {
    return true;
  }
}

/** Boots feature modules as an app does, on a test file's own database and data folder, without listening. */
export function testPlatform(database: TestDatabase, options: TestPlatformOptions): TestPlatform {
  const dataDir = mkdtempSync(join('/var/tmp', 'assay-test-data-'));
  let app: NestFastifyApplication | undefined;
  const running = (): NestFastifyApplication => {
    if (!app) throw new Error('the test platform runs only inside tests');
    return app;
  };
  beforeAll(async () => {
    app = await bootTestPlatform(database.urls, dataDir, options);
  });
  afterAll(async () => {
    await app?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    get app() {
      return running();
    },
    dataDir,
    get: (token) => running().get(token, { strict: false }),
    call: async (method, url, body, as, headers = {}) => {
      const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
      const payload = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
      const response = await running().inject({
        method,
        url,
        ...(payload === undefined ? {} : { payload }),
        headers: {
          host: 'localhost',
          ...(payload === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
          ...(as ? { authorization: `Bearer ${as}` } : {}),
          ...headers,
        },
      });
      return {
        status: response.statusCode,
        headers: response.headers,
        body: parsed(response.body),
        bytes: response.rawPayload,
      };
    },
  };
}

/** Boots it for a test that looks at the boot itself; the caller closes what came of it. */
export async function bootTestPlatform(
  urls: Required<DatabaseUrls>,
  dataDir: string,
  options: TestPlatformOptions,
): Promise<NestFastifyApplication> {
  const config = readConfig({
    ASSAY_DATA_DIR: dataDir,
    ASSAY_TESTING: '1',
    ASSAY_LOG_LEVEL: 'error',
    ASSAY_PORT: '0',
    ...options.environment,
  });
  const log = createLogger(config.logLevel, 'test');
  const opened: DatabaseUrls = Object.fromEntries(options.services.map((service) => [service, urls[service]]));
  @Module({
    imports: [
      ConfigModule.with(config),
      TelemetryModule.with(log),
      DatabaseModule.with(opened, 4),
      AuditClientModule,
      HttpModule,
      AuthModule.with(options.credentials ?? TestCredentialReader, options.services[0]),
      ...options.modules,
    ],
  })
  class TestRoot {}
  return createHttpApp(TestRoot, config, log);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON: the test looks at the text itself
  }
}
