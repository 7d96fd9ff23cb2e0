import type { Actor, CreateTokenRequest, IssuedToken, Token } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { IssueToken } from './issue-token.js';
import { type TokenRecord, TokenStore } from './token.store.js';

const daySeconds = 86_400;

/** API tokens: everybody makes and revokes their own; administrators see and revoke anybody's. */
@Injectable()
export class TokensService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly tokens: TokenStore,
    private readonly issueToken: IssueToken,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  async create(actor: Actor, input: CreateTokenRequest): Promise<IssuedToken> {
    if (actor.kind !== 'person')
      throw new AppError('PERMISSION_DENIED', 'Only people have tokens: sign in as one first.');
    const order = {
      personId: actor.id,
      workspace: actor.workspace,
      kind: 'api',
      name: input.name,
      lifeSeconds: input.expiresInDays * daySeconds,
    } as const;
    return this.database.transaction((tx) => this.issueToken.execute(tx, actor, order));
  }

  async list(actor: Actor, personId: string = actor.id): Promise<Token[]> {
    if (personId !== actor.id) this.requireAdmin(actor);
    const found = await this.database.read((tx) => this.tokens.listOf(tx, actor.workspace, personId));
    return found.map(shown);
  }

  async revoke(actor: Actor, id: string): Promise<Token> {
    const revoked = await this.database.transaction(async (tx) => {
      const token = await this.tokens.find(tx, actor.workspace, id);
      if (token === null || (token.personId !== actor.id && !actor.permissions.includes('access:admin'))) {
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `You have no token '${id}'.`);
      }
      const revokedAt = this.clock.now();
      if (!(await this.tokens.revoke(tx, id, revokedAt))) return token;
      await this.audit.record(tx, actor, {
        action: 'access.token.revoked.v1',
        target: { type: 'token', id },
        covers: [row('access.api_token', id)],
        after: { person: token.personId, kind: token.kind },
      });
      return { ...token, revokedAt };
    });
    this.credentials.forget();
    return shown(revoked);
  }

  private requireAdmin(actor: Actor): void {
    if (!actor.permissions.includes('access:admin'))
      throw new AppError('PERMISSION_DENIED', 'Only administrators see the tokens of others.');
  }
}

function shown(token: TokenRecord): Token {
  return {
    id: token.id,
    name: token.name,
    personId: token.personId,
    kind: token.kind,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt.toISOString(),
    revokedAt: token.revokedAt?.toISOString() ?? null,
  };
}
