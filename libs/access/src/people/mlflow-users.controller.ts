import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  createUserRequest,
  currentUserResponse,
  emptyResponse,
  updateUserAdminRequest,
  updateUserPasswordRequest,
  userRequest,
  userResponse,
  usersResponse,
  type WireUser,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { MlflowUsersService, type UserView } from './mlflow-users.service.js';

const base = '/api/2.0/mlflow/users';

/** The users API of MLflow's basic-auth app, over our people and under our rules. */
@Controller()
export class MlflowUsersController {
  constructor(private readonly users: MlflowUsersService) {}

  @Endpoint({
    method: 'POST',
    path: `${base}/create`,
    permission: 'access:admin',
    summary: 'Create a user',
    request: createUserRequest,
    response: userResponse,
  })
  async create(@Caller() actor: Actor, @Input() input: z.infer<typeof createUserRequest>) {
    return { user: toWire(await this.users.create(actor, input)) };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/get`,
    permission: 'signed-in',
    summary: 'Get a user: yourself, or anybody if you may see everybody',
    request: userRequest,
    response: userResponse,
  })
  async get(@Caller() actor: Actor, @Input() { username }: z.infer<typeof userRequest>) {
    return { user: toWire(await this.users.get(actor, username)) };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/list`,
    permission: 'access:read',
    summary: 'List users',
    response: usersResponse,
  })
  async list(@Caller() actor: Actor) {
    const users = await this.users.list(actor);
    const { workspace } = actor;
    return {
      users: users.map((user) => ({ ...toWire(user), roles: user.roles.map((name) => ({ name, workspace })) })),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/current`,
    permission: 'signed-in',
    summary: 'Who you are',
    response: currentUserResponse,
  })
  async current(@Caller() actor: Actor) {
    return { user: toWire(await this.users.current(actor)), is_basic_auth: true };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${base}/update-password`,
    permission: 'signed-in',
    summary: 'Change a password: your own, or anybody’s as an administrator',
    request: updateUserPasswordRequest,
    response: emptyResponse,
  })
  async updatePassword(@Caller() actor: Actor, @Input() input: z.infer<typeof updateUserPasswordRequest>) {
    const { username, password, current_password: current } = input;
    await this.users.changePassword(actor, { username, password, current });
    return {};
  }

  @Endpoint({
    method: 'PATCH',
    path: `${base}/update-admin`,
    permission: 'access:admin',
    summary: 'Make a user an administrator, or no longer',
    request: updateUserAdminRequest,
    response: emptyResponse,
  })
  async updateAdmin(@Caller() actor: Actor, @Input() input: z.infer<typeof updateUserAdminRequest>) {
    await this.users.setAdmin(actor, input.username, input.is_admin);
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/delete`,
    permission: 'access:admin',
    summary: 'Delete a user: every credential is refused from then on',
    request: userRequest,
    response: emptyResponse,
  })
  async delete(@Caller() actor: Actor, @Input() { username }: z.infer<typeof userRequest>) {
    await this.users.delete(actor, username);
    return {};
  }
}

function toWire({ id, username, isAdmin }: UserView): WireUser {
  return { id, username, is_admin: isAdmin };
}
