import { z } from 'zod';
import { type Permission, permissions, roles } from './permissions.js';

/** What a grant on models can give or take: what is done with a model by its name. */
export const modelPermissions = [
  'registry:read',
  'registry:register',
  'registry:write',
  'promotions:request',
] as const satisfies Permission[];

/** One grant as it bears on a caller. */
export interface ModelGrant {
  readonly pattern: string;
  readonly permissions: readonly Permission[];
  readonly effect: 'allow' | 'deny';
}

/** What of a caller decides about models. */
export interface ModelCaller {
  readonly permissions: readonly Permission[];
  readonly modelGrants?: readonly ModelGrant[];
  readonly scopes?: readonly Permission[];
}

/**
 * Whether a caller may do something with a model of this name: the one place that decides. A denial wins over everything; beside what the
 * roles give, an allowance gives it for the models that it names. A narrowed token stays within its scopes.
 */
export function mayOnModel(
  { permissions: held, modelGrants = [], scopes }: ModelCaller,
  permission: Permission,
  name: string,
): boolean {
  const bearing = modelGrants.filter((grant) => grant.permissions.includes(permission) && matches(grant.pattern, name));
  if (bearing.some(({ effect }) => effect === 'deny')) return false;
  if (held.includes(permission)) return true;
  return bearing.length > 0 && (scopes === undefined || scopes.includes(permission));
}

/** Whether a grant might let a caller in whose roles don't: then each model is asked for by its name. */
export function mayOnSomeModel(
  { modelGrants = [], scopes }: Omit<ModelCaller, 'permissions'>,
  permission: Permission,
): boolean {
  if (scopes !== undefined && !scopes.includes(permission)) return false;
  return modelGrants.some((grant) => grant.effect === 'allow' && grant.permissions.includes(permission));
}

/** Whether a name fits a pattern, in which `*` stands for any text, also none. In time linear in both, whatever the pattern. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return name === pattern;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Patterns of the models that a caller may not read, though their roles do: what a search leaves out. */
export function hiddenModels({ modelGrants = [] }: Pick<ModelCaller, 'modelGrants'>): string[] {
  return modelGrants
    .filter(({ effect, permissions: taken }) => effect === 'deny' && taken.includes('registry:read'))
    .map(({ pattern }) => pattern);
}

/** Whether a model of this name is kept from a caller's eyes by a denial. */
export function isHidden(actor: Pick<ModelCaller, 'modelGrants'>, name: string): boolean {
  return hiddenModels(actor).some((pattern) => matches(pattern, name));
}

const grantId = z.string().min(1).max(64).describe('Id of the grant.');

export const modelGrant = z
  .object({
    id: grantId,
    subjectKind: z.enum(['person', 'group', 'service', 'role']).describe('What kind of subject it is for.'),
    subject: z.string().min(1).max(200).describe('Id of the person or service account, or name of the group or role.'),
    pattern: z.string().min(1).max(255).describe('Names of the models that it bears on; `*` stands for any text.'),
    permissions: z
      .array(z.enum(modelPermissions))
      .min(1)
      .max(modelPermissions.length)
      .describe('What it gives or takes.'),
    effect: z.enum(['allow', 'deny']).describe('`deny` wins over everything else.'),
    createdBy: z.string().describe('Who made it.'),
    createdAt: z.iso.datetime().describe('When it was made.'),
  })
  .meta({ id: 'ModelGrant' });
export const createModelGrantRequest = modelGrant
  .omit({ id: true, createdBy: true, createdAt: true })
  .refine(({ subjectKind, subject }) => subjectKind !== 'role' || roles.some((role) => role === subject), {
    path: ['subject'],
    message: 'it is no role',
  })
  .meta({ id: 'CreateModelGrantRequest' });
export const modelGrantRequest = z.object({ id: grantId }).meta({ id: 'ModelGrantRequest' });
export const modelGrantList = z
  .object({ grants: z.array(modelGrant).describe('Grants of the workspace, oldest first.') })
  .meta({ id: 'ModelGrantList' });

export type ModelGrantRecord = z.infer<typeof modelGrant>;
export type CreateModelGrantRequest = z.infer<typeof createModelGrantRequest>;

/** Permissions as a grant's row keeps them. */
export const grantedPermissions = z.array(z.enum(permissions));
