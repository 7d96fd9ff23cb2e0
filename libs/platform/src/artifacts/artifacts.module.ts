import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { Config } from '../config/index.js';
import { BlobStore } from './blob-store.js';
import { FileBlobStore } from './file-blob-store.js';
import { MinioBlobStore, parseS3Url } from './minio-blob-store.js';
import { UnfinishedSweep } from './unfinished-sweep.js';

/** The store that the settings name: S3 by `ASSAY_ARTIFACTS_URL`, else files in the data folder. */
export async function openBlobStore(config: Config): Promise<BlobStore> {
  const { url } = config.artifacts;
  return url === null ? FileBlobStore.open(join(config.dataDir, 'artifacts')) : MinioBlobStore.open(parseS3Url(url));
}

/** Makes `BlobStore` injectable everywhere. */
@Global()
@Module({
  providers: [{ provide: BlobStore, inject: [Config], useFactory: openBlobStore }, UnfinishedSweep],
  exports: [BlobStore],
})
export class ArtifactsModule {}
