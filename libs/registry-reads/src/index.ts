export { datasetContent, type DatasetContent } from './dataset-versions.js';
