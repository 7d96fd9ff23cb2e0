export { datasetContent, type DatasetContent } from './dataset-versions.js';
export { Registrations, type Registration } from './registrations.js';
export { SealedBlocks, type SealedBlob } from './sealed-blocks.js';
export { SealedFiles, type SealedBy } from './sealed-files.js';
