import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Client } from 'minio';
import { checkBlobKey } from './blob-key.js';
import {
  BlobStore,
  type ByteRange,
  leaveToReader,
  type PutOptions,
  resolveRange,
  type StoredBlob,
} from './blob-store.js';
import { blobExists, blobNotFound, s3Code, s3Fault } from './blob-errors.js';
import { ChunkMeter } from './chunk-meter.js';
import { DirectTransfers } from './direct-transfers.js';
import { giveBack } from './give-back.js';
import { parts, partSize } from './parts.js';
import { notReplacing, S3Multipart, type UploadedPart } from './s3-multipart.js';

/** `http(s)://ACCESS:SECRET@host:port/bucket`; a region may follow as `?region=`. */
export interface S3Location {
  readonly endPoint: string;
  readonly port: number;
  readonly useSSL: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  readonly region: string;
}

/** Where clients reach the store. */
export type PublicAddress = Pick<S3Location, 'endPoint' | 'port' | 'useSSL'>;

/** @throws {TypeError} for anything but http(s)://host:port. */
export function parsePublicUrl(text: string): PublicAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const useSSL = url?.protocol === 'https:';
  if (url === null || (!useSSL && url.protocol !== 'http:') || url.pathname !== '/' || url.username !== '')
    throw new TypeError('it must read like https://host:port, without bucket or credentials.');
  return { endPoint: url.hostname, port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port), useSSL };
}

/** @throws {TypeError} if a part of the address is missing. */
export function parseS3Url(text: string): S3Location {
  if (!URL.canParse(text)) throw new TypeError('it must read like https://ACCESS:SECRET@host/bucket.');
  const url = new URL(text);
  const bucket = url.pathname.replace(/^\/|\/$/g, '');
  const useSSL = url.protocol === 'https:';
  if (!useSSL && url.protocol !== 'http:')
    throw new TypeError('The address of the S3 store must begin with http:// or https://.');
  if (bucket === '' || bucket.includes('/'))
    throw new TypeError(
      'The address of the S3 store must end with the bucket, as in https://ACCESS:SECRET@host/bucket.',
    );
  if (url.username === '' || url.password === '')
    throw new TypeError('The address of the S3 store must carry ACCESS:SECRET before the host.');
  return {
    endPoint: url.hostname,
    port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port),
    useSSL,
    accessKey: decodeURIComponent(url.username),
    secretKey: decodeURIComponent(url.password),
    bucket,
    region: url.searchParams.get('region') ?? 'us-east-1',
  };
}

/**
 * Blobs as objects of one bucket of MinIO or any S3 store. Every write carries `If-None-Match: *`, so the store itself refuses
 * to replace an object. The client's own `putObject` would buffer parts of 550 MB for a stream of unknown length and drop the
 * condition from the last step of a multipart upload; so the parts are cut here.
 */
export class MinioBlobStore extends BlobStore {
  private constructor(
    private readonly client: Client,
    private readonly bucket: string,
    private readonly multipart: S3Multipart,
    readonly direct: DirectTransfers | null,
  ) {
    super();
  }

  /**
   * Connects and makes the bucket where it is missing.
   * @param reached where clients reach the store, if that is elsewhere; null when they can't.
   */
  static async open(location: S3Location, reached: Partial<PublicAddress> | null = {}): Promise<MinioBlobStore> {
    const { bucket, region, ...connection } = location;
    const client = new Client({ ...connection, region, pathStyle: true });
    const multipart = new S3Multipart(client, bucket);
    try {
      if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, region);
    } catch (error) {
      // Another instance may have made it between the two calls.
      if (s3Code(error) !== 'BucketAlreadyOwnedByYou') throw s3Fault(error);
    }
    const signer = reached === null ? null : new Client({ ...connection, ...reached, region, pathStyle: true });
    const direct = signer === null ? null : new DirectTransfers(multipart, signer, bucket);
    return new MinioBlobStore(client, bucket, multipart, direct);
  }

  async put(
    key: string,
    body: Readable,
    { mostBytes = Infinity, ownsChunks = false }: PutOptions = {},
  ): Promise<StoredBlob> {
    checkBlobKey(key);
    body.on('error', leaveToReader);
    const meter = new ChunkMeter(mostBytes);
    const metered = async function* () {
      for await (const chunk of body) {
        const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        meter.pass(bytes);
        yield bytes;
        // The next one is asked for when this one lies in its part.
        if (ownsChunks) giveBack([bytes]);
      }
    };
    try {
      await this.#upload(key, parts(metered()));
    } catch (error) {
      body.destroy();
      if (s3Code(error) === 'PreconditionFailed') throw blobExists(key);
      throw s3Fault(error);
    }
    return meter.stored();
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    checkBlobKey(key);
    try {
      if (range === undefined) return await this.client.getObject(this.bucket, key);
      const { start, end } = resolveRange(key, (await this.client.statObject(this.bucket, key)).size, range);
      return await this.client.getPartialObject(this.bucket, key, start, end - start + 1);
    } catch (error) {
      if (isMissing(error)) throw blobNotFound(key);
      throw s3Fault(error);
    }
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    checkBlobKey(key);
    try {
      return { size: (await this.client.statObject(this.bucket, key)).size };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw s3Fault(error);
    }
  }

  async delete(key: string): Promise<void> {
    checkBlobKey(key);
    try {
      await this.client.removeObject(this.bucket, key);
    } catch (error) {
      if (!isMissing(error)) throw s3Fault(error);
    }
  }

  async removeUnfinished(before: Date): Promise<number> {
    let removed = 0;
    try {
      for await (const upload of this.client.listIncompleteUploads(this.bucket, '', true)) {
        if (new Date(upload.initiated) >= before) continue;
        await this.client.abortMultipartUpload(this.bucket, upload.key, upload.uploadId);
        removed += 1;
      }
    } catch (error) {
      throw s3Fault(error);
    }
    return removed;
  }

  /** One request for a small blob, a multipart upload for the rest. */
  async #upload(key: string, pieces: AsyncGenerator<Buffer>): Promise<void> {
    const first = await pieces.next();
    const head: Buffer = first.done === true ? Buffer.alloc(0) : first.value;
    if (head.length < partSize(1)) {
      await this.client.putObject(this.bucket, key, head, head.length, { ...notReplacing });
      return;
    }
    const uploadId = await this.multipart.begin(key);
    try {
      const sent = [await this.#part(key, uploadId, 1, head)];
      for await (const piece of pieces) sent.push(await this.#part(key, uploadId, sent.length + 1, piece));
      await this.multipart.complete(key, uploadId, sent);
    } catch (error) {
      await this.multipart.abort(key, uploadId).catch(ignoreAborted);
      throw error;
    }
  }

  async #part(key: string, uploadId: string, number: number, piece: Buffer): Promise<UploadedPart> {
    const answer = await this.client.makeRequestAsyncOmit(
      {
        method: 'PUT',
        bucketName: this.bucket,
        objectName: key,
        query: `partNumber=${number}&uploadId=${encodeURIComponent(uploadId)}`,
        headers: { 'Content-Length': piece.length, 'Content-MD5': createHash('md5').update(piece).digest('base64') },
      },
      piece,
    );
    return { number, etag: String(answer.headers.etag ?? '').replaceAll('"', '') };
  }
}

function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(s3Code(error) ?? '');
}

/** A refused or lost upload is the error to tell; what the abort leaves, `removeUnfinished` takes away. */
function ignoreAborted(): undefined {
  return undefined;
}
