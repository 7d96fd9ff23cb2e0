import type {
  Actor,
  CreateServiceAccountRequest,
  IssuedToken,
  ServiceAccount,
  ServiceAccountTokenRequest,
  Token,
  UpdateServiceAccountRequest,
} from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { IssueToken } from '../tokens/issue-token.js';
import { shownToken } from '../tokens/shown-token.js';
import { TokenStore } from '../tokens/token.store.js';
import { type ServiceAccountRecord, ServiceAccountStore } from './service-account.store.js';

const daySeconds = 86_400;

/** Programs that call in their own name. Administrators make them and their tokens; none of them ever signs. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly accounts: ServiceAccountStore,
    private readonly tokens: TokenStore,
    private readonly issueToken: IssueToken,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  async list(actor: Actor): Promise<ServiceAccount[]> {
    return (await this.database.read((tx) => this.accounts.list(tx, actor.workspace))).map(shown);
  }

  async create(actor: Actor, input: CreateServiceAccountRequest): Promise<ServiceAccount> {
    const account = {
      id: newId(),
      workspace: actor.workspace,
      name: input.name,
      roles: [...new Set(input.roles)].toSorted(),
      createdBy: actor.id,
      createdAt: this.clock.now(),
    };
    await this.database.transaction(async (tx) => {
      if (!(await this.accounts.insert(tx, account)))
        throw new AppError(
          'RESOURCE_CONFLICT',
          `There is a service account '${input.name}' already: use another name.`,
        );
      await this.audit.record(tx, actor, {
        action: 'access.service-account.created.v1',
        target: { type: 'service-account', id: account.id },
        covers: [row('access.service_account', account.id)],
        after: { name: account.name, roles: account.roles },
      });
    });
    return shown({ ...account, disabledAt: null });
  }

  async update(actor: Actor, input: UpdateServiceAccountRequest): Promise<ServiceAccount> {
    const account = await this.database.transaction(async (tx) => {
      const before = (await this.accounts.lock(tx, actor.workspace, input.id)) ?? unknown(input.id);
      const after = {
        ...before,
        roles: input.roles === undefined ? before.roles : [...new Set(input.roles)].toSorted(),
        disabledAt:
          input.disabled === undefined
            ? before.disabledAt
            : input.disabled
              ? (before.disabledAt ?? this.clock.now())
              : null,
      };
      await this.accounts.update(tx, after);
      // Looked at when it is enabled as well: what was revoked, or under way meanwhile, does not come back to life.
      const ends = before.disabledAt !== null || after.disabledAt !== null;
      const ended = ends ? await this.tokens.revokeAll(tx, { serviceAccountId: after.id }, this.clock.now()) : [];
      await this.audit.record(tx, actor, {
        action: 'access.service-account.changed.v1',
        target: { type: 'service-account', id: after.id },
        covers: [row('access.service_account', after.id), ...ended.map(({ id }) => row('access.api_token', id))],
        before: { roles: before.roles, disabled: before.disabledAt !== null },
        after: { roles: after.roles, disabled: after.disabledAt !== null, tokensRevoked: ended.length },
      });
      return after;
    });
    this.credentials.forget();
    return shown(account);
  }

  async createToken(actor: Actor, input: ServiceAccountTokenRequest): Promise<IssuedToken> {
    return this.database.transaction(async (tx) => {
      const account = (await this.accounts.lock(tx, actor.workspace, input.id)) ?? unknown(input.id);
      if (account.disabledAt !== null)
        throw new AppError('RESOURCE_CONFLICT', `The service account '${account.name}' is disabled: enable it first.`);
      return this.issueToken.execute(tx, actor, {
        holder: { serviceAccountId: account.id },
        workspace: account.workspace,
        kind: 'api',
        name: input.name,
        scopes: input.scopes ?? null,
        provisional: false,
        lifeSeconds: input.expiresInDays * daySeconds,
      });
    });
  }

  async listTokens(actor: Actor, id: string): Promise<Token[]> {
    return this.database.read(async (tx) => {
      const account = (await this.accounts.find(tx, actor.workspace, id)) ?? unknown(id);
      return (await this.tokens.listOf(tx, actor.workspace, { serviceAccountId: account.id })).map(shownToken);
    });
  }
}

function unknown(id: string): never {
  throw new AppError(
    'RESOURCE_DOES_NOT_EXIST',
    `There is no service account '${id}': GET /api/v1/service-accounts lists all of them.`,
  );
}

function shown({ id, name, roles, createdBy, createdAt, disabledAt }: ServiceAccountRecord): ServiceAccount {
  return {
    id,
    name,
    roles,
    createdBy,
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
  };
}
