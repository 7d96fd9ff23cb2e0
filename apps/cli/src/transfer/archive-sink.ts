import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { CliError } from '../exit-codes.js';
import { entryNumber, headerName } from './archive.js';
import type { FileItem, Item, MetricMessage } from './items.js';
import type { Tally } from './report.js';
import type { Sink } from './transfer.js';

/** Writes items into an archive, one after the other. The file appears under its name only once it is whole. */
export class ArchiveSink implements Sink {
  readonly #pack = pack();
  readonly #unfinished: string;
  readonly #written: Promise<void>;
  readonly #forget = (): void => rmSync(this.#unfinished, { force: true });
  #place = 0;

  constructor(
    private readonly path: string,
    private readonly tally: Tally,
  ) {
    this.#unfinished = `${path}.unfinished`;
    process.once('exit', this.#forget); // stopped by its user
    const file = createWriteStream(this.#unfinished, { mode: 0o600 });
    this.#written = path.endsWith('.gz') ? pipeline(this.#pack, createGzip(), file) : pipeline(this.#pack, file);
    this.#written.catch(() => this.#pack.destroy()); // told by close() or by the entry that fails
  }

  async begin(origin: string, at: Date): Promise<void> {
    await this.#json(headerName, { format: 'assay-export', version: 1, origin, exportedAt: at.toISOString() });
  }

  async take(item: Item): Promise<void> {
    this.#place += 1;
    const number = entryNumber(this.#place);
    switch (item.kind) {
      case 'experiment':
        this.tally.count('experiments', false);
        return this.#json(`${number}.experiment.json`, item.experiment);
      case 'run':
        this.tally.count('runs', false);
        await this.#json(`${number}.run.json`, item.run);
        await this.#metrics(number, item.metrics());
        return this.#files(number, item.files());
      case 'logged model':
        this.tally.count('loggedModels', false);
        await this.#json(`${number}.logged-model.json`, item.model);
        return this.#files(number, item.files());
      case 'end of experiment':
        return this.#json(`${number}.end-of-experiment.json`, item.experiment);
      case 'registered model':
        this.tally.count('models', false);
        return this.#json(`${number}.registered-model.json`, item.model);
      case 'version':
        this.tally.count('versions', false);
        return this.#json(`${number}.version.json`, item.version);
      case 'end of model':
        this.tally.add('pointers', item.model.aliases.length);
        return this.#json(`${number}.end-of-model.json`, item.model);
    }
  }

  /** Ends the archive and gives it its name. */
  async close(): Promise<void> {
    this.#pack.finalize();
    await this.#done();
    await rename(this.#unfinished, this.path);
    process.off('exit', this.#forget);
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
    await rm(this.#unfinished, { force: true });
    process.off('exit', this.#forget);
  }

  async #metrics(number: string, pages: AsyncIterable<readonly MetricMessage[]>): Promise<void> {
    let page = 0;
    for await (const points of pages) {
      if (points.length === 0) continue;
      page += 1;
      await this.#json(`${number}.metrics.${entryNumber(page)}.json`, points);
      this.tally.add('points', points.length);
    }
  }

  async #files(number: string, files: AsyncIterable<FileItem>): Promise<void> {
    for await (const file of files) {
      await this.#bytes(`${number}.file/${file.path}`, file);
      this.tally.add('files', 1);
      this.tally.add('bytes', file.size);
    }
  }

  async #bytes(name: string, file: FileItem): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = this.#pack.entry({ name, size: file.size }, (error) => (error ? reject(error) : resolve()));
    promise.catch(() => undefined); // looked at below
    try {
      for await (const chunk of await file.open())
        if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), promise, this.#failed()]);
      entry.end(null);
      await Promise.race([promise, this.#failed()]);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(
        `${file.path} could not be written to the archive (${error instanceof Error ? error.message : String(error)}): did it change meanwhile?`,
      );
    }
  }

  async #json(name: string, value: unknown): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(value));
    const entered = new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name, size: bytes.length }, bytes, (error) => (error ? reject(error) : resolve()));
    });
    await Promise.race([entered, this.#failed()]);
  }

  /** Never answers; throws when the archive can't be written any more. */
  async #failed(): Promise<never> {
    await this.#done();
    throw new CliError(`${this.path} was closed before its end.`);
  }

  async #done(): Promise<void> {
    try {
      await this.#written;
    } catch (error) {
      throw new CliError(`${this.path} can't be written: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
}
