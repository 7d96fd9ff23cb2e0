export { RunLineage, type VersionOrigin } from './run-lineage.js';
