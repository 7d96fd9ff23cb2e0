import { issuedToken, type Me, me, person, personList, type Role as AccessRole } from '@assay/contracts';
import { ApiClient, ApiError } from '../api-client.js';
import { BrokenStory, WitnessingClient } from './demo.js';
import type { DemoState, Role } from './demo-state.js';

/** Who plays in the story, and with which roles. The engineer may approve in general, so that only the four-eyes rule can stop her own request. */
const castRoles: Record<Role, readonly AccessRole[]> = {
  admin: ['admin'],
  engineer: ['contributor', 'approver'],
  approver: ['approver'],
};

export interface CastMember {
  readonly id: string;
  readonly client: WitnessingClient;
}

export interface Stage {
  readonly server: string;
  readonly request: typeof fetch;
  readonly state: DemoState;
  readonly setUpSecret: string | null;
  readonly witness: (auditIds: readonly string[]) => void;
}

/** Signs everybody in; the first time, the set-up makes the administrator, and she adds the others. */
export async function gatherCast(stage: Stage): Promise<Record<Role, CastMember>> {
  const { state, setUpSecret } = stage;
  if (setUpSecret !== null) {
    const { email, name, password } = state.person('admin');
    const { body } = await new ApiClient(stage.server, null, stage.request).post('/api/v1/setup', issuedToken, {
      secret: setUpSecret,
      email,
      name,
      password,
    });
    state.keepToken('admin', body.token);
  }
  const admin = await signIn(stage, 'admin');
  const { people } = await admin.client.get('/api/v1/people', personList);
  for (const role of ['engineer', 'approver'] as const) {
    const { email, name, password } = state.person(role);
    if (people.some((one) => one.email === email)) continue;
    // What the administrator knows signs nothing: each chooses a password of their own.
    const given = `${password} given`;
    await admin.client.post('/api/v1/people', person, { email, name, password: given, roles: castRoles[role] });
    const anonymous = new ApiClient(stage.server, null, stage.request);
    const { body } = await anonymous.post('/api/v1/sessions', issuedToken, { email, password: given });
    const own = new WitnessingClient(stage.server, body.token, stage.request, stage.witness);
    await own.post('/api/v1/me/password', person, { password: given, newPassword: password });
  }
  return { admin, engineer: await signIn(stage, 'engineer'), approver: await signIn(stage, 'approver') };
}

async function signIn(stage: Stage, role: Role): Promise<CastMember> {
  const { email, password, token } = stage.state.person(role);
  const clientWith = (credential: string): WitnessingClient =>
    new WitnessingClient(stage.server, credential, stage.request, stage.witness);
  if (token !== null) {
    const kept = clientWith(token);
    const who = await whoIs(kept);
    if (who !== null) return { id: who.id, client: kept };
  }
  const { body } = await new ApiClient(stage.server, null, stage.request).post('/api/v1/sessions', issuedToken, {
    email,
    password,
  });
  stage.state.keepToken(role, body.token);
  const client = clientWith(body.token);
  const who = await whoIs(client);
  if (who === null) throw new BrokenStory(`${email} signed in, but the server does not know the token it gave.`);
  return { id: who.id, client };
}

/** Null where the kept token has expired. */
async function whoIs(client: ApiClient): Promise<Me | null> {
  try {
    return await client.get('/api/v1/me', me);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
