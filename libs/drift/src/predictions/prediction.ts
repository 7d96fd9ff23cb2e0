import { predictionRow, type PredictionRow } from '@assay/contracts';
import { findNul } from '@assay/platform/http';

/** A row that was not taken, with the place where it stood. */
export interface RefusedRow {
  readonly line: number;
  readonly id: string | null;
  readonly reason: string;
}

export interface ParsedRows {
  readonly rows: readonly PredictionRow[];
  readonly refused: readonly RefusedRow[];
}

/** Checks rows one by one: the good ones are kept, the bad ones told with their line and reason. */
export function parseRows(
  given: Iterable<{ line: number; value: unknown }>,
  mayName: (model: string) => boolean = () => true,
): ParsedRows {
  const rows: PredictionRow[] = [];
  const refused: RefusedRow[] = [];
  for (const { line, value } of given) {
    const parsed = predictionRow.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const where = issue && issue.path.length > 0 ? `${issue.path.join('.').slice(0, 200)}: ` : '';
      refused.push({ line, id: idOf(value), reason: `${where}${issue?.message ?? 'not a prediction'}` });
    } else if (unstorable(parsed.data)) {
      refused.push({ line, id: null, reason: 'holds a NUL character or half of a surrogate pair' });
    } else if (!mayName(parsed.data.model)) {
      refused.push({ line, id: idOf(value), reason: 'you may make nothing for models of that name' });
    } else {
      rows.push(parsed.data);
    }
  }
  return { rows, refused };
}

function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' && value.id.isWellFormed() ? value.id.slice(0, 255) : null;
}

/** What JSON can carry but Postgres can't. */
function unstorable(row: PredictionRow): boolean {
  return findNul(row) || !isWellFormed(row);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}
