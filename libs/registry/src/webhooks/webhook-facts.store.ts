import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { promptTag } from '../models/registered-model.js';

/** A model as its events tell of it: with the tags and the description that it has when the event is handled. */
export interface ModelFacts {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly isPrompt: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VersionFacts {
  readonly source: string;
  readonly runId: string | null;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A move that a promotion request asks for; `model` is its name now. */
export interface MoveFacts {
  readonly model: string;
  readonly modelId: string;
  readonly pointer: string;
  readonly from: string | null;
  readonly to: string;
}

const tagsOf = (table: string, where: string): string =>
  `coalesce((select jsonb_object_agg(t.key, t.value) from registry.${table} t where ${where}), '{}')`;

/** What events leave out, because the log keeps texts as digests only: read from the registry's tables, deleted rows included. */
@Injectable()
export class WebhookFactsStore {
  async models(tx: Tx, ids: readonly string[]): Promise<Map<string, ModelFacts>> {
    const rows: ModelFacts[] = await tx.query(
      `select m.id, m.name, m.description, ${tagsOf('registered_model_tag', 't.model_id = m.id')} as tags,
           exists (select from registry.registered_model_tag t where t.model_id = m.id and t.key = $2 and lower(t.value) = 'true') as "isPrompt"
         from registry.registered_model m where m.id = any($1::text[])`,
      [ids, promptTag],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async version(tx: Tx, modelId: string, version: number): Promise<VersionFacts | null> {
    const rows: VersionFacts[] = await tx.query(
      `select v.source, v.run_id as "runId", v.description,
           ${tagsOf('model_version_tag', 't.model_id = v.model_id and t.version = v.version')} as tags
         from registry.model_version v where v.model_id = $1 and v.version = $2`,
      [modelId, version],
    );
    return rows[0] ?? null;
  }

  /** Model of each move of the pointer ledger. */
  async modelsOfMoves(tx: Tx, moveIds: readonly string[]): Promise<Map<string, string>> {
    const rows: { id: string; model_id: string }[] = await tx.query(
      'select id, model_id from registry.pointer_move where id = any($1::text[])',
      [moveIds],
    );
    return new Map(rows.map(({ id, model_id: modelId }) => [id, modelId]));
  }

  /** What a promotion request asks for, in its order. */
  async movesOfRequest(tx: Tx, promotionId: string): Promise<MoveFacts[]> {
    return tx.query(
      `select m.name as model, w.model_id as "modelId", w.pointer, w.expected_holder as "from", w.version as "to"
         from registry.promotion_move w join registry.registered_model m on m.id = w.model_id
         where w.promotion_id = $1 order by w.position`,
      [promotionId],
    );
  }
}
