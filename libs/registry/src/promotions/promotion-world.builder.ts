import { formatToken, hashPassword, hashSecret, newTokenParts } from '@assay/access-reads';
import type { Role } from '@assay/contracts';
import { newId } from '@assay/platform/database';

type Query = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

export interface NamedVersion {
  name: string;
  version: string;
}

export interface SeededPerson {
  id: string;
  token: string;
  password: string;
}

/**
 * Rows that neighbours own, for tests of promotions on a real database: people with tokens, a model with sealed versions, a dataset. Written
 * as the owner with triggers off, because their own use cases are tested where they live.
 */
export class PromotionWorld {
  constructor(private readonly query: Query) {}

  async person(name: string, roles: readonly Role[]): Promise<SeededPerson> {
    const id = newId();
    const password = `${name} password`;
    const parts = newTokenParts();
    const hash = await hashPassword(password);
    const memberships = roles.map(
      (role) =>
        `insert into access.membership (person_id, workspace, role, granted_at) values ('${id}', 'default', '${role}', now());`,
    );
    await this.seed(`
      insert into access.person (id, email, name, password_hash, created_at) values ('${id}', '${name}@example.org', '${name}', '${hash}', now());
      ${memberships.join('\n')}
      insert into access.api_token (id, person_id, workspace, kind, name, secret_sha256, created_at, expires_at)
        values ('${parts.id}', '${id}', 'default', 'api', 'test', '${hashSecret(parts.secret)}', now(), now() + interval '1 day');`);
    return { id, password, token: formatToken(parts) };
  }

  /** A service account that somebody made, with a token that somebody gave it. */
  async program(
    name: string,
    { roles, madeBy, tokenBy }: { roles: readonly Role[]; madeBy: string; tokenBy: string },
  ): Promise<SeededPerson> {
    const id = newId();
    const parts = newTokenParts();
    await this.seed(`
      insert into access.service_account (id, workspace, name, roles, created_by, created_at)
        values ('${id}', 'default', '${name}', '${JSON.stringify(roles)}', '${madeBy}', now());
      insert into access.api_token (id, service_account_id, workspace, kind, name, secret_sha256, issued_by, created_at, expires_at)
        values ('${parts.id}', '${id}', 'default', 'api', 'test', '${hashSecret(parts.secret)}', '${tokenBy}', now(), now() + interval '1 day');`);
    return { id, password: '', token: formatToken(parts) };
  }

  /** That somebody may not know of the models of a name. */
  async denied(personId: string, pattern: string): Promise<void> {
    await this.seed(
      `insert into access.model_grant (id, workspace, subject_kind, subject, name_pattern, permissions, effect, created_by, created_at)
         values ('${newId()}', 'default', 'person', '${personId}', '${pattern}', '["registry:read"]', 'deny', 'root', now());`,
    );
  }

  async member(group: string, personId: string): Promise<void> {
    await this.seed(
      `insert into access.group_member (workspace, group_name, person_id, source, since) values ('default', '${group}', '${personId}', 'manual', now());`,
    );
  }

  async model(name: string): Promise<string> {
    const id = newId();
    await this.seed(
      `insert into registry.registered_model (id, workspace, name, last_version, created_at, updated_at) values ('${id}', 'default', '${name}', 0, now(), now());`,
    );
    return id;
  }

  /** A sealed version, registered by one person and trained in a run of another. */
  async version(
    modelId: string,
    version: number,
    by: { registered: string; trained: string },
    kind: 'sealed' | 'external' = 'sealed',
  ): Promise<string> {
    const runId = newId().replaceAll('-', '');
    const digest = kind === 'sealed' ? `'${version.toString(16).padStart(64, 'a')}'` : 'null';
    await this.seed(`
      insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, status, start_time_ms, artifact_uri, lifecycle_stage)
        values ('${runId}', nextval('tracking.run_number'), 0, 'default', 'r', 'anybody', '${by.trained}', 'FINISHED', 0, 'mlflow-artifacts:/0/${runId}/artifacts', 'active');
      insert into registry.model_version (model_id, version, kind, stage, source, storage_uri, run_id, manifest_digest, file_count, total_bytes, registered_by, created_at, updated_at)
        values ('${modelId}', ${version}, '${kind}', 'None', 'runs:/${runId}/model', 'x', '${runId}', ${digest}, 1, 1, '${by.registered}', now(), now());`);
    return runId;
  }

  /** Makes a person a member of a group, from now on. */
  async group(personId: string, group: string): Promise<void> {
    await this.seed(`
      insert into access.group_member (workspace, group_name, person_id, source, since) values ('default', '${group}', '${personId}', 'manual', now());`);
  }

  /** Takes a person out of a group. */
  async leave(personId: string, group: string): Promise<void> {
    await this.seed(`delete from access.group_member where person_id = '${personId}' and group_name = '${group}';`);
  }

  /** Gives a person a role, from now on. */
  async role(personId: string, role: Role): Promise<void> {
    await this.seed(
      `insert into access.membership (person_id, workspace, role, granted_at) values ('${personId}', 'default', '${role}', now());`,
    );
  }

  /** Makes another token of a person, now. */
  async token(personId: string): Promise<string> {
    const parts = newTokenParts();
    await this.seed(`
      insert into access.api_token (id, person_id, workspace, kind, name, secret_sha256, created_at, expires_at)
        values ('${parts.id}', '${personId}', 'default', 'api', 'later', '${hashSecret(parts.secret)}', now(), now() + interval '1 day');`);
    return formatToken(parts);
  }

  /** Writes a file into the run that a version came from, as an upload does. */
  async upload(modelId: string, version: number, personId: string): Promise<void> {
    await this.query(
      `insert into tracking.file (owner_kind, owner_id, path, blob_key, size, sha256, created_ms, written_by)
         select 'run', run_id, $3, $3, 1, 'x', 1, $4 from registry.model_version where model_id = $1 and version = $2`,
      [modelId, version, `notes-${newId()}.txt`, personId],
    );
  }

  async dataset(name: string, digest: string): Promise<void> {
    const id = newId();
    await this.seed(`
      insert into registry.dataset (id, workspace, name, last_version, created_at) values ('${id}', 'default', '${name}', 1, now());
      insert into registry.dataset_version (dataset_id, version, digest, size, blob_key, row_count, profile, roles, created_by, created_at)
        values ('${id}', 1, '${digest}', 1, 'k', 150, '{}', '{}', 'eve', now());`);
  }

  /** Says in tracking that a run trained on a dataset, as the built-in recipes log it. */
  async trainedOn(runId: string, digest: string): Promise<void> {
    const id = newId();
    await this.seed(`
      insert into tracking.dataset (id, experiment_id, name, digest, source_type, source) values ('${id}', 0, 'd-${id}', left('${digest}', 36), 'assay', '{"sha256":"${digest}"}');
      insert into tracking.run_dataset (run_number, dataset_id, tags)
        select number, '${id}', '[{"key":"mlflow.data.context","value":"training"}]' from tracking.run where run_id = '${runId}';`);
  }

  /** A job of `evaluate` for a version on the dataset `holdout`, and perhaps one to compare with, whose attempt is running. */
  async runningEvaluation(id: string, model: NamedVersion, comparedWith?: NamedVersion): Promise<void> {
    await this.runningJob(id, 'evaluate', { model, comparedWith, dataset: { name: 'holdout', version: 1 } });
  }

  /** A job whose first attempt is running, so that its token counts. */
  async runningJob(id: string, recipe: string, inputs: object = {}): Promise<void> {
    await this.seed(`
      insert into runner.job (id, workspace, recipe, spec, spec_digest, seed, queue, priority, max_attempts, state, epoch, created_at, created_by, created_by_kind)
        values ('${id}', 'default', '${recipe}', '${JSON.stringify({ inputs })}', '', 1, 'default', 0, 1, 'running', 1, now(), 'eve', 'person');`);
  }

  private async seed(sql: string): Promise<void> {
    await this.query(`begin; set local session_replication_role = replica; ${sql} commit;`);
  }
}
