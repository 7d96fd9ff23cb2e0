import type { MigrationClass } from '../migration-class.js';
import { CreateRegistry1795300300000 } from './1795300300000-create-registry.js';
import { CreateGovernance1795300310000 } from './1795300310000-create-governance.js';
import { PublishDatasetVersions1795300330000 } from './1795300330000-publish-dataset-versions.js';
import { AddRegistrationKeys1795300340000 } from './1795300340000-add-registration-keys.js';
import { CreateWebhooks1795300350000 } from './1795300350000-create-webhooks.js';
import { KeepOriginalUsers1795300360000 } from './1795300360000-keep-original-users.js';
import { LookSealedVersionUp1795300390000 } from './1795300390000-look-sealed-version-up.js';
import { AgeRegistrationKeys1795300395000 } from './1795300395000-age-registration-keys.js';
import { CreateEnvironments1795300396100 } from './1795300396100-create-environments.js';
import { TellRollbacks1795300396110 } from './1795300396110-tell-rollbacks.js';
import { ChainPointerLedger1795300396120 } from './1795300396120-chain-pointer-ledger.js';
import { BindSeveralPolicies1795300396200 } from './1795300396200-bind-several-policies.js';
import { ProposePolicies1795300396210 } from './1795300396210-propose-policies.js';
import { GuardEnvironments1795300396220 } from './1795300396220-guard-environments.js';
import { ReadAuthorsFromRows1795300396300 } from './1795300396300-read-authors-from-rows.js';
import { BreakGlass1795300396310 } from './1795300396310-break-glass.js';
import { HoldSignersToStanding1795300396320 } from './1795300396320-hold-signers-to-standing.js';
import { KeepComparisons1795300396400 } from './1795300396400-keep-comparisons.js';
import { GuardSealedFiles1795300396600 } from './1795300396600-guard-sealed-files.js';
import { TraceAuthorsOfCopies1795300396610 } from './1795300396610-trace-authors-of-copies.js';
import { HoldLegally1795300396620 } from './1795300396620-hold-legally.js';
import { HoldMoreFirmly1795300396630 } from './1795300396630-hold-more-firmly.js';
import { ScopeWebhooks1795300396640 } from './1795300396640-scope-webhooks.js';
import { FindEvaluationsByData1795300396650 } from './1795300396650-find-evaluations-by-data.js';
import { MoveSeveralPointers1795300396700 } from './1795300396700-move-several-pointers.js';
import { CloseDecisions1795300396710 } from './1795300396710-close-decisions.js';
import { HoldAcceptersToStanding1795300396730 } from './1795300396730-hold-accepters-to-standing.js';
import { KeepEnvironments1795300396740 } from './1795300396740-keep-environments.js';
import { WallWorkspaces1795300396990 } from './1795300396990-wall-workspaces.js';
import { HoldMovesToTheirRequests1795300397100 } from './1795300397100-hold-moves-to-their-requests.js';
import { HoldRequestsToTimeAndGates1795300397110 } from './1795300397110-hold-requests-to-time-and-gates.js';
import { KeepGuardedNamesAndStages1795300397120 } from './1795300397120-keep-guarded-names-and-stages.js';
import { SearchTemporaryObjectsLast1795300397130 } from './1795300397130-search-temporary-objects-last.js';
import { BarMakersOfPrograms1795300397200 } from './1795300397200-bar-makers-of-programs.js';

export const registryMigrations: readonly MigrationClass[] = [
  CreateRegistry1795300300000,
  CreateGovernance1795300310000,
  PublishDatasetVersions1795300330000,
  AddRegistrationKeys1795300340000,
  CreateWebhooks1795300350000,
  KeepOriginalUsers1795300360000,
  LookSealedVersionUp1795300390000,
  AgeRegistrationKeys1795300395000,
  CreateEnvironments1795300396100,
  TellRollbacks1795300396110,
  ChainPointerLedger1795300396120,
  BindSeveralPolicies1795300396200,
  ProposePolicies1795300396210,
  GuardEnvironments1795300396220,
  ReadAuthorsFromRows1795300396300,
  BreakGlass1795300396310,
  HoldSignersToStanding1795300396320,
  KeepComparisons1795300396400,
  GuardSealedFiles1795300396600,
  TraceAuthorsOfCopies1795300396610,
  HoldLegally1795300396620,
  HoldMoreFirmly1795300396630,
  ScopeWebhooks1795300396640,
  FindEvaluationsByData1795300396650,
  MoveSeveralPointers1795300396700,
  CloseDecisions1795300396710,
  HoldAcceptersToStanding1795300396730,
  KeepEnvironments1795300396740,
  WallWorkspaces1795300396990,
  HoldMovesToTheirRequests1795300397100,
  HoldRequestsToTimeAndGates1795300397110,
  KeepGuardedNamesAndStages1795300397120,
  SearchTemporaryObjectsLast1795300397130,
  BarMakersOfPrograms1795300397200,
];
