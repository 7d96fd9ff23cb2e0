import { Readable } from 'node:stream';
import { handOver } from '../runs/free.js';
import { separated } from '../runs/read-runs.js';

const opening = '{"runs":[';

/** The answer of a search that found few runs. */
export function searchJson(runs: readonly Buffer[], nextPageToken: string | null): Buffer {
  if (runs.length === 0) return Buffer.from('{}');
  return Buffer.concat([Buffer.from(opening), ...separated(runs), endOf(nextPageToken)]);
}

/** The answer of a search that found many, sent as it is made. Its first piece is there already, so that what fails at once is told by status. */
export async function searchStream(pieces: AsyncGenerator<Buffer>, nextPageToken: string | null): Promise<Readable> {
  const first = await pieces.next();
  async function* json(): AsyncGenerator<Buffer> {
    let before = opening;
    if (first.done !== true && first.value.length > 0) {
      yield Buffer.from(before);
      yield handOver(first.value);
      before = ',';
    }
    for await (const piece of pieces) {
      if (piece.length === 0) continue; // none of these runs is there any more
      yield Buffer.from(before);
      yield handOver(piece);
      before = ',';
    }
    if (before === opening) yield Buffer.from(before);
    yield endOf(nextPageToken);
  }
  return Readable.from(json(), { objectMode: false });
}

function endOf(nextPageToken: string | null): Buffer {
  return Buffer.from(nextPageToken === null ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`);
}
