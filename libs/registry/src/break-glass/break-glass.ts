export interface Review {
  readonly by: string;
  readonly at: Date;
  readonly verdict: 'justified' | 'unjustified';
  readonly comment: string;
  readonly credential: 'password' | 'token' | 'oidc';
}

/** A guarded pointer that was moved at once. */
export interface BreakGlassRecord {
  readonly id: string;
  readonly workspace: string;
  readonly modelId: string;
  readonly model: string;
  readonly pointer: string;
  readonly version: number;
  readonly from: number | null;
  readonly policies: readonly { readonly id: string; readonly name: string; readonly version: number }[];
  readonly reason: string;
  readonly brokenBy: string;
  readonly brokenAt: Date;
  readonly expiresAt: Date;
  readonly reviewDueAt: Date;
  readonly reviewRoles: readonly string[];
  readonly review: Review | null;
}

/** Whether a review is missing although its time, or that of the emergency, is over. */
export function isOverdue(
  { review, reviewDueAt, expiresAt }: Pick<BreakGlassRecord, 'review' | 'reviewDueAt' | 'expiresAt'>,
  now: Date,
): boolean {
  return review === null && now >= (reviewDueAt < expiresAt ? reviewDueAt : expiresAt);
}
