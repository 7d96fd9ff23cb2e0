import {
  type Actor,
  type GateResult,
  type PolicyDocument,
  type PolicyTrial,
  type PolicyWarning,
  type TryPolicyRequest,
  approverName,
} from '@assay/contracts';
import { Approvers } from '@assay/access-reads';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { EvaluatePolicy } from '../gates/evaluate-policy.js';
import { modelNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { PointerStore } from '../pointers/pointer.store.js';
import { AuthorStore } from '../promotions/author.store.js';
import { BindPolicy } from './bind-policy.js';
import { readDraft } from './policy-draft.js';
import { mayReadPolicy } from './policy.js';
import { type BoundPointer, PolicyStore } from './policy.store.js';

/** The rule that is tried: a published version, or a draft. */
interface TriedPolicy {
  version: number | null;
  digest: string;
  document: PolicyDocument;
  guards: readonly BoundPointer[];
  warnings: readonly PolicyWarning[];
}

/** Answers what a policy would say to a version, and why, as things are now. It reads only: nothing is opened, changed or recorded. */
@Injectable()
export class TryPolicy {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly policies: PolicyStore,
    private readonly bind: BindPolicy,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly pointers: PointerStore,
    private readonly authors: AuthorStore,
    private readonly approvers: Approvers,
    private readonly evaluate: EvaluatePolicy,
  ) {}

  async execute(actor: Actor, input: TryPolicyRequest): Promise<PolicyTrial> {
    const draft = input.text === undefined ? null : await readDraft(input.text);
    if (draft !== null && draft.document.policy !== input.name) {
      const { line, column } = draft.at(['policy']);
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `The draft is of the policy '${draft.document.policy}', not of '${input.name}' (line ${line}, column ${column}).`,
      );
    }
    return this.database.read(async (tx) => {
      const { workspace } = actor;
      const model = await this.models.find(tx, workspace, input.model);
      if (model === null) throw modelNotFound(input.model);
      const number = Number(input.version);
      const version = await this.versions.find(tx, model.id, number);
      if (version === null)
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no version ${number} of the model '${input.model}'.`);
      const current = await this.policies.find(tx, workspace, input.name);
      const tried: TriedPolicy =
        draft === null
          ? await this.published(tx, actor, input)
          : {
              ...draft,
              version: null,
              ...(await this.bind.inTransaction(tx, actor, draft, current?.policyId ?? null, false)),
            };
      const guarded = tried.guards.filter(({ modelId }) => modelId === model.id).map(({ pointer }) => pointer);
      const pointer = input.pointer ?? guarded.toSorted()[0];
      if (pointer === undefined)
        throw new AppError(
          'INVALID_PARAMETER_VALUE',
          `The policy '${input.name}' guards no pointer of '${input.model}': name the pointer to try it for.`,
        );
      const holder = await this.pointers.holder(tx, model.id, pointer);
      const move = { workspace, modelId: model.id, model: model.name, pointer, version: number, holder };
      const found = await this.evaluate.execute(tx, move, tried.document);
      const gates = found.map((result) => ({ policy: input.name, ...result }));
      const obstacles = [
        ...(version.manifestDigest === null
          ? [
              `version ${number} is ${version.kind}: only a version whose files the platform has sealed can hold a guarded pointer`,
            ]
          : []),
        ...(holder === number ? [`version ${number} holds '${pointer}' already`] : []),
        ...(guarded.includes(pointer) ? [] : [`the policy does not guard '${pointer}' of '${model.name}'`]),
      ];
      const authors = await this.authors.of(tx, model.id, number);
      const mayNotApprove = await this.authors.withRequesters(tx, authors, [actor.onBehalfOf ?? actor.id]);
      return {
        policy: input.name,
        policyVersion: tried.version,
        digest: tried.digest,
        model: model.name,
        version: String(number),
        pointer,
        holder: holder === null ? null : String(holder),
        verdict: verdictOf(gates, obstacles),
        obstacles,
        gates,
        approvals: await this.approvals(tx, workspace, tried.document, mayNotApprove),
        mayNotApprove,
        warnings: [...tried.warnings],
      };
    });
  }

  private async published(tx: Tx, actor: Actor, { name, policyVersion }: TryPolicyRequest): Promise<TriedPolicy> {
    const found = await this.policies.find(tx, actor.workspace, name, policyVersion);
    if (found !== null && mayReadPolicy(actor, found)) return { ...found, warnings: [] };
    const which = policyVersion === undefined ? '' : ` in version ${policyVersion}`;
    throw new AppError(
      'RESOURCE_DOES_NOT_EXIST',
      `There is no policy '${name}'${which}: give its text to try a draft.`,
    );
  }

  private async approvals(
    tx: Tx,
    workspace: string,
    { approvals }: PolicyDocument,
    mayNotApprove: readonly string[],
  ): Promise<PolicyTrial['approvals']> {
    const asked: PolicyTrial['approvals'] = [];
    for (const rule of approvals) {
      const approver = rule.role === undefined ? { group: rule.group ?? '' } : { role: rule.role };
      const candidates = await this.approvers.people(tx, workspace, approver, mayNotApprove);
      const { count } = rule;
      asked.push({ approver: approverName(rule), count, candidates, enough: candidates.length >= count });
    }
    return asked;
  }
}

function verdictOf(
  gates: readonly Pick<GateResult, 'outcome'>[],
  obstacles: readonly string[],
): PolicyTrial['verdict'] {
  if (obstacles.length > 0 || gates.some(({ outcome }) => outcome === 'failed')) return 'fails';
  return gates.some(({ outcome }) => outcome === 'missing') ? 'waits' : 'passes';
}
