import { Readable } from 'node:stream';

const opening = Buffer.from('{"runs":[');
const comma = Buffer.from(',');

/** The answer of a search that found few runs. */
export function searchJson(runs: readonly Buffer[], nextPageToken: string | null): Buffer {
  if (runs.length === 0) return Buffer.from('{}');
  return Buffer.concat([opening, ...separated(runs), endOf(nextPageToken)]);
}

/** The answer of a search that found many, sent as it is made. Its first piece is there already, so that what fails at once is told by status. */
export async function searchStream(
  pieces: AsyncGenerator<readonly Buffer[]>,
  nextPageToken: string | null,
): Promise<Readable> {
  const first = await pieces.next();
  async function* json(): AsyncGenerator<Buffer> {
    let before = opening;
    const piece = (runs: readonly Buffer[]): Buffer => {
      const bytes = Buffer.concat([before, ...separated(runs)]);
      before = comma;
      return bytes;
    };
    if (first.done !== true) yield piece(first.value);
    for await (const runs of pieces) if (runs.length > 0) yield piece(runs);
    yield endOf(nextPageToken);
  }
  return Readable.from(json(), { objectMode: false });
}

function separated(runs: readonly Buffer[]): Buffer[] {
  return runs.flatMap((run, place) => (place === 0 ? [run] : [comma, run]));
}

function endOf(nextPageToken: string | null): Buffer {
  return Buffer.from(nextPageToken === null ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`);
}
