import {
  type Actor,
  type CreateServiceAccountRequest,
  type IssuedToken,
  type ServiceAccount,
  type ServiceAccountTokenRequest,
  type Token,
  type UpdateServiceAccountRequest,
  createServiceAccountRequest,
  issuedToken,
  serviceAccount,
  serviceAccountList,
  serviceAccountRequest,
  serviceAccountTokenRequest,
  tokenList,
  updateServiceAccountRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { ServiceAccountsService } from './service-accounts.service.js';

@Controller()
export class ServiceAccountsController {
  constructor(private readonly accounts: ServiceAccountsService) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/service-accounts',
    permission: 'access:read',
    summary: 'List the service accounts of the workspace',
    response: serviceAccountList,
  })
  async list(@Caller() actor: Actor): Promise<{ serviceAccounts: ServiceAccount[] }> {
    return { serviceAccounts: await this.accounts.list(actor) };
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/service-accounts',
    permission: 'access:admin',
    summary: 'Add a service account: a program that calls in its own name and never signs',
    request: createServiceAccountRequest,
    response: serviceAccount,
    status: 201,
  })
  create(@Caller() actor: Actor, @Input() input: CreateServiceAccountRequest): Promise<ServiceAccount> {
    return this.accounts.create(actor, input);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/api/v1/service-accounts/:id',
    permission: 'access:admin',
    summary: "Change a service account's roles or access",
    request: updateServiceAccountRequest,
    response: serviceAccount,
  })
  update(@Caller() actor: Actor, @Input() input: UpdateServiceAccountRequest): Promise<ServiceAccount> {
    return this.accounts.update(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/service-accounts/:id/tokens',
    permission: 'access:admin',
    summary: 'Make a token for a service account',
    request: serviceAccountTokenRequest,
    response: issuedToken,
    status: 201,
  })
  createToken(@Caller() actor: Actor, @Input() input: ServiceAccountTokenRequest): Promise<IssuedToken> {
    return this.accounts.createToken(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/service-accounts/:id/tokens',
    permission: 'access:read',
    summary: 'List the tokens of a service account',
    request: serviceAccountRequest,
    response: tokenList,
  })
  async listTokens(@Caller() actor: Actor, @Input() input: { id: string }): Promise<{ tokens: Token[] }> {
    return { tokens: await this.accounts.listTokens(actor, input.id) };
  }
}
