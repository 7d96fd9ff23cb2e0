import { AsyncLocalStorage } from 'node:async_hooks';

/** What belongs to one request and is needed far from its controller: log lines and audit records carry the id. */
export interface RequestContext {
  readonly requestId: string;
  readonly sourceAddress: string;
  /** Ids of the audit records written so far; answered as `Assay-Audit-Id`. */
  readonly auditIds: string[];
}

export const requestContext = new AsyncLocalStorage<RequestContext>();
