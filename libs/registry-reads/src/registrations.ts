import { type Tx, likePatterns } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** A version that a logged model was registered as. */
export interface Registration {
  readonly name: string;
  readonly version: number;
}

/** Under which names logged models are registered: asked by tracking when it shows them. */
@Injectable()
export class Registrations {
  /** Without those under names that fit a pattern of `hidden`: grants keep them from whoever asks. */
  async ofLoggedModels(
    tx: Tx,
    ids: readonly string[],
    hidden: readonly string[],
  ): Promise<Map<string, Registration[]>> {
    const rows: { id: string; name: string; version: string }[] = await tx.query(
      `select v.logged_model_id as id, m.name, v.version from registry.model_version v join registry.registered_model m on m.id = v.model_id
         where v.logged_model_id = any($1::text[]) and v.deleted_at is null and m.deleted_at is null and not (m.name like any($2::text[]))
         order by m.name, v.version`,
      [ids, likePatterns(hidden)],
    );
    const found = new Map<string, Registration[]>(ids.map((id) => [id, []]));
    for (const { id, name, version } of rows) found.get(id)?.push({ name, version: Number(version) });
    return found;
  }
}
