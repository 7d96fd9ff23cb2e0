export { ArtifactsModule, openBlobStore } from './artifacts.module.js';
export { BlobStore, type ByteRange, type StoredBlob } from './blob-store.js';
export { verifiedStream } from './verified-stream.js';
