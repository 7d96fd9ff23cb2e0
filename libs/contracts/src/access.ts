import { z } from 'zod';
import { permissions, roles, serviceAccountRoles } from './permissions.js';

/** Shortest password accepted; 15 and more are advised (ASVS 6.2.1). The upper bound keeps hashing cheap. */
export const passwordMinLength = 8;
const password = z.string().min(passwordMinLength).max(256);

const personId = z.string().min(1).max(64).describe('Id of the person.');
const tokenId = z.string().min(1).max(64).describe('Id of the token: the part after `assay_`.');
const email = z
  .string()
  .max(254)
  .pipe(z.email())
  .transform((text) => text.toLowerCase());
const name = z.string().trim().min(1).max(200);
const instant = z.iso.datetime();
const groupName = z.string().trim().min(1).max(200);
const roleList = z.array(z.enum(roles)).max(roles.length);

const serviceAccountId = z.string().min(1).max(64).describe('Id of the service account.');
const serviceRoleList = z.array(z.enum(serviceAccountRoles)).max(serviceAccountRoles.length);
const expiresInDays = z.coerce.number().int().min(1).max(365).default(90).describe('Days until the token is refused.');
const scopes = z
  .array(z.enum(permissions))
  .min(1)
  .max(permissions.length)
  .optional()
  .describe('All that the token may do, of what its holder may. Default: everything that its holder may.');

export const setUpRequest = z
  .object({
    secret: z.string().min(1).max(200).describe('The one-time secret that the platform printed at its first start.'),
    email: email.describe('Address that the first administrator signs in with.'),
    name: name.describe('Name of the first administrator.'),
    password: password.describe('At least 8 characters, 15 or more advised.'),
  })
  .meta({ id: 'SetUpRequest' });

export const openSessionRequest = z
  .object({
    email: z.string().min(1).max(254).describe('Address of the person.'),
    password: z.string().min(1).max(256).describe('Password of the person.'),
  })
  .meta({ id: 'OpenSessionRequest' });

export const issuedToken = z
  .object({
    id: tokenId,
    name: z.string().describe('What the token is for.'),
    token: z.string().describe('The token itself. It is shown once and kept nowhere: set MLFLOW_TRACKING_TOKEN to it.'),
    expiresAt: instant.describe('From then on the token is refused.'),
    mustChangePassword: z
      .boolean()
      .optional()
      .describe(
        'true: somebody else set the password. Choose your own by POST /api/v1/me/password before you decide anything.',
      ),
  })
  .meta({ id: 'IssuedToken' });

export const me = z
  .object({
    id: z.string().describe('Id of who calls.'),
    kind: z
      .enum(['person', 'service', 'job', 'local', 'system'])
      .describe('`local` is a call without a credential while no person exists.'),
    name: z.string().describe('Name for people to read.'),
    workspace: z.string().describe('Workspace in which the call acts.'),
    roles: roleList.describe('Roles held in the workspace.'),
    groups: z.array(groupName).describe('Groups of the workspace that the caller is in.'),
    permissions: z.array(z.enum(permissions)).describe('What the caller may do.'),
    tokenId: z.string().optional().describe('The token used, where one was.'),
  })
  .meta({ id: 'Me' });

export const person = z
  .object({
    id: personId,
    email: z.string().describe('Address that the person signs in with.'),
    name: z.string().describe('Name for people to read.'),
    roles: roleList.describe('Roles in the workspace.'),
    createdAt: instant.describe('When the person was added.'),
    disabledAt: instant.nullable().describe('From then on every credential of the person is refused.'),
  })
  .meta({ id: 'Person' });

export const createPersonRequest = z
  .object({
    email: email.describe('Address that the person signs in with.'),
    name: name.describe('Name for people to read.'),
    password: password
      .optional()
      .describe('First password, at least 8 characters. Without one they sign in at the provider only.'),
    roles: roleList.min(1).describe('Roles in the workspace.'),
  })
  .meta({ id: 'CreatePersonRequest' });

export const updatePersonRequest = z
  .object({
    id: personId,
    name: name.optional().describe('New name.'),
    password: password.optional().describe('New password.'),
    roles: roleList.optional().describe('All roles that the person holds from now on.'),
    disabled: z
      .boolean()
      .optional()
      .describe(
        'true refuses every credential of the person from now on, and revokes their sessions and tokens for good; false lets them sign in anew.',
      ),
    unlink: z
      .literal(true)
      .optional()
      .describe('true forgets who the person is at the provider, so that their next sign-in there is a first one.'),
  })
  .meta({ id: 'UpdatePersonRequest' });

export const changePasswordRequest = z
  .object({
    password: z.string().min(1).max(256).describe('Your password as it is.'),
    newPassword: password.describe('Your new password, at least 8 characters.'),
  })
  .meta({ id: 'ChangePasswordRequest' });

export const personRequest = z.object({ id: personId }).meta({ id: 'PersonRequest' });
export const personList = z
  .object({ people: z.array(person).describe('Everybody, by address.') })
  .meta({ id: 'PersonList' });

export const group = z
  .object({
    name: groupName.describe('Name of the group.'),
    members: z
      .array(
        z.object({
          personId: personId,
          source: z
            .enum(['manual', 'oidc'])
            .describe('`manual`: put there by an administrator; `oidc`: by the claims of the last sign-in.'),
          since: instant.describe('Since when, without a break.'),
        }),
      )
      .describe('Who is in it; somebody whom both sources name is there twice.'),
  })
  .meta({ id: 'Group' });
export const groupRequest = z.object({ name: groupName.describe('Name of the group.') }).meta({ id: 'GroupRequest' });
export const setGroupRequest = z
  .object({
    name: groupName.describe('Name of the group.'),
    members: z
      .array(personId)
      .max(1000)
      .describe('Ids of all whom administrators put into the group from now on; those from claims stay.'),
  })
  .meta({ id: 'SetGroupRequest' });
export const groupList = z.object({ groups: z.array(group).describe('Groups, by name.') }).meta({ id: 'GroupList' });

export const token = z
  .object({
    id: tokenId,
    prefix: z.string().describe('What the token begins with: enough to find a leaked one by.'),
    name: z.string().describe('What the token is for.'),
    personId: personId.nullable().describe('Whose it is, if a person’s.'),
    serviceAccountId: serviceAccountId.nullable().describe('Whose it is, if a service account’s.'),
    kind: z.enum(['api', 'session']).describe('`session` came from signing in.'),
    scopes: z
      .array(z.enum(permissions))
      .nullable()
      .describe('All that it may do, of what its holder may; null: everything that its holder may.'),
    createdAt: instant.describe('When it was issued.'),
    expiresAt: instant.describe('From then on it is refused.'),
    revokedAt: instant.nullable().describe('When it was taken back.'),
    lastUsedAt: instant.nullable().describe('When it was last used, to a minute or so; null: never.'),
  })
  .meta({ id: 'Token' });

export const createTokenRequest = z
  .object({
    name: name.describe('What the token is for.'),
    expiresInDays,
    scopes,
  })
  .meta({ id: 'CreateTokenRequest' });

export const serviceAccount = z
  .object({
    id: serviceAccountId,
    name: z.string().describe('Name of the program, unique in the workspace.'),
    roles: serviceRoleList.describe('Roles in the workspace; never one that signs.'),
    createdBy: z.string().describe('Who added it.'),
    createdAt: instant.describe('When it was added.'),
    disabledAt: instant.nullable().describe('From then on every token of it is refused.'),
  })
  .meta({ id: 'ServiceAccount' });
export const createServiceAccountRequest = z
  .object({
    name: name.describe('Name of the program, unique in the workspace.'),
    roles: serviceRoleList.min(1).describe('Roles in the workspace; `approver` is for people only.'),
  })
  .meta({ id: 'CreateServiceAccountRequest' });
export const updateServiceAccountRequest = z
  .object({
    id: serviceAccountId,
    roles: serviceRoleList.optional().describe('All roles that it holds from now on.'),
    disabled: z
      .boolean()
      .optional()
      .describe('true refuses and revokes every token of it, for good; false lets it have new ones.'),
  })
  .meta({ id: 'UpdateServiceAccountRequest' });
export const serviceAccountRequest = z.object({ id: serviceAccountId }).meta({ id: 'ServiceAccountRequest' });
export const serviceAccountTokenRequest = createTokenRequest
  .extend({ id: serviceAccountId })
  .meta({ id: 'ServiceAccountTokenRequest' });
export const serviceAccountList = z
  .object({ serviceAccounts: z.array(serviceAccount).describe('Service accounts, by name.') })
  .meta({ id: 'ServiceAccountList' });

export const tokenRequest = z.object({ id: tokenId }).meta({ id: 'TokenRequest' });
export const tokenListRequest = z
  .object({
    personId: personId.optional().describe('Whose tokens; administrators may name anybody. Default: your own.'),
  })
  .meta({ id: 'TokenListRequest' });
export const tokenList = z
  .object({ tokens: z.array(token).describe('Tokens, newest first.') })
  .meta({ id: 'TokenList' });

export type SetUpRequest = z.infer<typeof setUpRequest>;
export type OpenSessionRequest = z.infer<typeof openSessionRequest>;
export type IssuedToken = z.infer<typeof issuedToken>;
export type Me = z.infer<typeof me>;
export type Person = z.infer<typeof person>;
export type CreatePersonRequest = z.infer<typeof createPersonRequest>;
export type ChangePasswordRequest = z.infer<typeof changePasswordRequest>;
export type UpdatePersonRequest = z.infer<typeof updatePersonRequest>;
export type Group = z.infer<typeof group>;
export type SetGroupRequest = z.infer<typeof setGroupRequest>;
export type ServiceAccount = z.infer<typeof serviceAccount>;
export type CreateServiceAccountRequest = z.infer<typeof createServiceAccountRequest>;
export type UpdateServiceAccountRequest = z.infer<typeof updateServiceAccountRequest>;
export type ServiceAccountTokenRequest = z.infer<typeof serviceAccountTokenRequest>;
export type Token = z.infer<typeof token>;
export type CreateTokenRequest = z.infer<typeof createTokenRequest>;
