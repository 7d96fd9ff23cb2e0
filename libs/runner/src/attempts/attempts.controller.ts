import {
  type Actor,
  type BindRunRequest,
  bindRunRequest,
  type FinishAttemptRequest,
  finishAttemptRequest,
  type HeartbeatAnswer,
  heartbeatAnswer,
  type HeartbeatRequest,
  heartbeatRequest,
  type StartAttemptRequest,
  startAttemptRequest,
  type StartedAttempt,
  startedAttempt,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { AttemptsService } from './attempts.service.js';

const base = '/api/v1/jobs/:id/attempts/:epoch';

/** What a worker calls with its job token. */
@Controller()
export class AttemptsController {
  constructor(private readonly attempts: AttemptsService) {}

  @Endpoint({
    method: 'POST',
    path: `${base}/start`,
    permission: 'jobs:work',
    summary: 'Say that the worker runs',
    request: startAttemptRequest,
    response: startedAttempt,
  })
  start(@Caller() actor: Actor, @Input() input: StartAttemptRequest): Promise<StartedAttempt> {
    return this.attempts.start(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/heartbeat`,
    permission: 'jobs:work',
    summary: 'Give a sign of life',
    request: heartbeatRequest,
    response: heartbeatAnswer,
  })
  heartbeat(@Caller() actor: Actor, @Input() input: HeartbeatRequest): Promise<HeartbeatAnswer> {
    return this.attempts.heartbeat(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/run`,
    permission: 'jobs:work',
    summary: 'Tie the job to its run',
    request: bindRunRequest,
    status: 204,
  })
  async bindRun(@Caller() actor: Actor, @Input() input: BindRunRequest): Promise<void> {
    await this.attempts.bindRun(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/finish`,
    permission: 'jobs:work',
    summary: 'End the attempt',
    request: finishAttemptRequest,
    status: 204,
  })
  async finish(@Caller() actor: Actor, @Input() input: FinishAttemptRequest): Promise<void> {
    await this.attempts.finish(actor, input);
  }
}
