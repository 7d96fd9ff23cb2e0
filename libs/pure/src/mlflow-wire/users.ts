import { z } from 'zod';
import { message } from './message.js';
import { ruleError } from './parameter-error.js';
import { boolean, requiredTextUpTo } from './scalars.js';

/** An address, or a plain name as MLflow's own users have. */
const usernameForm = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,253}$/u;
const formRule = ruleError(
  "a username has letters, digits, '.', '_', '@', '+' and '-', and begins with a letter or digit.",
);

const username = requiredTextUpTo(254).describe('Name that the user signs in with');
const password = requiredTextUpTo(256)
  .refine((text) => text.length >= 12, { error: () => 'Password must be at least 12 characters.' })
  .describe('Password, at least 12 characters');

export const createUserRequest = message({
  username: username.refine((text) => usernameForm.test(text), { error: formRule }),
  password,
}).refine((user) => user.password?.toLowerCase() !== user.username?.toLowerCase(), {
  error: () => 'Password must be another than the username.',
});
export const userRequest = message({ username });
export const updateUserPasswordRequest = message({
  username,
  password,
  current_password: requiredTextUpTo(256).optional().describe('Password as it is, for a change of your own'),
});
export const updateUserAdminRequest = message({
  username,
  is_admin: boolean.describe('Whether the user administers the workspace'),
});

const user = z.object({
  id: z.string().describe('Id of the user.'),
  username: z.string().describe('Name that the user signs in with.'),
  is_admin: z.boolean().describe('Whether the user administers the workspace.'),
});

export const wireUser = user.meta({ id: 'MlflowUser' });
export const userResponse = z.object({ user: wireUser.describe('The user') });
export const currentUserResponse = z.object({
  user: wireUser.describe('Who calls'),
  is_basic_auth: z.boolean().describe('Whether callers sign in with Basic: always, with a token as the password.'),
});
export const usersResponse = z.object({
  users: z
    .array(
      user
        .extend({
          roles: z
            .array(
              z.object({
                name: z.string().describe('Name of the role.'),
                workspace: z.string().describe('Where it is held.'),
              }),
            )
            .describe('Roles held.'),
        })
        .meta({ id: 'MlflowListedUser' }),
    )
    .describe('Everybody who can sign in, by name'),
});

export type WireUser = z.infer<typeof wireUser>;
