import { join } from 'node:path';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { BlobStore } from './blob-store.js';
import { FileBlobStore } from './file-blob-store.js';
import { MinioBlobStore, parseS3Url } from './minio-blob-store.js';

export interface ArtifactSettings {
  /** `http(s)://ACCESS:SECRET@host:port/bucket`, or null for files in the data folder. */
  readonly url: string | null;
  readonly dataDir: string;
}

/** The store that the settings name. */
export async function openBlobStore({ url, dataDir }: ArtifactSettings): Promise<BlobStore> {
  return url === null ? FileBlobStore.open(join(dataDir, 'artifacts')) : MinioBlobStore.open(parseS3Url(url));
}

/** Makes `BlobStore` injectable everywhere. */
@Global()
@Module({})
export class ArtifactsModule {
  static with(settings: ArtifactSettings): DynamicModule {
    const useFactory = async (): Promise<BlobStore> => openBlobStore(settings);
    return { module: ArtifactsModule, providers: [{ provide: BlobStore, useFactory }], exports: [BlobStore] };
  }
}
