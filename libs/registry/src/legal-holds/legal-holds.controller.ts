import {
  type Actor,
  legalHold,
  legalHoldList,
  legalHoldListRequest,
  legalHoldRequest,
  liftLegalHoldRequest,
  setLegalHoldRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { LegalHoldsService } from './legal-holds.service.js';
import { LiftLegalHold } from './lift-legal-hold.js';
import { SetLegalHold } from './set-legal-hold.js';

const base = '/api/v1/legal-holds';

@Controller()
export class LegalHoldsController {
  constructor(
    private readonly holds: LegalHoldsService,
    private readonly setHold: SetLegalHold,
    private readonly liftHold: LiftLegalHold,
  ) {}

  @Endpoint({
    method: 'POST',
    path: base,
    permission: 'holds:set',
    summary: 'Hold a model, a run or a dataset: nothing under it is deleted or replaced, whoever asks',
    request: setLegalHoldRequest,
    response: legalHold,
  })
  async set(@Caller() actor: Actor, @Input() input: z.infer<typeof setLegalHoldRequest>) {
    return this.setHold.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: base,
    permission: 'registry:read',
    summary: 'Legal holds of the workspace',
    request: legalHoldListRequest,
    response: legalHoldList,
  })
  async list(@Caller() actor: Actor, @Input() input: z.infer<typeof legalHoldListRequest>) {
    return { holds: await this.holds.list(actor, input) };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/:id`,
    permission: 'registry:read',
    summary: 'Show a legal hold',
    request: legalHoldRequest,
    response: legalHold,
  })
  async get(@Caller() actor: Actor, @Input() { id }: z.infer<typeof legalHoldRequest>) {
    return this.holds.get(actor, id);
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/:id/lift`,
    permission: 'holds:lift',
    summary: 'End a legal hold that somebody else has set',
    request: liftLegalHoldRequest,
    response: legalHold,
  })
  async lift(@Caller() actor: Actor, @Input() input: z.infer<typeof liftLegalHoldRequest>) {
    return this.liftHold.execute(actor, input);
  }
}
