import { separated } from '../runs/read-runs.js';
import { handOver } from '../sending/hand-over.js';

const opening = '{"runs":[';

/** The answer of a search that found few runs. */
export function searchJson(runs: readonly Buffer[], nextPageToken: string | null): Buffer {
  if (runs.length === 0) return Buffer.from('{}');
  return Buffer.concat([Buffer.from(opening), ...separated(runs), endOf(nextPageToken)]);
}

/** The answer of a search that found many, made while it is sent. */
export async function* searchPieces(
  pieces: AsyncIterable<Buffer>,
  nextPageToken: string | null,
): AsyncGenerator<Buffer> {
  let before = opening;
  for await (const piece of pieces) {
    if (piece.length === 0) continue; // none of these runs is there any more
    yield Buffer.from(before);
    yield handOver(piece);
    before = ',';
  }
  if (before === opening) yield Buffer.from(before);
  yield endOf(nextPageToken);
}

function endOf(nextPageToken: string | null): Buffer {
  return Buffer.from(nextPageToken === null ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`);
}
