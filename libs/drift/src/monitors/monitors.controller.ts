import {
  type Actor,
  type CreateMonitorRequest,
  type Monitor,
  createMonitorRequest,
  monitor,
  monitorList,
  monitorListRequest,
  monitorRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { CreateMonitor } from './create-monitor.js';
import { MonitorsService } from './monitors.service.js';

@Controller()
export class MonitorsController {
  constructor(
    private readonly createMonitor: CreateMonitor,
    private readonly monitors: MonitorsService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/monitors',
    permission: 'drift:write',
    models: { fields: ['model'], creates: true },
    summary: 'Makes a drift monitor',
    request: createMonitorRequest,
    response: monitor,
    status: 201,
  })
  async create(@Input() input: CreateMonitorRequest, @Caller() actor: Actor): Promise<Monitor> {
    return this.createMonitor.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/monitors',
    permission: 'drift:read',
    models: { fields: ['model'] },
    summary: 'Lists drift monitors',
    request: monitorListRequest,
    response: monitorList,
  })
  async list(
    @Input() input: z.infer<typeof monitorListRequest>,
    @Caller() actor: Actor,
  ): Promise<{ monitors: Monitor[] }> {
    return { monitors: await this.monitors.list(actor, input.model) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:id',
    permission: 'drift:read',
    models: { behind: { id: 'monitor' } },
    summary: 'Shows a drift monitor',
    request: monitorRequest,
    response: monitor,
  })
  async get(@Input() input: z.infer<typeof monitorRequest>, @Caller() actor: Actor): Promise<Monitor> {
    return this.monitors.get(actor, input.id);
  }
}
