import {
  type Actor,
  type DriftAlert,
  alertList,
  alertListRequest,
  alertRequest,
  closeAlertRequest,
  driftAlert,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { AlertsService } from './alerts.service.js';
import { CloseAlert } from './close-alert.js';

@Controller()
export class AlertsController {
  constructor(
    private readonly alerts: AlertsService,
    private readonly closeAlert: CloseAlert,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/alerts',
    permission: 'drift:read',
    models: { behind: { monitor: 'monitor' } },
    summary: 'Lists alerts',
    request: alertListRequest,
    response: alertList,
  })
  async list(
    @Input() input: z.infer<typeof alertListRequest>,
    @Caller() actor: Actor,
  ): Promise<{ alerts: DriftAlert[] }> {
    return { alerts: await this.alerts.list(actor, input) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/alerts/:id',
    permission: 'drift:read',
    models: { behind: { id: 'alert' } },
    summary: 'Shows an alert',
    request: alertRequest,
    response: driftAlert,
  })
  async get(@Input() input: z.infer<typeof alertRequest>, @Caller() actor: Actor): Promise<DriftAlert> {
    return this.alerts.get(actor, input.id);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/alerts/:id/close',
    permission: 'drift:write',
    models: { behind: { id: 'alert' } },
    summary: 'Closes an alert with a reason',
    request: closeAlertRequest,
    response: driftAlert,
  })
  async close(@Input() input: z.infer<typeof closeAlertRequest>, @Caller() actor: Actor): Promise<DriftAlert> {
    return this.closeAlert.execute(actor, input);
  }
}
