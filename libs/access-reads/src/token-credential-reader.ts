import { createHash } from 'node:crypto';
import {
  type Actor,
  type ModelGrant,
  type Permission,
  defaultWorkspace,
  grantedPermissions,
  heldPermissions,
  jobPermissions,
  localPermissions,
  permissions,
  roles,
} from '@assay/contracts';
import { type Credential, CredentialReader, type JobClaims, JobTokens, GUARD_DATABASE } from '@assay/platform/auth';
import { Config } from '@assay/platform/config';
import { type Database, ProcessCaches } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { Fence } from '@assay/platform/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { parseToken, secretMatches } from './token-format.js';
import { TokenUses } from './token-uses.js';

const rememberMs = 1000;
const rememberCount = 10_000;
const noHash = '0'.repeat(64);

const grantOfRow = z.object({
  pattern: z.string(),
  permissions: grantedPermissions,
  effect: z.enum(['allow', 'deny']),
});

const credentialRow = z.object({
  secret_sha256: z.string(),
  kind: z.enum(['person', 'service']),
  holder_id: z.string(),
  holder_name: z.string(),
  workspace: z.string(),
  roles: z.array(z.enum(roles)),
  groups: z.array(z.string()),
  scopes: z.array(z.enum(permissions)).nullable(),
  provisional: z.boolean(),
  grants: z.array(grantOfRow),
});

const credentialOf = {
  name: 'access-credential-of',
  text: `select secret_sha256, kind, holder_id, holder_name, workspace, roles, groups, scopes, provisional, grants
    from access.credential where token_id = $1 and case when $2::text is null then is_own else workspace = $2 end`,
};

const liveJobRow = z.object({ denials: z.array(grantOfRow) });

/** Only what is denied goes with a job: what it may is its recipe's. */
const liveJobOf = {
  name: 'access-live-job-of',
  text: 'select access.denials_of($3, $4) as denials from runner.live_attempt where job_id = $1 and epoch = $2',
};

/** Who a call without a credential is while no person exists: it tracks, registers and sets up, but never decides. */
export const localActor: Actor = {
  id: 'local',
  kind: 'local',
  name: 'local',
  workspace: defaultWorkspace,
  roles: [],
  groups: [],
  permissions: localPermissions,
};

/** What nobody does by a password that somebody else knows. */
const deciding: readonly Permission[] = ['promotions:decide', 'holds:lift'];

/** Reads API tokens, session tokens and job tokens. Answers are remembered for a second at most, and dropped at once by `forget`. */
@Injectable()
export class TokenCredentialReader extends CredentialReader {
  private readonly remembered = new Map<string, { actor: Actor | null; until: number }>();
  private readonly uses: TokenUses;
  private peopleExist = false;
  /** Grows with every `forget`: an answer that was asked for before it is not remembered after it. */
  private generation = 0;

  constructor(
    @Inject(GUARD_DATABASE) private readonly database: Database,
    private readonly jobTokens: JobTokens,
    private readonly config: Config,
    caches: ProcessCaches,
  ) {
    super();
    this.uses = new TokenUses(database);
    caches.add(() => this.forget());
  }

  override forget(): void {
    this.remembered.clear();
    this.peopleExist = false;
    this.generation += 1;
  }

  override async stillHolds(tx: Parameters<Fence>[0], { job }: Actor): Promise<boolean> {
    return job === undefined || holdsItsJob(tx, job);
  }

  async actorOf(credential: Credential | null, workspace: string | null): Promise<Actor | null> {
    const wanted = workspace === '' ? null : workspace;
    const actor = await this.remember(credential, wanted);
    if (wanted === null || actor?.workspace === wanted) return actor;
    // A caller who is known elsewhere learns no more of a workspace than somebody who made its name up.
    if (actor === null && (await this.remember(credential, null)) === null) return null;
    throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no workspace '${wanted}' that this caller is a member of.`);
  }

  /** @param workspace to act in; null for the credential's own. */
  private async remember(credential: Credential | null, workspace: string | null): Promise<Actor | null> {
    // Only a server that nobody but this machine can reach takes a caller without a credential at their word.
    if (credential === null && (this.peopleExist || !this.config.http.loopback)) return null;
    // Both are the caller's own text, of any length: what is remembered of them is short. NUL stands in no header.
    const asked = `${credential === null ? '' : `token ${credential.token}`}\0${workspace === null ? '' : `in ${workspace}`}`;
    const key = createHash('sha256').update(asked).digest('base64');
    const now = performance.now();
    const known = this.remembered.get(key);
    if (known !== undefined && known.until > now) return known.actor;
    const { generation } = this;
    const actor = credential === null ? await this.withoutCredential() : await this.find(credential.token, workspace);
    if (generation !== this.generation) return actor;
    if (this.remembered.size >= rememberCount) this.remembered.clear();
    this.remembered.set(key, { actor, until: now + rememberMs });
    return actor;
  }

  private async withoutCredential(): Promise<Actor | null> {
    const [row]: { present: boolean }[] = await this.database.read((tx) =>
      tx.query('select present from access.people_exist'),
    );
    this.peopleExist = row?.present === true;
    return this.peopleExist ? null : localActor;
  }

  private async find(token: string, workspace: string | null): Promise<Actor | null> {
    const parts = parseToken(token);
    if (parts !== null) return this.holderOf(parts.id, parts.secret, workspace);
    const claims = await this.jobTokens.read(token);
    if (claims === null) return null;
    const { jobId, epoch, onBehalfOf, workspace: held } = claims;
    const [row] = await this.database.run<object>(liveJobOf, [jobId, epoch, onBehalfOf, held]);
    return row === undefined ? null : jobActor(claims, liveJobRow.parse(row).denials);
  }

  private async holderOf(id: string, secret: string, workspace: string | null): Promise<Actor | null> {
    const rows: unknown[] = await this.database.run(credentialOf, [id, workspace]);
    const found = rows.length === 0 ? null : credentialRow.parse(rows[0]);
    if (!secretMatches(secret, found?.secret_sha256 ?? noHash) || found === null) return null;
    this.uses.seen(id);
    const { scopes, provisional } = found;
    const held = heldPermissions(found.roles, found.workspace).filter(
      (permission) => !provisional || !deciding.includes(permission),
    );
    return {
      id: found.holder_id,
      kind: found.kind,
      name: found.holder_name,
      workspace: found.workspace,
      roles: found.roles,
      groups: found.groups,
      permissions: scopes === null ? held : held.filter((permission) => scopes.includes(permission)),
      ...(scopes === null ? {} : { scopes }),
      ...(provisional ? { provisional } : {}),
      ...(found.grants.length === 0 ? {} : { modelGrants: found.grants }),
      tokenId: id,
    };
  }
}

/** A job's token is worth nothing once its attempt has ended or another has taken over, however long it is still valid. */
async function holdsItsJob(
  tx: Parameters<Fence>[0],
  { jobId, epoch }: Pick<JobClaims, 'jobId' | 'epoch'>,
): Promise<boolean> {
  const rows: unknown[] = await tx.query('select from runner.live_attempt where job_id = $1 and epoch = $2', [
    jobId,
    epoch,
  ]);
  return rows.length === 1;
}

function jobActor(claims: JobClaims, denials: readonly ModelGrant[]): Actor {
  return {
    id: `job:${claims.jobId}`,
    kind: 'job',
    name: `job ${claims.jobId}`,
    workspace: claims.workspace,
    roles: [],
    groups: [],
    permissions: jobPermissions(claims.recipe),
    ...(denials.length === 0 ? {} : { modelGrants: denials }),
    onBehalfOf: claims.onBehalfOf,
    job: { jobId: claims.jobId, epoch: claims.epoch, runId: claims.runId, recipe: claims.recipe },
  };
}
