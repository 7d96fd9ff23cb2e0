export { ArtifactsModule, openBlobStore } from './artifacts.module.js';
export { BlobStore, type ByteRange, type StoredBlob } from './blob-store.js';
export { digestOf } from './digest-of.js';
export { DirectTransfers } from './direct-transfers.js';
export { type UploadedPart } from './s3-multipart.js';
export { verifiedStream } from './verified-stream.js';
