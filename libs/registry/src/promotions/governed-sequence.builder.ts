import { type Actor, policyDocument, type Role, rolePermissions } from '@assay/contracts';
import { newId } from '@assay/platform/database';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import type { SeededPerson } from './promotion-world.builder.js';

type Query = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

export const guardedPointers = ['champion', 'challenger'] as const;
export const freePointer = 'sandbox';
const holdout = 'd'.repeat(64);

/** Somebody of the sequences: what they may do, and a token that signs. */
export interface Somebody {
  readonly actor: Actor;
  readonly token: string;
}

export function somebody(person: SeededPerson, roles: readonly Role[], groups: readonly string[] = []): Somebody {
  const permissions = [...new Set(roles.flatMap((role) => rolePermissions[role]))];
  return {
    actor: { id: person.id, kind: 'person', name: person.id, workspace: 'default', roles, groups, permissions },
    token: person.token,
  };
}

/**
 * One model of a random sequence: four sealed versions, of which the second one was trained by an approver and the third one is too bad for
 * the gate, under one policy for both guarded pointers and a second one for the challenger. Written in one statement, for there are thousands.
 */
export class GovernedSequence {
  readonly modelId = newId();
  readonly model: string;
  readonly policyIds = { champions: newId(), challengers: newId() };
  /** Version → who is an author of it, as far as the sequence went. */
  readonly authors = new Map<number, Set<string>>();

  constructor(
    private readonly query: Query,
    private readonly approvals: number,
  ) {
    this.model = `m-${this.modelId}`;
  }

  async seed(registrar: string, trainers: readonly string[], publisher: string): Promise<void> {
    const parts: string[] = [
      `insert into registry.registered_model (id, workspace, name, last_version, created_at, updated_at)
         values ('${this.modelId}', 'default', '${this.model}', 4, now(), now())`,
    ];
    for (const [index, trainer] of trainers.entries()) {
      const version = index + 1;
      this.authors.set(version, new Set([registrar, trainer]));
      parts.push(...this.#version(version, registrar, trainer), this.#evaluation(version, version === 3 ? 0.6 : 0.78));
    }
    parts.push(
      ...this.#policy(this.policyIds.champions, this.#text('champions', this.approvals), publisher, guardedPointers),
      ...this.#policy(this.policyIds.challengers, this.#text('challengers', 0), publisher, ['challenger']),
    );
    await this.#planted(parts);
  }

  /** What the champions' policy says with another number of approvals: YAML is a superset of JSON. */
  policyText(approvals: number): string {
    return JSON.stringify(this.#text('champions', approvals));
  }

  get policyName(): string {
    return `champions-${this.modelId}`;
  }

  /** Another evaluation of a version, newer than those before. */
  async evaluate(version: number, auc: number): Promise<void> {
    await this.#planted([this.#evaluation(version, auc)]);
  }

  /** Somebody writes a file into the run of a version. */
  async upload(version: number, personId: string): Promise<void> {
    this.authors.get(version)?.add(personId);
    await this.query(
      `insert into tracking.file (owner_kind, owner_id, path, blob_key, size, sha256, created_ms, written_by)
         select 'run', run_id, $3, $3, 1, 'x', 1, $4 from registry.model_version where model_id = $1 and version = $2`,
      [this.modelId, version, newId(), personId],
    );
  }

  #version(version: number, registrar: string, trainer: string): string[] {
    const runId = newId().replaceAll('-', '');
    return [
      `insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, status, start_time_ms, artifact_uri, lifecycle_stage)
         values ('${runId}', nextval('tracking.run_number'), 0, 'default', 'r', 'anybody', '${trainer}', 'FINISHED', 0, 'mlflow-artifacts:/0/${runId}/artifacts', 'active')`,
      `insert into registry.model_version (model_id, version, kind, stage, source, storage_uri, run_id, manifest_digest, file_count, total_bytes, registered_by, created_at, updated_at)
         values ('${this.modelId}', ${version}, 'sealed', 'None', 'runs:/${runId}/model', 'x', '${runId}', '${String(version).padStart(64, 'a')}', 1, 1, '${registrar}', now(), now())`,
    ];
  }

  #evaluation(version: number, auc: number): string {
    const { facts, digest } = anEvaluation(
      { version },
      { model: { name: this.model, version: String(version) }, metrics: { auc } },
    );
    return `insert into registry.evaluation (id, workspace, model_id, version, dataset_name, dataset_version, dataset_digest, facts, digest, job_id, run_id, reported_by, on_training_data, created_at)
      values ('${newId()}', 'default', '${this.modelId}', ${version}, 'holdout', 1, '${holdout}', '${JSON.stringify(facts)}', '${digest}', 'job', null, 'eve', false, clock_timestamp())`;
  }

  #text(name: 'champions' | 'challengers', approvals: number): object {
    return {
      policy: `${name}-${this.modelId}`,
      guards: { models: [this.model], pointers: name === 'champions' ? guardedPointers : ['challenger'] },
      evidence: { dataset: 'holdout', digest: `sha256:${holdout}` },
      gates: [{ gate: 'metric-threshold', metric: 'auc', atLeast: 0.7 }],
      approvals: name === 'champions' ? [{ role: 'approver', count: approvals }] : [{ group: 'risk' }],
      ...(name === 'champions'
        ? { breakGlass: { role: 'maintainer', expiresAfter: '4h', review: { role: 'approver', within: '48h' } } }
        : {}),
    };
  }

  #policy(id: string, text: object, publisher: string, pointers: readonly string[]): string[] {
    const document = policyDocument.parse(text);
    const version = newId();
    const guards = pointers.map((pointer) => ({ modelId: this.modelId, model: this.model, pointer }));
    return [
      `insert into registry.policy (id, workspace, name, created_at) values ('${id}', 'default', '${document.policy}', now())`,
      `insert into registry.policy_version (id, policy_id, version, digest, text, document, guards, published_by, published_at)
         values ('${version}', '${id}', 1, '${id.replaceAll('-', '').padStart(64, '0')}', '${JSON.stringify(text)}', '${JSON.stringify(document)}', '${JSON.stringify(guards)}', '${publisher}', now())`,
      ...pointers.map(
        (pointer) =>
          `insert into registry.pointer_guard (model_id, pointer, policy_id, policy_version_id) values ('${this.modelId}', '${pointer}', '${id}', '${version}')`,
      ),
    ];
  }

  async #planted(statements: readonly string[]): Promise<void> {
    await this.query(`begin; set local session_replication_role = replica; ${statements.join(';')}; commit;`);
  }
}
