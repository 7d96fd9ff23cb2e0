import { SetUp } from '@assay/access';
import type { INestApplicationContext } from '@nestjs/common';
import type { StoryProbe } from './route-caller.js';

export const password = 'correct horse battery';

/** What somebody chose who decides. */
export const ownPassword = (name: string): string => `${password} of ${name}`;

export interface Cast {
  /** Id of each person by name. */
  readonly ids: Readonly<Record<'eve' | 'ada' | 'max', string>>;
}

/** The first administrator, three people with their roles and tokens, and every change of an account. */
export async function storyOfPeople(probe: StoryProbe, app: INestApplicationContext): Promise<Cast> {
  const secret = await app.get(SetUp, { strict: false }).secretIfNeeded();
  const root = await probe.send({
    route: 'POST /api/v1/setup',
    body: { secret, email: 'root@assay.example', name: 'Root', password },
  });
  probe.signIn('root', root.token);

  // With the password that root gave them, nobody signs anything.
  const chooseOwnPassword = async (name: string, email: string): Promise<void> => {
    const own = ownPassword(name);
    await probe.send({ route: 'POST /api/v1/me/password', as: name, body: { password, newPassword: own } });
    const session = await probe.send({ route: 'POST /api/v1/sessions', body: { email, password: own } });
    probe.signIn(name, session.token);
  };
  const add = async (name: string, ...roles: string[]): Promise<string> => {
    const email = `${name}@assay.example`;
    const person = await probe.send({
      route: 'POST /api/v1/people',
      as: 'root',
      body: { email, name, password, roles },
    });
    const session = await probe.send({ route: 'POST /api/v1/sessions', body: { email, password } });
    probe.signIn(name, session.token);
    if (roles.includes('approver') || roles.includes('maintainer')) await chooseOwnPassword(name, email);
    return person.id;
  };
  const ids = {
    eve: await add('eve', 'contributor'),
    ada: await add('ada', 'approver'),
    max: await add('max', 'maintainer'),
  };
  const spare = await add('spare', 'viewer');

  const change = (body: object) =>
    probe.send({ route: 'PATCH /api/v1/people/:id', as: 'root', params: { id: spare }, body });
  await change({ name: 'Spare the second' });
  await change({ roles: ['viewer', 'auditor'] });
  await change({ password: 'another horse battery' });
  await change({ disabled: true });

  await probe.send({
    route: 'POST /api/v1/me/password',
    as: 'eve',
    body: { password, newPassword: 'quite another battery' },
  });
  const again = await probe.send({
    route: 'POST /api/v1/sessions',
    body: { email: 'eve@assay.example', password: 'quite another battery' },
  });
  probe.signIn('eve', again.token);
  await probe.send({
    route: 'PUT /api/v1/groups/:name',
    as: 'root',
    params: { name: 'risk' },
    body: { members: [ids.ada, ids.max] },
  });
  const token = await probe.send({
    route: 'POST /api/v1/tokens',
    as: 'eve',
    body: { name: 'notebook', expiresInDays: 7 },
  });
  await probe.send({ route: 'DELETE /api/v1/tokens/:id', as: 'eve', params: { id: token.id } });
  await storyOfServiceAccounts(probe);
  await storyOfWorkspaces(probe, ids.max);
  await storyOfMlflowUsers(probe);
  return { ids };
}

/** A program gets an account and a token of its own, then another role. */
async function storyOfServiceAccounts(probe: StoryProbe): Promise<void> {
  const { id } = await probe.send({
    route: 'POST /api/v1/service-accounts',
    as: 'root',
    body: { name: 'nightly', roles: ['contributor'] },
  });
  await probe.send({
    route: 'POST /api/v1/service-accounts/:id/tokens',
    as: 'root',
    params: { id },
    body: { name: 'cluster', scopes: ['tracking:write'] },
  });
  await probe.send({
    route: 'PATCH /api/v1/service-accounts/:id',
    as: 'root',
    params: { id },
    body: { roles: ['viewer'] },
  });
}

/** Another team gets a workspace, and a model is hidden from viewers. */
async function storyOfWorkspaces(probe: StoryProbe, personId: string): Promise<void> {
  await probe.send({ route: 'POST /api/v1/workspaces', as: 'root', body: { name: 'fraud' } });
  await probe.send({
    route: 'PUT /api/v1/workspaces/:workspace/members/:personId',
    as: 'root',
    params: { workspace: 'fraud', personId },
    body: { roles: ['maintainer'] },
  });
  const { id } = await probe.send({
    route: 'POST /api/v1/model-grants',
    as: 'root',
    body: { subjectKind: 'role', subject: 'viewer', pattern: 'hr-*', permissions: ['registry:read'], effect: 'deny' },
  });
  await probe.send({ route: 'DELETE /api/v1/model-grants/:id', as: 'root', params: { id } });
}

/** The same over MLflow's API: a user comes, becomes an administrator and no longer is one, gets another password, and goes. */
async function storyOfMlflowUsers(probe: StoryProbe): Promise<void> {
  const send = (route: `${'POST' | 'PATCH' | 'DELETE'} /api/2.0/mlflow/users/${string}`, body: object) =>
    probe.send({ route, as: 'root', body: { username: 'newuser', ...body } });
  await send('POST /api/2.0/mlflow/users/create', { password });
  await send('PATCH /api/2.0/mlflow/users/update-admin', { is_admin: true });
  await send('PATCH /api/2.0/mlflow/users/update-admin', { is_admin: false });
  await send('PATCH /api/2.0/mlflow/users/update-password', { password: 'another horse battery' });
  await send('DELETE /api/2.0/mlflow/users/delete', {});
}
