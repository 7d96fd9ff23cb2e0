import {
  type Actor,
  type DriftWindow,
  type JudgeWindowRequest,
  driftWindow,
  judgeWindowRequest,
  windowList,
  windowListRequest,
  windowRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { JudgeWindow } from './judge-window.js';
import { WindowsService } from './windows.service.js';

@Controller()
export class WindowsController {
  constructor(
    private readonly judgeWindow: JudgeWindow,
    private readonly windows: WindowsService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/monitors/:id/windows',
    permission: 'drift:write',
    models: { behind: { id: 'monitor' } },
    summary: 'Judges a window of predictions',
    description: 'Asked again over unchanged predictions, it answers the window that was judged before.',
    request: judgeWindowRequest,
    response: driftWindow,
  })
  async judge(@Input() input: JudgeWindowRequest, @Caller() actor: Actor): Promise<DriftWindow> {
    return this.judgeWindow.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:id/windows',
    permission: 'drift:read',
    models: { behind: { id: 'monitor' } },
    summary: 'Lists judged windows',
    request: windowListRequest,
    response: windowList,
  })
  async list(
    @Input() input: z.infer<typeof windowListRequest>,
    @Caller() actor: Actor,
  ): Promise<{ windows: DriftWindow[] }> {
    return { windows: await this.windows.list(actor, input.id, input.limit) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/monitors/:id/windows/:window',
    permission: 'drift:read',
    models: { behind: { id: 'monitor' } },
    summary: 'Shows a judged window',
    request: windowRequest,
    response: driftWindow,
  })
  async get(@Input() input: z.infer<typeof windowRequest>, @Caller() actor: Actor): Promise<DriftWindow> {
    return this.windows.get(actor, input.id, input.window);
  }
}
