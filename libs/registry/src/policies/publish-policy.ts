import type { Actor, PublishedPolicy } from '@assay/contracts';
import { row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { BindPolicy } from './bind-policy.js';
import { type PolicyDraft, readDraft } from './policy-draft.js';
import { mayReadPolicy, shownPolicy } from './policy.js';
import { PolicyStore, type PolicyVersion } from './policy.store.js';
import { ProposePolicyChange } from './propose-policy-change.js';
import { sameGuards, WritePolicyVersion } from './write-policy-version.js';

/**
 * Publishes a policy file as the next, immutable version of its policy: at once where the policy guards nothing yet, because then it can
 * only add rules; else it is proposed, and holds once the people whom the policy asks for have accepted it. Requests that are open
 * stay bound to the versions that they were opened under.
 */
@Injectable()
export class PublishPolicy {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly policies: PolicyStore,
    private readonly bind: BindPolicy,
    private readonly write: WritePolicyVersion,
    private readonly propose: ProposePolicyChange,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: { text: string; reason: string; dryRun: boolean }): Promise<PublishedPolicy> {
    const draft = await readDraft(input.text);
    return input.dryRun
      ? this.database.read((tx) => this.check(tx, actor, draft))
      : this.database.transaction((tx) => this.publish(tx, actor, draft, input.reason));
  }

  private async check(tx: Tx, actor: Actor, draft: PolicyDraft): Promise<PublishedPolicy> {
    const current = await this.current(tx, actor, draft.document.policy);
    const { guards, warnings } = await this.bind.inTransaction(tx, actor, draft, current?.policyId ?? null, false);
    const { document, text, digest } = draft;
    return {
      name: document.policy,
      version: (current?.version ?? 0) + 1,
      digest,
      text,
      guards,
      publishedBy: null,
      publishedAt: null,
      current: false,
      state: 'checked',
      proposalId: null,
      warnings,
    };
  }

  /** @throws RESOURCE_ALREADY_EXISTS where the name is that of a policy about a model which the caller may not know of. */
  private async current(tx: Tx, actor: Actor, name: string): Promise<PolicyVersion | null> {
    const found = await this.policies.find(tx, actor.workspace, name);
    if (found === null || mayReadPolicy(actor, found)) return found;
    throw new AppError('RESOURCE_ALREADY_EXISTS', `The name '${name}' is taken: choose another one for the policy.`);
  }

  private async publish(tx: Tx, actor: Actor, draft: PolicyDraft, reason: string): Promise<PublishedPolicy> {
    const name = draft.document.policy;
    const { id: policyId, created } = await this.policies.lockPolicy(tx, {
      id: newId(),
      workspace: actor.workspace,
      name,
      createdAt: this.clock.now(),
    });
    const current = await this.current(tx, actor, name);
    const { guards, warnings } = await this.bind.inTransaction(tx, actor, draft, policyId, true);
    const now = await this.policies.guardsOf(tx, policyId);
    if (current?.digest === draft.digest && sameGuards(now, guards))
      return { ...shownPolicy(current), state: 'published', proposalId: null, warnings };
    if (current !== null && now.length > 0) {
      const proposal = await this.propose.inTransaction(tx, actor, { current, draft, guards, reason });
      return {
        name,
        version: current.version + 1,
        digest: draft.digest,
        text: draft.text,
        guards,
        publishedBy: null,
        publishedAt: null,
        current: false,
        state: 'proposed',
        proposalId: proposal.id,
        warnings,
      };
    }
    const covers = created ? [row('registry.policy', policyId)] : [];
    const publishedBy = actor.onBehalfOf ?? actor.id;
    const written = await this.write.inTransaction(tx, actor, {
      policyId,
      current,
      draft,
      guards,
      publishedBy,
      covers,
    });
    return { ...shownPolicy(written), state: 'published', proposalId: null, warnings };
  }
}
