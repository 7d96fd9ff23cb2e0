import type { RecipeName } from './recipes/catalog.js';

/** What a caller may do. Each endpoint declares one of these; the guard refuses everything that declares none. */
export const permissions = [
  'tracking:read',
  'tracking:write',
  'tracking:import',
  'registry:read',
  'registry:register',
  'registry:write',
  'datasets:write',
  'policies:write',
  'webhooks:read',
  'webhooks:write',
  'promotions:request',
  'promotions:decide',
  'promotions:emergency',
  'evaluations:report',
  'holds:set',
  'holds:lift',
  'jobs:read',
  'jobs:write',
  'jobs:work',
  'drift:read',
  'drift:write',
  'predictions:write',
  'audit:read',
  'audit:read-all',
  'access:read',
  'access:admin',
  'settings:read',
] as const;

export type Permission = (typeof permissions)[number];

/** Roles of a workspace. `auditor` reads everything and changes nothing. */
export const roles = ['viewer', 'contributor', 'maintainer', 'approver', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Roles that a program may hold: none that signs. */
export const serviceAccountRoles = [
  'viewer',
  'contributor',
  'maintainer',
  'auditor',
  'admin',
] as const satisfies Role[];
export type ServiceAccountRole = (typeof serviceAccountRoles)[number];

const read = [
  'tracking:read',
  'registry:read',
  'jobs:read',
  'drift:read',
  'settings:read',
] as const satisfies Permission[];
const contribute = [
  ...read,
  'tracking:write',
  'registry:register',
  'registry:write',
  'datasets:write',
  'jobs:write',
  'drift:write',
  'predictions:write',
  'promotions:request',
  'promotions:emergency',
] as const satisfies Permission[];

/** What each role may do. A person's permissions are the union over their roles. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: read,
  contributor: contribute,
  maintainer: [...contribute, 'holds:set', 'tracking:import', 'policies:write', 'webhooks:read', 'webhooks:write'],
  approver: [...read, 'promotions:decide', 'promotions:emergency', 'audit:read'],
  auditor: [...read, 'webhooks:read', 'audit:read', 'audit:read-all', 'access:read'],
  admin: [
    ...contribute,
    'holds:set',
    'holds:lift',
    'tracking:import',
    'policies:write',
    'webhooks:read',
    'webhooks:write',
    'audit:read',
    'audit:read-all',
    'access:read',
    'access:admin',
  ],
};

/** The workspace of the installation itself: whoever names none acts in it. */
export const defaultWorkspace = 'default';

/** What bears on the whole installation is given by a role in its own workspace only, `default`: another's administrators see none of it. */
const installationWide: readonly Permission[] = ['audit:read-all'];

/** What somebody may do in a workspace by the roles held there. */
export function heldPermissions(held: readonly Role[], workspace: string): Permission[] {
  const all = [...new Set(held.flatMap((role) => rolePermissions[role]))];
  return workspace === defaultWorkspace ? all : all.filter((permission) => !installationWide.includes(permission));
}

/** While no person exists, a call from this machine without a credential acts with these: it never decides or signs. */
export const localPermissions: readonly Permission[] = [
  ...contribute,
  'holds:set',
  'tracking:import',
  'policies:write',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'audit:read-all',
  'access:read',
];

/** What a job's token may do beside reading and reporting for its own attempt: what its recipe does, and nothing else. */
const recipePermissions: Readonly<Record<RecipeName, readonly Permission[]>> = {
  tabular: ['tracking:write', 'registry:register'],
  evaluate: ['tracking:write', 'evaluations:report'],
  score: ['tracking:write', 'predictions:write', 'drift:write'],
  check: ['tracking:write'],
};

/** Permissions of a job's token by its recipe; a recipe that is unknown here adds none. */
export function jobPermissions(recipe: string): readonly Permission[] {
  const own = Object.entries(recipePermissions).find(([name]) => name === recipe)?.[1] ?? [];
  return [...read, 'jobs:work', ...own];
}
