import { Controller, type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import { ProcessCaches } from '../database/index.js';
import { Endpoint } from './endpoint.js';

/** Empties tables under the running process; the app knows which, and as whom. */
export interface Emptying {
  run(): Promise<void>;
  close(): Promise<void>;
}

const EMPTYING = 'assay:emptying';

const resetResponse = z.object({}).meta({ id: 'TestingReset' });

/** What only a server under `ASSAY_TESTING` serves. */
@Controller()
class TestingController implements OnApplicationShutdown {
  constructor(
    @Inject(EMPTYING) private readonly emptying: Emptying,
    private readonly caches: ProcessCaches,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/testing/reset',
    permission: 'signed-in',
    summary: 'Empties tracking and registry, and leaves experiment 0',
    response: resetResponse,
  })
  async reset(): Promise<z.infer<typeof resetResponse>> {
    await this.emptying.run();
    this.caches.dropAll();
    return {};
  }

  async onApplicationShutdown(): Promise<void> {
    await this.emptying.close();
  }
}

/** Imported by an app that runs under `ASSAY_TESTING`, and by no other: without it the route does not exist. */
@Module({})
export class TestingModule {
  static with(emptying: Emptying): DynamicModule {
    return {
      module: TestingModule,
      controllers: [TestingController],
      providers: [{ provide: EMPTYING, useValue: emptying }],
    };
  }
}
