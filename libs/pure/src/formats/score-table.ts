/**
 * The scores of an evaluation, row by row, packed by column: about four bytes a row, and one more for each group column.
 *
 *     file   := header "\n" labels scores codes*
 *     header := JSON: format, version, rows, type of the scores, and for each group column its name and values
 *     labels := one bit a row, lowest bit first; 1 is the positive class
 *     scores := rows × float32 or float64, little endian; float32 where that loses nothing
 *     codes  := rows × one byte, for each group column: the place of the row's group among the column's values
 *
 * Rows stand in the order of the dataset that was scored, so a row is known by its place in it. The same table always gives the same bytes.
 */
export interface ScoreTable {
  /** 0 or 1 for each row. */
  readonly labels: Uint8Array;
  readonly scores: Float64Array;
  readonly groups: readonly ScoreGroups[];
}

/** The group of each row by one column. */
export interface ScoreGroups {
  readonly column: string;
  readonly values: readonly string[];
  /** Place in `values`, for each row. */
  readonly codes: Uint8Array;
}

/** Bytes that are no score table, or not a whole one. */
export class ScoreTableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScoreTableError';
  }
}

const format = 'assay.scores';
const version = 1;
const mostHeaderBytes = 1024 * 1024;
/** More rows are not kept: it bounds what a reader has to hold in memory. */
export const mostScoreRows = 5_000_000;
const mostGroups = 256;

interface Header {
  readonly rows: number;
  readonly scores: 'float32' | 'float64';
  readonly groups: readonly { readonly column: string; readonly values: readonly string[] }[];
}

/** @throws {ScoreTableError} for columns of different length, a score that is no number, or more rows or groups than the format holds. */
export function encodeScoreTable({ labels, scores, groups }: ScoreTable): Uint8Array {
  const rows = scores.length;
  if (rows > mostScoreRows) throw new ScoreTableError(`${rows} rows are more than the ${mostScoreRows} that are kept`);
  if (labels.length !== rows || groups.some(({ codes }) => codes.length !== rows))
    throw new ScoreTableError('the columns differ in length');
  if (!scores.every(Number.isFinite)) throw new ScoreTableError('a score is no finite number');
  if (groups.some(({ values, codes }) => values.length > mostGroups || codes.some((code) => code >= values.length)))
    throw new ScoreTableError(`a column has more than ${mostGroups} groups, or a row a group that is not listed`);
  const type = scores.every((score) => Math.fround(score) === score) ? 'float32' : 'float64';
  const header = new TextEncoder().encode(
    `${JSON.stringify({
      format,
      version,
      rows,
      scores: type,
      groups: groups.map(({ column, values }) => ({ column, values })),
    })}\n`,
  );
  if (header.length > mostHeaderBytes) throw new ScoreTableError('the names of the groups are too long');
  const { labelsAt, scoresAt, codesAt, end } = layout(header.length, rows, type, groups.length);
  const bytes = new Uint8Array(end);
  bytes.set(header);
  for (let row = 0; row < rows; row += 1) {
    const at = labelsAt + (row >> 3);
    bytes[at] = (bytes[at] ?? 0) | ((labels[row] === 1 ? 1 : 0) << (row & 7));
  }
  const view = new DataView(bytes.buffer);
  scores.forEach((score, row) => {
    if (type === 'float32') view.setFloat32(scoresAt + 4 * row, score, true);
    else view.setFloat64(scoresAt + 8 * row, score, true);
  });
  groups.forEach(({ codes }, place) => bytes.set(codes, codesAt + place * rows));
  return bytes;
}

/** @throws {ScoreTableError} */
export function decodeScoreTable(bytes: Uint8Array): ScoreTable {
  const headerBytes = bytes.subarray(0, mostHeaderBytes).indexOf(0x0a) + 1;
  if (headerBytes === 0) throw new ScoreTableError('there is no header');
  const header = readHeader(bytes.subarray(0, headerBytes));
  const { rows } = header;
  const { labelsAt, scoresAt, codesAt, end } = layout(headerBytes, rows, header.scores, header.groups.length);
  if (bytes.length !== end) throw new ScoreTableError(`${bytes.length} bytes where ${end} belong`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const labels = new Uint8Array(rows);
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    labels[row] = ((bytes[labelsAt + (row >> 3)] ?? 0) >> (row & 7)) & 1;
    scores[row] =
      header.scores === 'float32'
        ? view.getFloat32(scoresAt + 4 * row, true)
        : view.getFloat64(scoresAt + 8 * row, true);
  }
  if (!scores.every(Number.isFinite)) throw new ScoreTableError('a score is no finite number');
  const groups = header.groups.map(({ column, values }, place) => {
    const codes = Uint8Array.from(bytes.subarray(codesAt + place * rows, codesAt + (place + 1) * rows));
    if (codes.some((code) => code >= values.length))
      throw new ScoreTableError(`a row has a group of '${column}' that is not listed`);
    return { column, values, codes };
  });
  return { labels, scores, groups };
}

function layout(headerBytes: number, rows: number, type: Header['scores'], groups: number) {
  const labelsAt = headerBytes;
  const scoresAt = labelsAt + Math.ceil(rows / 8);
  const codesAt = scoresAt + rows * (type === 'float32' ? 4 : 8);
  return { labelsAt, scoresAt, codesAt, end: codesAt + rows * groups };
}

function readHeader(bytes: Uint8Array): Header {
  const read = parsed(new TextDecoder().decode(bytes));
  if (!isRecord(read) || read['format'] !== format) throw new ScoreTableError('it is no table of scores');
  if (read['version'] !== version)
    throw new ScoreTableError(`version ${String(read['version'])} of the format is unknown`);
  const { rows, scores, groups } = read;
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows) || rows < 0 || rows > mostScoreRows)
    throw new ScoreTableError('the header gives no number of rows');
  if (scores !== 'float32' && scores !== 'float64') throw new ScoreTableError('the header gives no type of the scores');
  if (!Array.isArray(groups)) throw new ScoreTableError('the header lists no groups');
  return { rows, scores, groups: groups.map(readGroups) };
}

function readGroups(read: unknown): Header['groups'][number] {
  if (isRecord(read)) {
    const { column, values } = read;
    if (typeof column === 'string' && Array.isArray(values) && values.length <= mostGroups && values.every(isText))
      return { column, values };
  }
  throw new ScoreTableError('the header lists a group column wrongly');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ScoreTableError('the header is no JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
