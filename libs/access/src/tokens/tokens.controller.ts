import {
  type Actor,
  type CreateTokenRequest,
  type IssuedToken,
  type Token,
  createTokenRequest,
  issuedToken,
  token,
  tokenList,
  tokenListRequest,
  tokenRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { TokensService } from './tokens.service.js';

@Controller()
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/tokens',
    permission: 'signed-in',
    summary: 'Make an API token for yourself',
    request: createTokenRequest,
    response: issuedToken,
    status: 201,
  })
  create(@Caller() actor: Actor, @Input() input: CreateTokenRequest): Promise<IssuedToken> {
    return this.tokens.create(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/tokens',
    permission: 'signed-in',
    summary: 'List your tokens, or as administrator those of a person',
    request: tokenListRequest,
    response: tokenList,
  })
  async list(@Caller() actor: Actor, @Input() input: { personId?: string }): Promise<{ tokens: Token[] }> {
    return { tokens: await this.tokens.list(actor, input.personId) };
  }

  @Endpoint({
    method: 'DELETE',
    path: '/api/v1/tokens/:id',
    permission: 'signed-in',
    summary: 'Revoke a token at once',
    request: tokenRequest,
    response: token,
  })
  revoke(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Token> {
    return this.tokens.revoke(actor, input.id);
  }
}
