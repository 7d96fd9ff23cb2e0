import type { MigrationClass } from '../migration-class.js';
import { CreateIdentities1795300100000 } from './1795300100000-create-identities.js';
import { AddGroups1795300110000 } from './1795300110000-add-groups.js';
import { AddServiceAccounts1795300111000 } from './1795300111000-add-service-accounts.js';
import { AddOpenidConnect1795300112000 } from './1795300112000-add-openid-connect.js';
import { KnowWhoSetAPassword1795300113000 } from './1795300113000-know-who-set-a-password.js';
import { OpenWorkspaces1795300114000 } from './1795300114000-open-workspaces.js';
import { CarryDenialsIntoJobs1795300115000 } from './1795300115000-carry-denials-into-jobs.js';
import { NameIdentitiesById1795300116000 } from './1795300116000-name-identities-by-id.js';
import { WallWorkspaces1795300119000 } from './1795300119000-wall-workspaces.js';
import { KnowWhoStandsBehindPrograms1795300119100 } from './1795300119100-know-who-stands-behind-programs.js';

export const accessMigrations: readonly MigrationClass[] = [
  CreateIdentities1795300100000,
  AddGroups1795300110000,
  AddServiceAccounts1795300111000,
  AddOpenidConnect1795300112000,
  KnowWhoSetAPassword1795300113000,
  OpenWorkspaces1795300114000,
  CarryDenialsIntoJobs1795300115000,
  NameIdentitiesById1795300116000,
  WallWorkspaces1795300119000,
  KnowWhoStandsBehindPrograms1795300119100,
];
