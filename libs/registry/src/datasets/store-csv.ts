import { Readable } from 'node:stream';
import { BlobStore } from '@assay/platform/artifacts';
import { newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { CsvError, CsvProfiler, type CsvProfile } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';

/** Largest dataset file accepted over HTTP. */
export const datasetMaxBytes = 256 * 1024 * 1024;

export interface StoredCsv {
  readonly blobKey: string;
  readonly size: number;
  readonly sha256: string;
  readonly profile: CsvProfile;
}

/** Stores a CSV file and profiles it on the way, in bounded memory; of a faulty file nothing stays behind. */
@Injectable()
export class StoreCsv {
  constructor(private readonly blobs: BlobStore) {}

  /** @throws INVALID_PARAMETER_VALUE with the line of the first fault; PAYLOAD_TOO_LARGE. */
  async execute(body: Readable, maxBytes: number = datasetMaxBytes): Promise<StoredCsv> {
    const profiler = new CsvProfiler();
    const blobKey = newId();
    try {
      const stored = await this.blobs.put(
        blobKey,
        Readable.from(checked(body, profiler, maxBytes), { objectMode: false }),
      );
      const profile = await this.#finish(blobKey, profiler);
      return { blobKey, ...stored, profile };
    } catch (error) {
      // Reads on, so that the answer reaches a client that is still sending.
      body.resume();
      if (!(error instanceof CsvError)) throw error;
      throw new AppError('INVALID_PARAMETER_VALUE', `The file is not a CSV table: ${error.message}.`, {
        line: error.line,
      });
    }
  }

  /** Takes back a file that no row will name. */
  async discard(blobKey: string): Promise<void> {
    await this.blobs.delete(blobKey);
  }

  async #finish(blobKey: string, profiler: CsvProfiler): Promise<CsvProfile> {
    try {
      return profiler.finish();
    } catch (error) {
      await this.discard(blobKey);
      throw error;
    }
  }
}

async function* checked(body: Readable, profiler: CsvProfiler, maxBytes: number): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Buffer): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new CsvError(profiler.line, 'bytes here or shortly after are no UTF-8');
    }
  };
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) {
      throw new AppError(
        'PAYLOAD_TOO_LARGE',
        `The file is larger than ${maxBytes} bytes: register a part of it, or leave out columns.`,
      );
    }
    profiler.push(decode(bytes));
    yield bytes;
  }
  profiler.push(decode());
}
