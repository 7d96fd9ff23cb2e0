import { Controller, Module } from '@nestjs/common';
import { z } from 'zod';
import { Config } from '../config/index.js';
import { Endpoint } from './endpoint.js';

const configResponse = z.object({
  settings: z.array(
    z.object({
      name: z.string().describe('Environment variable'),
      value: z.string().describe('Value in force, secrets masked'),
      about: z.string().describe('What it means'),
    }),
  ),
});

/** What the running server is set to. */
@Controller()
class StatusController {
  constructor(private readonly config: Config) {}

  @Endpoint({ method: 'GET', path: '/api/v1/config', permission: 'settings:read', summary: 'Settings of the running server, secrets masked', response: configResponse })
  settings(): z.infer<typeof configResponse> {
    return { settings: this.config.describe() };
  }

}

@Module({ controllers: [StatusController] })
export class StatusModule {}
