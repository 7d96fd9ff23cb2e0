type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Does in a test what the sequencer does with the records that wait: gives each its place in the log. Answers how many there were. */
export async function sequenceInbox(query: Query): Promise<number> {
  const records = await query('select id, recorded_at, record from audit.inbox order by recorded_at, id');
  for (const { id, recorded_at: at, record } of records) {
    await query(
      `insert into audit.leaf (index, leaf, id, recorded_at, workspace, actor_id, actor_kind, on_behalf_of, action, target_type, target_id, target_version, outcome)
         select (select coalesce(max(index) + 1, 0) from audit.leaf), $1, $2, $3, r ->> 'workspace', r -> 'actor' ->> 'id', r -> 'actor' ->> 'kind',
           r ->> 'onBehalfOf', r ->> 'action', r -> 'target' ->> 'type', r -> 'target' ->> 'id', r -> 'target' ->> 'version', r ->> 'outcome'
         from (select $4::jsonb as r) as record`,
      [Buffer.from(JSON.stringify({ v: 1, id, ...Object(record) })), id, at, JSON.stringify(record)],
    );
    await query('delete from audit.inbox where id = $1', [id]);
  }
  return records.length;
}
