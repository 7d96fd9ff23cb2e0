import type { Client } from 'minio';

/** One uploaded part: its number, from 1, and the tag that the store answered it with, without quotes. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

/** Makes the store refuse to replace an object. */
export const notReplacing = { 'If-None-Match': '*' };

/** A multipart upload of one S3 bucket, step by step: the client's own keeps whole parts of 550 MB and drops the condition from the last step. */
export class S3Multipart {
  constructor(
    private readonly client: Client,
    private readonly bucket: string,
  ) {}

  /** The store's own id of the upload. */
  async begin(key: string): Promise<string> {
    return this.client.initiateNewMultipartUpload(this.bucket, key, {});
  }

  async complete(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const list = parts
      .map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`)
      .join('');
    const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list}</CompleteMultipartUpload>`;
    const query = `uploadId=${encodeURIComponent(uploadId)}`;
    const answer = await this.client.makeRequestAsync(
      { method: 'POST', bucketName: this.bucket, objectName: key, query, headers: { ...notReplacing } },
      body,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString('utf8');
    // S3 may answer 200 and put the failure into the body.
    const failure = /<Error>.*?<Code>([^<]*)<\/Code>/s.exec(text);
    if (failure !== null) throw Object.assign(new Error('The upload could not be completed.'), { code: failure[1] });
  }

  async abort(key: string, uploadId: string): Promise<void> {
    await this.client.abortMultipartUpload(this.bucket, key, uploadId);
  }
}
