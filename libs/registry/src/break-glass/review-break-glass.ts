import { CredentialProof } from '@assay/access-reads';
import { type Actor, type BreakGlass, hiddenModels, type ReviewBreakGlassRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { encodePageToken } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { ReadSigningRights } from '../promotions/signing-rights.js';
import { keysOfToken } from '../search/keyset.js';
import { type BreakGlassRecord, isOverdue } from './break-glass.js';
import { type BreakGlassFilter, BreakGlassStore } from './break-glass.store.js';
import { ShowBreakGlass } from './show-break-glass.js';

export type ListedBreakGlass = Omit<BreakGlassFilter, 'after' | 'hidden'> & { readonly pageToken?: string | undefined };

export interface BreakGlassPage {
  readonly moves: BreakGlass[];
  readonly nextPageToken: string | null;
}

/** Closes the review of an emergency move, once, by somebody else who holds the review's role; and lists them. */
@Injectable()
export class ReviewBreakGlass {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly rights: ReadSigningRights,
    private readonly store: BreakGlassStore,
    private readonly show: ShowBreakGlass,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async list(actor: Actor, { pageToken, limit, ...filter }: ListedBreakGlass): Promise<BreakGlassPage> {
    const scope = `break-glass ${actor.workspace} ${JSON.stringify(filter)}`;
    const after = pageToken === undefined ? null : placeAfter(scope, pageToken);
    return this.database.read(async (tx) => {
      const asked = { ...filter, hidden: hiddenModels(actor), limit: limit + 1, after };
      const found = await this.store.list(tx, actor.workspace, asked, this.clock.now());
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const isLast = found.length === page.length || last === undefined;
      return {
        moves: await this.show.all(tx, page),
        nextPageToken: isLast ? null : encodePageToken(scope, [last.brokenAt.getTime(), last.id]),
      };
    });
  }

  async get(actor: Actor, id: string): Promise<BreakGlass> {
    return this.database.read(async (tx) => {
      const found = await this.store.find(tx, actor.workspace, id);
      if (found === null) throw unknown(id);
      return this.show.one(tx, found);
    });
  }

  async execute(actor: Actor, input: ReviewBreakGlassRequest): Promise<BreakGlass> {
    const proven = await this.proof.verify(actor, input.credential);
    const verdict = await this.database.transaction(async (tx): Promise<BreakGlass | AppError> => {
      const record = await this.store.lock(tx, actor.workspace, input.id);
      if (record === null) return unknown(input.id);
      const target = { type: 'break-glass', id: record.id };
      const links = { breakGlass: record.id, model: record.modelId, modelVersion: String(record.version) };
      const signed = { requestedAt: record.brokenAt, mayNotApprove: [record.brokenBy] };
      const signer = await this.rights.execute(tx, actor, signed, input.credential, proven);
      const refused = async (why: string): Promise<AppError> => {
        await this.audit.refusedIn(tx, actor, {
          action: 'registry.break-glass.review-refused.v1',
          target,
          after: { why },
          links,
        });
        return new AppError('PERMISSION_DENIED', why);
      };
      if ('why' in signer) return refused(signer.detail);
      // Whoever holds the role now may close it: a review has to be closed, also where nobody is left who held it then.
      const lacking = refusalOf(actor, record);
      if (lacking !== null) return refused(lacking);
      if (record.review !== null) {
        return new AppError('RESOURCE_CONFLICT', `The review is closed already: ${record.review.verdict}.`, {
          verdict: record.review.verdict,
        });
      }
      const at = this.clock.now();
      const { credential } = signer;
      const review = { by: actor.id, at, verdict: input.verdict, comment: input.comment, credential };
      await this.store.review(tx, record.id, review);
      await this.audit.record(tx, actor, {
        action: 'registry.break-glass.reviewed.v1',
        target,
        covers: [row('registry.break_glass', record.id)],
        after: { verdict: input.verdict, credential, late: isOverdue(record, at) },
        personal: { comment: input.comment },
        links,
      });
      return this.show.one(tx, { ...record, review });
    });
    if (verdict instanceof AppError) throw verdict;
    return verdict;
  }
}

function refusalOf(actor: Actor, record: BreakGlassRecord): string | null {
  if (record.brokenBy === actor.id) return 'You moved the pointer, so somebody else must review it.';
  const lacking = record.reviewRoles.filter((role) => !actor.roles.some((held) => held === role));
  return lacking.length === 0 ? null : `This review needs ${lacking.join(' and ')}, which you are not.`;
}

function unknown(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `There is no emergency move '${id}'.`);
}

function placeAfter(scope: string, token: string): { at: Date; id: string } {
  const [at, id] = keysOfToken(scope, token, ['integer', 'string']);
  return { at: new Date(Number(at)), id: String(id) };
}
