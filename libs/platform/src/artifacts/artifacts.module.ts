import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { Config, ConfigError } from '../config/index.js';
import { AppError } from '../http/app-error.js';
import { BlobStore } from './blob-store.js';
import { FileBlobStore } from './file-blob-store.js';
import { UnfinishedSweep } from './unfinished-sweep.js';

/**
 * The store that the settings name: S3 by `ASSAY_ARTIFACTS_URL`, else files in the data folder.
 * @throws {ConfigError} when that address is wrong, or nothing answers there.
 */
export async function openBlobStore(config: Config): Promise<BlobStore> {
  const { url, publicUrl } = config.artifacts;
  if (url === null) return FileBlobStore.open(join(config.dataDir, 'artifacts'));
  const { MinioBlobStore, parsePublicUrl, parseS3Url } = await import('./minio-blob-store.js'); // and S3's client with it
  const reached =
    publicUrl === null
      ? {}
      : publicUrl === 'off'
        ? null
        : usable('ASSAY_ARTIFACTS_PUBLIC_URL', () => parsePublicUrl(publicUrl));
  const location = usable('ASSAY_ARTIFACTS_URL', () => parseS3Url(url));
  try {
    return await MinioBlobStore.open(location, reached);
  } catch (error) {
    throw unusable('ASSAY_ARTIFACTS_URL', error);
  }
}

function usable<T>(setting: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unusable(setting, error);
  }
}

function unusable(setting: string, error: unknown): ConfigError {
  const told = error instanceof AppError ? error.detail : error instanceof Error ? error.message : String(error);
  return new ConfigError(`${setting} can't be used: ${told}`);
}

/** Makes `BlobStore` injectable everywhere. */
@Global()
@Module({
  providers: [{ provide: BlobStore, inject: [Config], useFactory: openBlobStore }, UnfinishedSweep],
  exports: [BlobStore],
})
export class ArtifactsModule {}
