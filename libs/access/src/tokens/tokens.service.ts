import type { Actor, CreateTokenRequest, IssuedToken, Token } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { PersonStore } from '../people/person.store.js';
import { IssueToken } from './issue-token.js';
import { shownToken } from './shown-token.js';
import { TokenStore } from './token.store.js';

const daySeconds = 86_400;

/** API tokens: everybody makes and revokes their own; administrators see and revoke anybody's. */
@Injectable()
export class TokensService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly tokens: TokenStore,
    private readonly people: PersonStore,
    private readonly issueToken: IssueToken,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  async create(actor: Actor, input: CreateTokenRequest): Promise<IssuedToken> {
    if (actor.kind !== 'person')
      throw new AppError('PERMISSION_DENIED', 'Only people make tokens for themselves: sign in as one first.');
    if (actor.scopes !== undefined)
      throw new AppError('PERMISSION_DENIED', 'This token is narrowed, so it makes no other: sign in first.');
    const order = {
      holder: { personId: actor.id },
      workspace: actor.workspace,
      kind: 'api',
      name: input.name,
      scopes: input.scopes ?? null,
      provisional: actor.provisional === true,
      lifeSeconds: input.expiresInDays * daySeconds,
    } as const;
    return this.database.transaction(async (tx) => {
      await this.requireStanding(tx, actor);
      return this.issueToken.execute(tx, actor, order);
    });
  }

  async list(actor: Actor, personId: string = actor.id): Promise<Token[]> {
    if (personId !== actor.id) this.requireAdmin(actor);
    const found = await this.database.read((tx) => this.tokens.listOf(tx, actor.workspace, { personId }));
    return found.filter(({ id }) => this.mayTouch(actor, { id, personId })).map(shownToken);
  }

  async revoke(actor: Actor, id: string): Promise<Token> {
    const revoked = await this.database.transaction(async (tx) => {
      const token = await this.tokens.find(tx, actor.workspace, id);
      if (token === null || !this.mayTouch(actor, token)) {
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `You have no token '${id}'.`);
      }
      const revokedAt = this.clock.now();
      if (!(await this.tokens.revoke(tx, id, revokedAt))) return token;
      await this.audit.record(tx, actor, {
        action: 'access.token.revoked.v1',
        target: { type: 'token', id },
        covers: [row('access.api_token', id)],
        after: { person: token.personId, serviceAccount: token.serviceAccountId, kind: token.kind },
      });
      return { ...token, revokedAt };
    });
    this.credentials.forget();
    return shownToken(revoked);
  }

  /** What the caller was let in with may have been ended since; whoever ends it now waits, and finds the token that is made here. */
  private async requireStanding(tx: Tx, { id, tokenId }: Actor): Promise<void> {
    const held = await this.people.hold(tx, id);
    if (held === null || (tokenId !== undefined && !(await this.tokens.stands(tx, tokenId))))
      throw new AppError('UNAUTHENTICATED', 'Your access has just ended: sign in again.');
  }

  /** Everybody their own, administrators anybody's; a narrowed token knows nothing but itself. */
  private mayTouch(actor: Actor, { id, personId }: { id: string; personId: string | null }): boolean {
    if (actor.permissions.includes('access:admin') || id === actor.tokenId) return true;
    return personId === actor.id && actor.scopes === undefined;
  }

  private requireAdmin(actor: Actor): void {
    if (!actor.permissions.includes('access:admin'))
      throw new AppError('PERMISSION_DENIED', 'Only administrators see the tokens of others.');
  }
}
