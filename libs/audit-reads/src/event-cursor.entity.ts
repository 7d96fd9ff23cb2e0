import { EntitySchema } from 'typeorm';

/** How far a subscriber has come: the index of the first event that it has not handled. */
export interface EventCursor {
  subscription: string;
  next_index: string;
}

/** The entity of a schema's `event_cursor` table, for the slice that owns the table. */
export function eventCursorEntity(schema: string): EntitySchema<EventCursor> {
  return new EntitySchema<EventCursor>({
    name: `${schema}.event_cursor`,
    schema,
    tableName: 'event_cursor',
    columns: {
      subscription: { type: 'text', primary: true, primaryKeyConstraintName: 'event_cursor_pk' },
      next_index: { type: 'bigint' },
    },
  });
}
