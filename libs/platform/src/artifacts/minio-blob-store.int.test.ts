import { randomUUID } from 'node:crypto';
import { Client } from 'minio';
import { describe, expect, it } from 'vitest';
import { aBlobKey, describeBlobStore, someBytes } from './blob-store.conformance.js';
import { MinioBlobStore, parseS3Url } from './minio-blob-store.js';

const server = process.env.ASSAY_TEST_S3_URL;

async function openInNewBucket() {
  const location = parseS3Url(`${server}/assay-test-${randomUUID()}`);
  const { bucket, ...connection } = location;
  const store = await MinioBlobStore.open(location);
  const client = new Client({ ...connection, pathStyle: true });
  const close = async (): Promise<void> => {
    for await (const object of client.listObjectsV2(bucket, '', true)) await client.removeObject(bucket, object.name);
    await store.removeUnfinished(new Date(Date.now() + 3_600_000));
    await client.removeBucket(bucket);
  };
  return { store, client, bucket, close };
}

describe.skipIf(!server)('MinioBlobStore (needs MinIO)', () => {
  describeBlobStore(openInNewBucket);

  it('removes uploads that were begun and never completed', async () => {
    const { store, client, bucket, close } = await openInNewBucket();
    const key = aBlobKey();
    const uploadId = await client.initiateNewMultipartUpload(bucket, key, {});
    await client.makeRequestAsyncOmit(
      { method: 'PUT', bucketName: bucket, objectName: key, query: `partNumber=1&uploadId=${uploadId}`, headers: {} },
      someBytes(5 * 1024 * 1024),
    );
    expect(await store.stat(key)).toBeUndefined();
    expect(await store.removeUnfinished(new Date(0))).toBe(0);
    await store.removeUnfinished(new Date(Date.now() + 3_600_000));
    await expect(
      client.makeRequestAsyncOmit(
        { method: 'PUT', bucketName: bucket, objectName: key, query: `partNumber=2&uploadId=${uploadId}`, headers: {} },
        someBytes(10),
      ),
    ).rejects.toMatchObject({
      code: 'NoSuchUpload',
    });
    await close();
  });

  it('opens the same bucket from many instances at once', async () => {
    const location = parseS3Url(`${server}/assay-test-${randomUUID()}`);
    await expect(
      Promise.all(Array.from({ length: 5 }, async () => MinioBlobStore.open(location))),
    ).resolves.toHaveLength(5);
    const { bucket, ...connection } = location;
    await new Client({ ...connection, pathStyle: true }).removeBucket(bucket);
  });
});

describe('MinioBlobStore without its server', () => {
  it('says in one sentence that the store does not answer', async () => {
    await expect(MinioBlobStore.open(parseS3Url('http://a:b@127.0.0.1:9/bucket'))).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
      detail: 'The artifact store does not answer: try again in a moment.',
    });
  });
});

describe('the address of an S3 store', () => {
  it('is taken apart', () => {
    expect(parseS3Url('https://KEY:s%2Fe@store.example/models?region=eu-west-1')).toEqual({
      endPoint: 'store.example',
      port: 443,
      useSSL: true,
      accessKey: 'KEY',
      secretKey: 's/e',
      bucket: 'models',
      region: 'eu-west-1',
    });
  });

  it.each([
    'http://store.example/bucket',
    'http://a:b@store.example/',
    'http://a:b@store.example/x/y',
    'ftp://a:b@store.example/x',
    'nonsense',
  ])('%s is refused', (text) => {
    expect(() => parseS3Url(text)).toThrow(TypeError);
  });
});
