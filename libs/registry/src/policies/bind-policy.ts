import { type Actor, type PolicyWarning, approverName, mayOnModel } from '@assay/contracts';
import { Approvers } from '@assay/access-reads';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { EnvironmentStore } from '../environments/environment.store.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { approverCycle } from './approver-cycle.js';
import type { PolicyProblem } from './parse-policy.js';
import { type PolicyDraft, policyRefused } from './policy-draft.js';
import { mayReadPolicy } from './policy.js';
import { type BoundPointer, PolicyStore } from './policy.store.js';

/** What the names in a policy file stand for, and what is odd about it. */
export interface BoundPolicy {
  guards: BoundPointer[];
  warnings: PolicyWarning[];
}

/** Looks up what a policy file names, as it is now: models by name, environments' aliases, the pinned data, and who could approve. */
@Injectable()
export class BindPolicy {
  constructor(
    private readonly policies: PolicyStore,
    private readonly models: RegisteredModelStore,
    private readonly environments: EnvironmentStore,
    private readonly approvers: Approvers,
  ) {}

  /**
   * @param lock whether environments and models are held against changes and moves until the transaction ends.
   * @throws {AppError} with line and column of each name that means nothing.
   */
  async inTransaction(
    tx: Tx,
    actor: Actor,
    draft: PolicyDraft,
    policyId: string | null,
    lock: boolean,
  ): Promise<BoundPolicy> {
    const problems: PolicyProblem[] = [];
    const { evidence, guards, approvalOrder } = draft.document;
    if (!(await this.policies.datasetExists(tx, actor.workspace, evidence.dataset, evidence.digest))) {
      problems.push({
        ...draft.at(['evidence', 'digest']),
        message: `there is no version of the dataset '${evidence.dataset}' with this digest`,
      });
    }
    // Held also where the file names none: what another version of the policy guards by environment must not grow meanwhile.
    if (lock) await this.environments.lock(tx, actor.workspace);
    const pointers = [...guards.pointers];
    if (guards.environments.length > 0) pointers.push(...(await this.aliases(tx, actor, draft, problems)));
    const bound: BoundPointer[] = [];
    const names = guards.models.map((name, index) => ({ name, index })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, index } of names) {
      const seen = mayOnModel(actor, 'registry:read', name);
      const model = !seen
        ? null
        : lock
          ? await this.models.lock(tx, actor.workspace, name, 'update')
          : await this.models.find(tx, actor.workspace, name);
      if (model === null)
        problems.push({ ...draft.at(['guards', 'models', index]), message: `there is no model '${name}'` });
      else bound.push(...[...new Set(pointers)].map((pointer) => ({ modelId: model.id, model: name, pointer })));
    }
    if (approvalOrder === 'in-order') problems.push(...(await this.cycles(tx, actor, draft, bound, policyId)));
    if (problems.length > 0) throw await policyRefused(problems);
    return { guards: bound, warnings: await this.warnings(tx, actor, draft) };
  }

  /** Every alias of the environments that the file names. */
  private async aliases(tx: Tx, actor: Actor, draft: PolicyDraft, problems: PolicyProblem[]): Promise<string[]> {
    const all = await this.environments.all(tx, actor.workspace);
    return draft.document.guards.environments.flatMap((name, index) => {
      const found = all.find((each) => each.name === name);
      const refuse = (message: string): string[] => {
        problems.push({ ...draft.at(['guards', 'environments', index]), message });
        return [];
      };
      if (found === undefined)
        return refuse(`there is no environment '${name}': use one of ${all.map((each) => each.name).join(', ')}`);
      if (found === all[0])
        return refuse(`'${name}' takes every alias that no other environment names: name the pointers to guard`);
      return found.aliases.length === 0
        ? refuse(`no alias belongs to '${name}' yet, so this guards nothing`)
        : [...found.aliases];
    });
  }

  /** Orders of approval that can't be kept together with those of the other policies of a pointer. */
  private async cycles(
    tx: Tx,
    actor: Actor,
    draft: PolicyDraft,
    bound: readonly BoundPointer[],
    policyId: string | null,
  ): Promise<PolicyProblem[]> {
    const own = draft.document.approvals.map(approverName);
    for (const { modelId, model, pointer } of bound) {
      const others = (await this.policies.guarding(tx, modelId, pointer)).filter(
        (guard) => guard.policyId !== policyId,
      );
      const versions = await this.policies.versionsById(
        tx,
        others.map(({ policyVersionId }) => policyVersionId),
      );
      const ordered = [...versions.values()].filter(({ document }) => document.approvalOrder === 'in-order');
      const cycle = approverCycle([own, ...ordered.map(({ document }) => document.approvals.map(approverName))]);
      if (cycle === null) continue;
      const known = ordered.filter((other) => mayReadPolicy(actor, other)).map(({ name }) => `'${name}'`);
      const named = known.length === ordered.length ? `the policy ${known.join(', ')} that guards` : 'what guards';
      const message = `a cycle of approvers, ${cycle.join(' → ')}, with ${named} '${pointer}' of '${model}'`;
      return [{ ...draft.at(['approvals']), message }];
    }
    return [];
  }

  /** Approvals that fewer people could give than are asked for. */
  private async warnings(tx: Tx, actor: Actor, draft: PolicyDraft): Promise<PolicyWarning[]> {
    const { approvals, rollback } = draft.document;
    const back = rollback === undefined || rollback.approvals === 'same' ? [] : rollback.approvals;
    const asked = [
      ...approvals.map((rule, index) => ({ rule, path: ['approvals', index] })),
      ...back.map((rule, index) => ({ rule, path: ['rollback', 'approvals', index] })),
    ];
    const warnings: PolicyWarning[] = [];
    for (const { rule, path } of asked) {
      const approver = rule.role === undefined ? { group: rule.group ?? '' } : { role: rule.role };
      const there = await this.approvers.count(tx, actor.workspace, approver);
      if (there >= rule.count) continue;
      const people = there === 0 ? 'nobody' : there === 1 ? 'one person' : `${there} people`;
      const message = `asks for ${rule.count} of ${approverName(rule)}, but only ${people} could sign as that today`;
      warnings.push({ ...draft.at(path), message: message.replace('only nobody', 'nobody') });
    }
    return warnings;
  }
}
