import type { Tx } from '@assay/platform/database';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What a run has logged, as it stands now. */
export interface RunFacts {
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  /** Latest value of each metric; NaN by name, as JSON has no number for it. */
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number | 'NaN';
    readonly timestamp: number;
    readonly step: number;
  }[];
  readonly inputs: readonly {
    readonly name: string;
    readonly digest: string;
    readonly sourceType: string;
    readonly source: string;
    readonly tags: readonly KeyValue[];
  }[];
}

/** The facts of a run for a record that outlives it, each list by key; null for an unknown run. */
export async function readRunFacts(tx: Tx, runId: string): Promise<RunFacts | null> {
  const [row]: {
    params: KeyValue[];
    tags: KeyValue[];
    metrics: RunFacts['metrics'][number][];
    inputs: RunFacts['inputs'][number][];
  }[] = await tx.query(
    `select
       coalesce((select json_agg(json_build_object('key', p.key, 'value', p.value) order by p.key collate "C") from tracking.param p where p.run_number = r.number), '[]') as params,
       coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key collate "C") from tracking.run_tag t where t.run_number = r.number), '[]') as tags,
       coalesce((select json_agg(json_build_object('key', k.name, 'value', m.value, 'timestamp', m.timestamp_ms, 'step', m.step) order by k.name collate "C")
         from tracking.metric_latest m join tracking.metric_key k on k.id = m.key_id where m.run_number = r.number), '[]') as metrics,
       coalesce((select json_agg(json_build_object('name', s.name, 'digest', s.digest, 'sourceType', s.source_type, 'source', s.source, 'tags', d.tags) order by s.name, s.digest)
         from tracking.run_dataset d join tracking.dataset s on s.id = d.dataset_id where d.run_number = r.number), '[]') as inputs
     from tracking.run r where r.run_id = $1`,
    [runId],
  );
  return row ?? null;
}
