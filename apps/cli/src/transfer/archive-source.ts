import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { z } from 'zod';
import { CliError, exitCodes } from '../exit-codes.js';
import { archiveHeader, headerName, itemMessages } from './archive.js';
import { type FileItem, type Item, metricMessage, type MetricMessage, type Selection, type Source } from './items.js';

type Entry = Extract extends AsyncIterable<infer Item> ? Item : never;

const jsonLimit = 256 * 1024 * 1024;
const itemName = /^(\d+)\.([a-z-]+)\.json$/;

/** Reads an archive as a stream, from beginning to end: each item's points and files must be read before the next item is asked for. */
export class ArchiveSource implements Source {
  private constructor(
    private readonly entries: Entries,
    readonly origin: string,
    private readonly path: string,
    private readonly selection: Selection,
  ) {}

  static async open(path: string, selection: Selection): Promise<ArchiveSource> {
    const entries = new Entries(path);
    const first = await entries.peek();
    const header = first?.header.name === headerName ? archiveHeader.safeParse(await json(await entries.take())) : null;
    if (header?.success !== true) throw new CliError(`${path} is no archive of "assay export".`, exitCodes.usage);
    return new ArchiveSource(entries, header.data.origin, path, selection);
  }

  /** The same archive under another origin. */
  named(origin: string): ArchiveSource {
    return new ArchiveSource(this.entries, origin, this.path, this.selection);
  }

  async *items(): AsyncGenerator<Item> {
    let isWanted = true;
    for (let next = await this.entries.peek(); next !== null; next = await this.entries.peek()) {
      const [, number = '', kind = ''] = itemName.exec(next.header.name) ?? [];
      const item = await this.#item(number, kind, await json(await this.entries.take()));
      if ('experiment' in item) isWanted = this.selection.experiments?.includes(item.experiment.name) ?? true;
      if (item.kind === 'registered model') isWanted = this.selection.models?.includes(item.model.name) ?? true;
      if (isWanted) yield item;
      // Whatever of the item nobody asked for.
      while ((await this.entries.peek())?.header.name.startsWith(`${number}.`) === true) await this.entries.take();
    }
  }

  #item(number: string, kind: string, content: unknown): Item {
    const read = <T>(schema: z.ZodType<T>): T => {
      const parsed = schema.safeParse(content);
      if (parsed.success) return parsed.data;
      throw new CliError(`${this.path} is damaged: entry ${number} is no ${kind}.`);
    };
    switch (kind) {
      case 'experiment':
        return { kind: 'experiment', experiment: read(itemMessages.experiment) };
      case 'run':
        return {
          kind: 'run',
          run: read(itemMessages.run),
          metrics: () => this.#metrics(number),
          files: () => this.#files(number),
        };
      case 'logged-model':
        return { kind: 'logged model', model: read(itemMessages['logged-model']), files: () => this.#files(number) };
      case 'end-of-experiment':
        return { kind: 'end of experiment', experiment: read(itemMessages['end-of-experiment']) };
      case 'registered-model':
        return { kind: 'registered model', model: read(itemMessages['registered-model']) };
      case 'version':
        return { kind: 'version', version: read(itemMessages.version) };
      case 'end-of-model':
        return { kind: 'end of model', model: read(itemMessages['end-of-model']) };
      default:
        throw new CliError(`${this.path} holds a "${kind}", which this version of assay does not know.`);
    }
  }

  async *#metrics(number: string): AsyncGenerator<readonly MetricMessage[]> {
    while ((await this.entries.peek())?.header.name.startsWith(`${number}.metrics.`) === true) {
      const page = z.array(metricMessage).safeParse(await json(await this.entries.take()));
      if (!page.success) throw new CliError(`${this.path} is damaged: a history of entry ${number} can't be read.`);
      yield page.data;
    }
  }

  async *#files(number: string): AsyncGenerator<FileItem> {
    const prefix = `${number}.file/`;
    for (let next = await this.entries.peek(); next?.header.name.startsWith(prefix) === true;) {
      const entry = await this.entries.take();
      if (this.selection.files)
        yield {
          path: entry.header.name.slice(prefix.length),
          size: entry.header.size,
          open: async () => ReadableStream.from(bytesOf(entry)),
        };
      next = await this.entries.peek();
    }
  }
}

/** The entries of a tar file, one ahead. */
class Entries {
  readonly #extract = extract();
  readonly #iterator: AsyncIterator<Entry>;
  #ahead: Entry | null | undefined;
  #current: Entry | null = null;

  constructor(private readonly path: string) {
    const file = createReadStream(path);
    const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
    for (const stream of [file, bytes])
      stream.on('error', (error: Error) =>
        this.#extract.destroy(new CliError(`${path} can't be read: ${error.message}.`, exitCodes.usage)),
      );
    bytes.pipe(this.#extract);
    this.#iterator = this.#extract[Symbol.asyncIterator]();
  }

  async peek(): Promise<Entry | null> {
    if (this.#ahead !== undefined) return this.#ahead;
    this.#current?.resume(); // what was not read of it is passed over
    this.#current = null;
    try {
      const { done, value } = await this.#iterator.next();
      this.#ahead = done === true ? null : value;
      return this.#ahead;
    } catch (error) {
      if (error instanceof CliError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new CliError(`${this.path} is no archive of "assay export", or is damaged (${why}).`, exitCodes.usage);
    }
  }

  async take(): Promise<Entry> {
    const entry = await this.peek();
    if (entry === null) throw new CliError('The archive ends too early.');
    this.#ahead = undefined;
    this.#current = entry;
    return entry;
  }
}

async function* bytesOf(entry: Entry): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
}

async function json(entry: Entry): Promise<unknown> {
  if (entry.header.size > jsonLimit)
    throw new CliError(`The entry ${entry.header.name} of the archive is too large to be one of "assay export".`);
  try {
    return JSON.parse((await buffer(bytesOf(entry))).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null; // the schema says that it is none
    throw error;
  }
}
