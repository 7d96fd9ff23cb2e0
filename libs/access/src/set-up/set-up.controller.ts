import { type IssuedToken, type SetUpRequest, issuedToken, setUpRequest } from '@assay/contracts';
import { acrossWorkspaces } from '@assay/platform/database';
import { Endpoint, Input, RawReply } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CompleteSetUp } from './complete-set-up.js';
import { setUpPage, setUpPageHeaders } from './set-up-page.js';

@Controller()
export class SetUpController {
  constructor(private readonly completeSetUp: CompleteSetUp) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/setup',
    permission: 'public',
    summary: 'Make the first administrator, with the secret that the platform printed',
    request: setUpRequest,
    response: issuedToken,
    status: 201,
  })
  complete(@Input() input: SetUpRequest): Promise<IssuedToken> {
    return acrossWorkspaces(() => this.completeSetUp.execute(input));
  }

  @Endpoint({
    method: 'GET',
    path: '/setup',
    permission: 'public',
    summary: 'The page behind the one-time link that the platform prints at its first start',
    produces: 'text/html',
  })
  async page(@RawReply() reply: FastifyReply): Promise<void> {
    await reply.headers(setUpPageHeaders).send(setUpPage);
  }
}
