import { type IssuedToken, type OpenSessionRequest, issuedToken, openSessionRequest } from '@assay/contracts';
import { acrossWorkspaces } from '@assay/platform/database';
import { Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { OpenSession } from './open-session.js';

@Controller()
export class SessionsController {
  constructor(private readonly openSession: OpenSession) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/sessions',
    permission: 'public',
    summary: 'Sign in with address and password; the token lasts twelve hours',
    request: openSessionRequest,
    response: issuedToken,
    status: 201,
  })
  open(@Input() input: OpenSessionRequest): Promise<IssuedToken> {
    return acrossWorkspaces(() => this.openSession.execute(input));
  }
}
