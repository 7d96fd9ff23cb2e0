import { AsyncLocalStorage } from 'node:async_hooks';
import { type RequestContext, requestContext } from '../telemetry/index.js';

/** What a connection is told where work belongs to no single workspace. No workspace can have this name. */
const every = '*';

/** Whose rows may be seen, by whose word: what is said within a request holds for that request alone, and for no other that begins within it. */
interface Declaration {
  readonly scope: string | undefined;
  readonly request: RequestContext | undefined;
}

const declared = new AsyncLocalStorage<Declaration>();

function declare<T>(scope: string | undefined, work: () => T): T {
  return declared.run({ scope, request: requestContext.getStore() }, work);
}

/**
 * Runs work of one workspace: Postgres shows its connections that workspace's rows alone, whatever a statement asks for (docs/adr/0021). Requests
 * of a known caller are run so by themselves, in the workspace that the caller acts in.
 */
export function inWorkspace<T>(workspace: string, work: () => T): T {
  if (workspace === '' || workspace === every) throw new Error(`"${workspace}" is no workspace`);
  return declare(workspace, work);
}

/** Runs work that belongs to no single workspace: the background's, and what is asked before a caller is known. It sees every row. */
export function acrossWorkspaces<T>(work: () => T): T {
  return declare(every, work);
}

/** Whose rows may be seen here, as `withScope` takes it; undefined where nobody has said. */
export function currentScope(): string | undefined {
  const request = requestContext.getStore();
  const said = declared.getStore();
  return said !== undefined && said.request === request ? said.scope : request?.workspace;
}

/** Runs work that several requests of one workspace wait for: as part of none of them, but seeing what they see. */
export function ofNoRequest<T>(work: () => T): T {
  return withScope(currentScope(), work);
}

/** Runs work under a scope that was noted elsewhere, and as part of no request. */
export function withScope<T>(scope: string | undefined, work: () => T): T {
  return requestContext.exit(() => declare(scope, work));
}

/** What `declareScope` needs of a client of `pg`. */
interface Client {
  query(query: { name: string; text: string; values: unknown[] }): Promise<unknown>;
}

const setting = { name: 'declare-workspace', text: `select set_config('assay.workspace', $1, false)` };
const told = new WeakMap<Client, string>();

/**
 * Tells a connection whose rows it may see, where that is not what it was told last: it changes hands between workspaces, and between their
 * requests and the background. To be called outside a transaction, whose rollback would take it back.
 * @throws where nobody has said whose work this is: a forgotten declaration must not read as an empty table.
 */
export async function declareScope(client: Client): Promise<void> {
  const scope = currentScope();
  if (scope === undefined)
    throw new Error(
      'this work says no workspace: it needs a known caller, or inWorkspace or acrossWorkspaces around it',
    );
  if (told.get(client) === scope) return;
  told.delete(client);
  await client.query({ ...setting, values: [scope] });
  told.set(client, scope);
}
