import { type Actor, type Rollback, rollback, type RollbackRequest, rollbackRequest } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { shownPointer } from '../pointers/shown-pointer.js';
import { RollbackPointer } from './rollback-pointer.js';

@Controller()
export class RollbacksController {
  constructor(private readonly rollbackPointer: RollbackPointer) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/models/:name/pointers/:alias/rollback',
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Take a pointer back to a version that it held before; where a policy guards it, ask for that',
    request: rollbackRequest,
    response: rollback,
  })
  async execute(@Caller() actor: Actor, @Input() input: RollbackRequest): Promise<Rollback> {
    const { to, pointer, promotion } = await this.rollbackPointer.execute(actor, input);
    return {
      outcome: promotion === null ? 'moved' : 'requested',
      to: String(to),
      pointer: pointer === null ? null : shownPointer(pointer),
      promotion,
    };
  }
}
