import { inTransaction, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { RegisteredModel, Tag } from './registered-model.js';

const columns = 'id, workspace, name, description, created_at as "createdAt", updated_at as "updatedAt"';

const findModel = {
  name: 'registered-model-find',
  text: `select ${columns} from registry.registered_model where workspace = $1 and name = $2 and deleted_at is null`,
};

const tagsOfModels = {
  name: 'tags-of-models',
  text: 'select model_id, key, value from registry.registered_model_tag where model_id = any($1::text[]) order by model_id, key',
};

const lockModels = {
  name: 'registered-models-lock',
  text: `select ${columns}, last_version as "lastVersion" from registry.registered_model
    where (workspace, name) in (select * from unnest($1::text[], $2::text[])) and deleted_at is null order by id for update`,
};

const setLastVersions = {
  name: 'registered-models-set-last-versions',
  text: `update registry.registered_model m set last_version = given.last_version, updated_at = $3
    from unnest($1::text[], $2::bigint[]) as given (id, last_version) where m.id = given.id`,
};

@Injectable()
export class RegisteredModelStore {
  async find(tx: Tx, workspace: string, name: string): Promise<RegisteredModel | null> {
    const [model] = await inTransaction(tx).run<RegisteredModel>(findModel, [workspace, name]);
    return model ?? null;
  }

  async byId(tx: Tx, workspace: string, id: string): Promise<RegisteredModel | null> {
    const rows: RegisteredModel[] = await tx.query(
      `select ${columns} from registry.registered_model where workspace = $1 and id = $2 and deleted_at is null`,
      [workspace, id],
    );
    return rows[0] ?? null;
  }

  /** The name of a model that is there or was, by its id. */
  async nameOf(tx: Tx, id: string): Promise<string> {
    const rows: { name: string }[] = await tx.query('select name from registry.registered_model where id = $1', [id]);
    if (rows[0] === undefined) throw new Error(`there never was a model ${id}`);
    return rows[0].name;
  }

  /** Holds the model until the transaction ends: against deletion and renaming (`share`) or against every other change (`update`). */
  async lock(tx: Tx, workspace: string, name: string, strength: 'share' | 'update'): Promise<RegisteredModel | null> {
    const rows: RegisteredModel[] = await tx.query(
      `select ${columns} from registry.registered_model where workspace = $1 and name = $2 and deleted_at is null for ${strength}`,
      [workspace, name],
    );
    return rows[0] ?? null;
  }

  /** Several models, each held as by `lock(…, 'share')`, in one order whoever asks; unknown ones are left out. */
  async shareAll(tx: Tx, workspace: string, names: readonly string[]): Promise<RegisteredModel[]> {
    return tx.query(
      `select ${columns} from registry.registered_model
         where workspace = $1 and name = any($2::text[]) and deleted_at is null order by id for share`,
      [workspace, names],
    );
  }

  /** False when the name is taken. */
  async insert(tx: Tx, model: RegisteredModel): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `insert into registry.registered_model (id, workspace, name, description, last_version, created_at, updated_at)
         values ($1, $2, $3, $4, 0, $5, $6) on conflict (workspace, name) where deleted_at is null do nothing returning id`,
      [model.id, model.workspace, model.name, model.description, model.createdAt, model.updatedAt],
    );
    return rows.length > 0;
  }

  async setDescription(tx: Tx, id: string, description: string, at: Date): Promise<void> {
    await tx.query('update registry.registered_model set description = $2, updated_at = $3 where id = $1', [
      id,
      description,
      at,
    ]);
  }

  async setName(tx: Tx, id: string, name: string, at: Date): Promise<void> {
    await tx.query('update registry.registered_model set name = $2, updated_at = $3 where id = $1', [id, name, at]);
  }

  async touch(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.query('update registry.registered_model set updated_at = $2 where id = $1', [id, at]);
  }

  async markDeleted(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.query('update registry.registered_model set deleted_at = $2 where id = $1', [id, at]);
  }

  /** Several models, held as by `lock(…, 'update')`, in one order whoever asks; unknown ones are left out. */
  async lockAll(
    tx: Tx,
    names: readonly { workspace: string; name: string }[],
  ): Promise<(RegisteredModel & { readonly lastVersion: number })[]> {
    const rows = await inTransaction(tx).run<RegisteredModel & { lastVersion: string }>(lockModels, [
      names.map(({ workspace }) => workspace),
      names.map(({ name }) => name),
    ]);
    return rows.map((row) => ({ ...row, lastVersion: Number(row.lastVersion) }));
  }

  /** Writes down which version numbers were given; the models must be locked. Deleted versions count, so a number is never given twice. */
  async setLastVersions(
    tx: Tx,
    models: readonly { readonly id: string; readonly lastVersion: number }[],
    at: Date,
  ): Promise<void> {
    await inTransaction(tx).run(setLastVersions, [
      models.map(({ id }) => id),
      models.map(({ lastVersion }) => lastVersion),
      at,
    ]);
  }

  /** Takes a number that was given elsewhere; false when this model has used it before. */
  async claimVersionNumber(tx: Tx, id: string, version: number): Promise<boolean> {
    const used: unknown[] = await tx.query('select from registry.model_version where model_id = $1 and version = $2', [
      id,
      version,
    ]);
    if (used.length > 0) return false;
    await tx.query('update registry.registered_model set last_version = $2 where id = $1 and last_version < $2', [
      id,
      version,
    ]);
    return true;
  }

  async tags(tx: Tx, ids: readonly string[]): Promise<Map<string, Tag[]>> {
    const rows = await inTransaction(tx).run<{ model_id: string; key: string; value: string }>(tagsOfModels, [ids]);
    const tags = new Map<string, Tag[]>(ids.map((id) => [id, []]));
    for (const { model_id: id, key, value } of rows) tags.get(id)?.push({ key, value });
    return tags;
  }

  async setTag(tx: Tx, id: string, { key, value }: Tag): Promise<void> {
    await tx.query(
      `insert into registry.registered_model_tag (model_id, key, value) values ($1, $2, $3)
         on conflict (model_id, key) do update set value = excluded.value`,
      [id, key, value],
    );
  }

  /** False when there is no such tag. */
  async deleteTag(tx: Tx, id: string, key: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      'delete from registry.registered_model_tag where model_id = $1 and key = $2',
      [id, key],
    );
    return count > 0;
  }
}
