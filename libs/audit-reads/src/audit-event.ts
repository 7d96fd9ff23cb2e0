/** A sequenced audit record, which is also the domain event: its index is its place in the log, dense and final. */
export interface AuditEvent {
  readonly index: number;
  readonly id: string;
  readonly time: Date;
  readonly workspace: string;
  readonly actor: { readonly id: string; readonly kind: string };
  /** The person in whose name the actor acted, where it acted for one. */
  readonly onBehalfOf: string | null;
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string; readonly version: string | null };
  readonly outcome: string;
  /** State before and after as the record tells it; absent if there was none or it was too large to be more than a digest. Parse it before use. */
  readonly before: unknown;
  readonly after: unknown;
  readonly links: Readonly<Record<string, string>>;
}
