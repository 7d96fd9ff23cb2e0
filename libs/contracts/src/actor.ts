import type { ModelGrant } from './model-grants.js';
import { type Permission, type Role, defaultWorkspace } from './permissions.js';

/** Who asks: resolved once per request by the guard, then handed down explicitly to every use case. */
export interface Actor {
  readonly id: string;
  readonly kind: 'person' | 'service' | 'job' | 'local' | 'system';
  /** For people to read; personal, so it never enters an audit leaf. */
  readonly name: string;
  readonly workspace: string;
  readonly roles: readonly Role[];
  /** Names of the groups of the workspace that a person is in; empty for everybody else. */
  readonly groups: readonly string[];
  readonly permissions: readonly Permission[];
  /** Grants on models by name that bear on the caller; `mayOnModel` decides by them. */
  readonly modelGrants?: readonly ModelGrant[];
  /** What the token used is narrowed to; none for one that may all that its holder may. `permissions` is within it. */
  readonly scopes?: readonly Permission[];
  /** Signed in by a password that somebody else knows: decides nothing until its owner has chosen another. */
  readonly provisional?: true;
  readonly tokenId?: string;
  /** The person or service in whose name a job acts. */
  readonly onBehalfOf?: string;
  readonly job?: {
    readonly jobId: string;
    readonly epoch: number;
    readonly runId: string | null;
    readonly recipe: string;
  };
}

/** The platform itself, for example at start or in a sweep. */
export const systemActor: Actor = {
  id: 'system',
  kind: 'system',
  name: 'the platform',
  workspace: defaultWorkspace,
  roles: [],
  groups: [],
  permissions: [],
};
