import { type IssuedToken, type SetUpRequest, issuedToken, setUpRequest } from '@assay/contracts';
import { Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { CompleteSetUp } from './complete-set-up.js';

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
    return this.completeSetUp.execute(input);
  }
}
