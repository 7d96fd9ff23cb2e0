export { ArtifactFiles, type ArtifactFile, type ArtifactFolder } from './artifact-files.js';
export { ArtifactOwners, isRootOf, ownerKey, type ArtifactOwner, type OwnerName } from './artifact-owners.js';
export { readReportedMetrics, type ReportedMetrics } from './reported-metrics.js';
export { readRunFacts, type RunFacts } from './run-facts.js';
export { isTraining, RunLineage, type VersionOrigin } from './run-lineage.js';
export { RunLinks, type LoggedDataset, type Pair, type RunName } from './run-links.js';
