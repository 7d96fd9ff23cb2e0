import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';

const mostBytes = 32 * 1024 * 1024;

/** Counts the bytes of one export, as they arrive and once inflated. */
export interface ByteCount {
  add(bytes: number): void;
}

/** Bounds the bytes of exports that are handled at once: beyond them exporters are told to come again, which they do by themselves. */
@Injectable()
export class ExportBudget {
  private taken = 0;

  /** Runs work on one export. The only one at hand may always go on, whatever its size. */
  async during<T>(work: (count: ByteCount) => Promise<T>): Promise<T> {
    let own = 0;
    const add = (bytes: number): void => {
      own += bytes;
      this.taken += bytes;
      if (this.taken > mostBytes && this.taken > own)
        throw new AppError('TEMPORARILY_UNAVAILABLE', 'Too many exports at once: send this one again a little later.');
    };
    try {
      return await work({ add });
    } finally {
      this.taken -= own;
    }
  }
}
