export { ArtifactsModule, openBlobStore } from './artifacts.module.js';
export { BlobStore, type ByteRange, type PutOptions, type StoredBlob } from './blob-store.js';
export { blobTooLarge } from './blob-errors.js';
export { digestOf } from './digest-of.js';
export { DirectTransfers } from './direct-transfers.js';
export { type UploadedPart } from './s3-multipart.js';
export { sendBlob } from './send-blob.js';
export { verifiedStream } from './verified-stream.js';
