import type { Actor, PolicyTrial, TryPolicyRequest } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { EvaluatePolicy } from '../gates/evaluate-policy.js';
import { modelNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { PointerStore } from '../pointers/pointer.store.js';
import { AuthorStore } from '../promotions/author.store.js';
import { type BoundPointer, type Guard, PolicyStore, type PolicyVersion } from './policy.store.js';

/** A policy that judges moves: a published version, or the draft that is tried in its place. */
export interface JudgingPolicy extends Pick<PolicyVersion, 'name' | 'digest' | 'document'> {
  /** Null for a draft. */
  readonly version: number | null;
}

/** The policy that is tried, with what it guards. */
export interface TriedPolicy extends JudgingPolicy {
  /** Null where nothing was published under its name. */
  readonly policyId: string | null;
  readonly guards: readonly BoundPointer[];
}

export interface TriedMoves extends Pick<PolicyTrial, 'moves' | 'gates' | 'obstacles' | 'mayNotApprove'> {
  readonly policies: readonly JudgingPolicy[];
}

type Wanted = TryPolicyRequest['moves'][number];
type TriedMove = PolicyTrial['moves'][number];

/** A move with what it is about, before anybody judges it. */
interface FoundMove {
  readonly modelId: string;
  readonly move: Omit<TriedMove, 'policies'>;
  readonly guards: readonly Guard[];
  readonly obstacles: readonly string[];
}

/** What a request for some moves would meet, as things are now: every policy that guards one of the pointers, the tried one among them. */
@Injectable()
export class TryMoves {
  constructor(
    private readonly policies: PolicyStore,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly pointers: PointerStore,
    private readonly authors: AuthorStore,
    private readonly evaluate: EvaluatePolicy,
  ) {}

  async execute(tx: Tx, actor: Actor, tried: TriedPolicy, wanted: readonly Wanted[]): Promise<TriedMoves> {
    const moves: TriedMove[] = [];
    const gates: PolicyTrial['gates'] = [];
    const obstacles: string[] = [];
    const authors: string[] = [];
    const judging = new Map<string, JudgingPolicy>([[tried.name, tried]]);
    for (const [place, one] of wanted.entries()) {
      const found = await this.find(tx, actor.workspace, tried, one);
      const { modelId, move } = found;
      if (moves.some(({ model, pointer }) => model === move.model && pointer === move.pointer))
        throw new AppError(
          'INVALID_PARAMETER_VALUE',
          `The pointer '${move.pointer}' of '${move.model}' is moved twice.`,
        );
      const policies = await this.judging(tx, tried, found, wanted.length === 1);
      const { holder, model, pointer } = move;
      const asked = { workspace: actor.workspace, modelId, model, pointer, version: Number(move.version) };
      for (const policy of policies) {
        judging.set(policy.name, policy);
        const now = { ...asked, holder: holder === null ? null : Number(holder) };
        const results = await this.evaluate.execute(tx, now, policy.document);
        gates.push(...results.map((result) => ({ move: place, policy: policy.name, ...result })));
      }
      moves.push({ ...move, policies: policies.map(({ name }) => name) });
      obstacles.push(...found.obstacles);
      authors.push(...(await this.authors.of(tx, modelId, Number(move.version))));
    }
    return {
      moves,
      gates,
      obstacles,
      policies: [...judging.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      mayNotApprove: await this.authors.withRequesters(tx, authors, [actor.onBehalfOf ?? actor.id]),
    };
  }

  private async find(
    tx: Tx,
    workspace: string,
    { name, guards: tried }: TriedPolicy,
    { model: called, version: number, pointer: told }: Wanted,
  ): Promise<FoundMove> {
    const model = await this.models.find(tx, workspace, called);
    if (model === null) throw modelNotFound(called);
    const version = await this.versions.find(tx, model.id, Number(number));
    if (version === null)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no version ${number} of the model '${called}'.`);
    const guarded = tried.filter(({ modelId }) => modelId === model.id).map(({ pointer }) => pointer);
    const pointer = told ?? guarded.toSorted()[0];
    if (pointer === undefined)
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `The policy '${name}' guards no pointer of '${called}': name the pointer to try it for.`,
      );
    const held = await this.pointers.holder(tx, model.id, pointer);
    const holder = held === null ? null : String(held);
    const guards = await this.policies.guarding(tx, model.id, pointer);
    const obstacles = [
      ...(version.manifestDigest === null
        ? [
            `version ${number} is ${version.kind}: only a version whose files the platform has sealed can hold a guarded pointer`,
          ]
        : []),
      ...(holder === number ? [`version ${number} holds '${pointer}' already`] : []),
      ...(guarded.includes(pointer) || guards.some(({ policyName }) => policyName !== name)
        ? []
        : [`the policy does not guard '${pointer}' of '${model.name}'`]),
    ];
    return { modelId: model.id, move: { model: model.name, pointer, version: number, holder }, guards, obstacles };
  }

  /** The tried policy where it guards the pointer, is the only one to ask, or is tried for this move alone; and all others that guard it. */
  private async judging(
    tx: Tx,
    tried: TriedPolicy,
    { modelId, move: { pointer }, guards }: FoundMove,
    alone: boolean,
  ): Promise<JudgingPolicy[]> {
    const others = guards.filter(({ policyId }) => policyId !== tried.policyId);
    const found = await this.policies.versionsById(
      tx,
      others.map(({ policyVersionId }) => policyVersionId),
    );
    const isGuard = tried.guards.some((guard) => guard.modelId === modelId && guard.pointer === pointer);
    const policies = [...(isGuard || alone || found.size === 0 ? [tried] : []), ...found.values()];
    return policies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
