import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';

const mostBytes = 64 * 1024 * 1024;

/** Bounds the bytes of exports that are handled at once: beyond them exporters are told to come again, which they do by themselves. */
@Injectable()
export class ExportBudget {
  private taken = 0;

  async during<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.taken > 0 && this.taken + bytes > mostBytes)
      throw new AppError('TEMPORARILY_UNAVAILABLE', 'Too many exports at once: send this one again a little later.');
    this.taken += bytes;
    try {
      return await work();
    } finally {
      this.taken -= bytes;
    }
  }
}
