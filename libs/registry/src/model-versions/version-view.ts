import type { ModelVersionView } from '@assay/pure/mlflow-wire';
import type { DescribedVersion } from './model-version.js';

/** A version as MLflow's answers show it. */
export function versionView(version: DescribedVersion): ModelVersionView {
  const { name, createdAt, updatedAt, stage, description, source, runId, runLink, loggedModelId, tags, aliases } =
    version;
  return {
    name,
    version: version.version,
    createdAt,
    updatedAt,
    stage,
    description,
    source,
    runId,
    runLink,
    loggedModelId,
    userId: version.userId ?? version.registeredBy,
    tags,
    aliases,
  };
}
