import { AsyncLocalStorage } from 'node:async_hooks';

/** Throws where the caller of a request may write no more; asked inside each of its transactions. */
export type Fence = (tx: { query(sql: string, parameters?: unknown[]): Promise<unknown[]> }) => Promise<void>;

/** What belongs to one request and is needed far from its controller: log lines and audit records carry the id. */
export interface RequestContext {
  readonly requestId: string;
  readonly sourceAddress: string;
  /** Ids of the audit records written so far; answered as `Assay-Audit-Id`. */
  readonly auditIds: string[];
  /** Which workspace the caller acts in. Set by the guard, once the caller is known. */
  workspace?: string;
  /** Set by the guard for jobs. */
  fence?: Fence;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();
