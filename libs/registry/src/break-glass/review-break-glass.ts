import { CredentialProof } from '@assay/access-reads';
import { type Actor, type BreakGlass, hiddenModels, type ReviewBreakGlassRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ReadSigningRights } from '../promotions/signing-rights.js';
import { type BreakGlassRecord, isOverdue, shownBreakGlass } from './break-glass.js';
import { type BreakGlassFilter, BreakGlassStore } from './break-glass.store.js';

/** Closes the review of an emergency move, once, by somebody else who holds the review's role; and lists them. */
@Injectable()
export class ReviewBreakGlass {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly rights: ReadSigningRights,
    private readonly store: BreakGlassStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async list(actor: Actor, filter: Omit<BreakGlassFilter, 'hidden'>): Promise<BreakGlass[]> {
    const now = this.clock.now();
    const found = await this.database.read((tx) =>
      this.store.list(tx, actor.workspace, { ...filter, hidden: hiddenModels(actor) }, now),
    );
    return found.map((record) => shownBreakGlass(record, now));
  }

  async get(actor: Actor, id: string): Promise<BreakGlass> {
    const found = await this.database.read((tx) => this.store.find(tx, actor.workspace, id));
    if (found === null) throw unknown(id);
    return shownBreakGlass(found, this.clock.now());
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
      return shownBreakGlass({ ...record, review }, at);
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
