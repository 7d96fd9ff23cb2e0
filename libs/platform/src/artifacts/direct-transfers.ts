import type { Client } from 'minio';
import { AppError } from '../http/app-error.js';
import { s3Code, s3Fault } from './blob-errors.js';
import { checkBlobKey } from './blob-key.js';
import type { S3Multipart, UploadedPart } from './s3-multipart.js';

const wrongParts = new Set([
  'InvalidPart',
  'InvalidPartOrder',
  'EntityTooSmall',
  'MalformedXML',
  'InvalidRequest',
  'InvalidArgument',
]);

/**
 * Transfers between a client and the S3 store itself, by addresses that we sign: only parts of an upload, which are worth nothing once it is
 * completed, and single downloads. The key is ours; whoever holds an address can do that one thing until it expires.
 */
export class DirectTransfers {
  /** @param signer signs for the address at which clients reach the store, which may be another than ours. */
  constructor(
    private readonly multipart: S3Multipart,
    private readonly signer: Client,
    private readonly bucket: string,
  ) {}

  /** Begins an upload; answers the store's own id of it. */
  async begin(key: string): Promise<string> {
    return told(this.multipart.begin(checkBlobKey(key)));
  }

  /** Address to which the bytes of one part are PUT; its answer carries the `ETag` that completing needs. */
  async partUrl(key: string, uploadId: string, number: number, expiresSeconds: number): Promise<string> {
    return this.signer.presignedUrl('PUT', this.bucket, checkBlobKey(key), expiresSeconds, {
      partNumber: String(number),
      uploadId,
    });
  }

  /**
   * Makes one blob of the parts. False when the store knows no such upload: it was completed before, was aborted, or has expired.
   * @throws INVALID_PARAMETER_VALUE when parts are missing, too small, or not the ones that were uploaded.
   */
  async complete(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<boolean> {
    try {
      await this.multipart.complete(checkBlobKey(key), uploadId, parts);
      return true;
    } catch (error) {
      const code = s3Code(error) ?? '';
      if (code === 'NoSuchUpload' || code === 'PreconditionFailed') return false;
      if (wrongParts.has(code))
        throw new AppError(
          'INVALID_PARAMETER_VALUE',
          `The parts can't be joined (${code}): send the number and ETag of every uploaded part; each but the last has 5 MiB or more.`,
        );
      throw s3Fault(error);
    }
  }

  /** Throws the parts away; of an upload that is gone already as well. */
  async abort(key: string, uploadId: string): Promise<void> {
    try {
      await this.multipart.abort(checkBlobKey(key), uploadId);
    } catch (error) {
      if (s3Code(error) !== 'NoSuchUpload') throw s3Fault(error);
    }
  }

  /** Address from which the whole blob, or ranges of it, can be read. */
  async downloadUrl(key: string, expiresSeconds: number): Promise<string> {
    return this.signer.presignedUrl('GET', this.bucket, checkBlobKey(key), expiresSeconds, {
      'response-content-disposition': 'attachment',
      'response-content-type': 'application/octet-stream',
    });
  }
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw s3Fault(error);
  }
}
