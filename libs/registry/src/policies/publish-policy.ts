import { createHash } from 'node:crypto';
import type { Actor, Policy, PolicyDocument } from '@assay/contracts';
import { AuditClient, type CoveredRow, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import type { PolicyProblem } from './parse-policy.js';
import { shownPolicy } from './policy.js';
import { type BoundPointer, PolicyStore } from './policy.store.js';

interface Draft {
  text: string;
  digest: string;
  document: PolicyDocument;
  at: (path: readonly PropertyKey[]) => { line: number; column: number };
}

/**
 * Publishes a policy file as the next, immutable version of its policy. From the commit on its pointers move under it; requests that
 * are open already stay bound to the version they were opened under.
 */
@Injectable()
export class PublishPolicy {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly policies: PolicyStore,
    private readonly models: RegisteredModelStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: { text: string; dryRun: boolean }): Promise<Policy> {
    const { parsePolicy } = await policyReader();
    const parsed = parsePolicy(input.text);
    if (!parsed.ok) throw await refused(parsed.problems);
    const draft = {
      text: input.text,
      digest: createHash('sha256').update(input.text, 'utf8').digest('hex'),
      document: parsed.document,
      at: parsed.at,
    };
    return input.dryRun
      ? this.database.read((tx) => this.check(tx, actor, draft))
      : this.database.transaction((tx) => this.publish(tx, actor, draft));
  }

  private async check(tx: Tx, actor: Actor, draft: Draft): Promise<Policy> {
    const current = await this.policies.find(tx, actor.workspace, draft.document.policy);
    const guards = await this.bind(tx, actor, draft, current?.policyId ?? null, false);
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
    };
  }

  private async publish(tx: Tx, actor: Actor, draft: Draft): Promise<Policy> {
    const at = this.clock.now();
    const { id: policyId, created } = await this.policies.lockPolicy(tx, {
      id: newId(),
      workspace: actor.workspace,
      name: draft.document.policy,
      createdAt: at,
    });
    const current = await this.policies.find(tx, actor.workspace, draft.document.policy);
    const guards = await this.bind(tx, actor, draft, policyId, true);
    if (current?.digest === draft.digest && sameGuards(current.guards, guards)) return shownPolicy(current);
    const { text, digest, document } = draft;
    const version = {
      id: newId(),
      policyId,
      version: (current?.version ?? 0) + 1,
      digest,
      text,
      document,
      guards,
      publishedBy: actor.id,
      publishedAt: at,
    };
    await this.policies.insertVersion(tx, version);
    const moved = await this.rebind(tx, policyId, version.id, guards);
    await this.audit.record(tx, actor, {
      action: 'registry.policy.published.v1',
      target: { type: 'policy', id: policyId, version: String(version.version) },
      covers: [
        ...(created ? [row('registry.policy', policyId)] : []),
        row('registry.policy_version', version.id),
        ...moved,
      ],
      ...(current ? { before: { version: current.version, digest: current.digest } } : {}),
      after: {
        name: document.policy,
        version: version.version,
        digest,
        guards: guards.map(({ modelId, pointer }) => ({ modelId, pointer })),
      },
      links: { policyVersion: version.id },
    });
    return shownPolicy({ ...version, name: document.policy, current: true });
  }

  /** Finds the models by name, locks them against moves, and refuses what another policy guards already. */
  private async bind(
    tx: Tx,
    actor: Actor,
    draft: Draft,
    policyId: string | null,
    lock: boolean,
  ): Promise<BoundPointer[]> {
    const problems: PolicyProblem[] = [];
    const bound: BoundPointer[] = [];
    const { evidence, guards } = draft.document;
    if (!(await this.policies.datasetExists(tx, actor.workspace, evidence.dataset, evidence.digest))) {
      problems.push({
        ...draft.at(['evidence', 'digest']),
        message: `there is no version of the dataset '${evidence.dataset}' with this digest`,
      });
    }
    const names = guards.models.map((name, index) => ({ name, index })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, index } of names) {
      const model = lock
        ? await this.models.lock(tx, actor.workspace, name, 'update')
        : await this.models.find(tx, actor.workspace, name);
      if (model === null) {
        problems.push({ ...draft.at(['guards', 'models', index]), message: `there is no model '${name}'` });
        continue;
      }
      for (const [position, pointer] of guards.pointers.entries()) {
        const other = await this.policies.guarding(tx, model.id, pointer);
        if (other !== null && other.policyId !== policyId) {
          problems.push({
            ...draft.at(['guards', 'pointers', position]),
            message: `'${pointer}' of '${name}' is guarded by the policy '${other.policyName}'`,
          });
        }
        bound.push({ modelId: model.id, model: name, pointer });
      }
    }
    if (problems.length > 0) throw await refused(problems);
    return bound;
  }

  private async rebind(
    tx: Tx,
    policyId: string,
    policyVersionId: string,
    guards: readonly BoundPointer[],
  ): Promise<CoveredRow[]> {
    const before = await this.policies.guardsOf(tx, policyId);
    const dropped = before.filter(
      (old) => !guards.some((guard) => guard.modelId === old.modelId && guard.pointer === old.pointer),
    );
    for (const guard of dropped) await this.policies.removeGuard(tx, guard);
    for (const { modelId, pointer } of guards) await this.policies.setGuard(tx, { modelId, pointer, policyVersionId });
    return [...dropped, ...guards].map(({ modelId, pointer }) => row('registry.pointer_guard', modelId, pointer));
  }
}

/** Loaded, and YAML with it, when the first policy comes. */
const policyReader = () => import('./parse-policy.js');

async function refused(problems: readonly PolicyProblem[]): Promise<AppError> {
  const { describeProblems } = await policyReader();
  return new AppError('INVALID_PARAMETER_VALUE', `The policy can't be published: ${describeProblems(problems)}.`, {
    problems,
  });
}

function sameGuards(a: readonly BoundPointer[], b: readonly BoundPointer[]): boolean {
  const text = (guards: readonly BoundPointer[]): string =>
    guards
      .map(({ modelId, pointer }) => `${modelId} ${pointer}`)
      .toSorted()
      .join('\n');
  return text(a) === text(b);
}
