import type { OidcConfig } from '@assay/platform/config';
import { AppError } from '@assay/platform/http';
import { z } from 'zod';
import type { OidcClaims } from './oidc-client.js';

const address = z
  .string()
  .max(254)
  .pipe(z.email())
  .transform((text) => text.toLowerCase());
const groupName = z.string().trim().min(1).max(200);
const groupLimit = 1000;

/** The address that the provider itself has verified, or null. */
export function verifiedEmailIn(claims: OidcClaims): string | null {
  if (claims['email_verified'] !== true) return null;
  return address.safeParse(claims['email']).data ?? null;
}

/** What to call somebody: their name where the provider says it, else their address. */
export function nameIn(claims: OidcClaims, email: string): string {
  return z.string().trim().min(1).max(200).safeParse(claims['name']).data ?? email;
}

/** Groups of a claim; a claim that is missing, or no list of names, puts a person into none. */
export function groupsIn(claims: OidcClaims, claim: string): string[] {
  const given = claims[claim];
  const names: unknown[] = Array.isArray(given) ? given : typeof given === 'string' ? [given] : [];
  const valid = names.flatMap((name) => groupName.safeParse(name).data ?? []);
  return [...new Set(valid)].toSorted().slice(0, groupLimit);
}

/**
 * Whether whom the provider vouches for may come in at all.
 * @throws {AppError} for another tenant, or an address outside the allowed domains.
 */
export function requireAllowed({ tenant, emailDomains }: OidcConfig, claims: OidcClaims): void {
  if (tenant !== null && claims['tid'] !== tenant)
    throw new AppError('PERMISSION_DENIED', 'Your account is of another organisation: sign in with one of ours.');
  if (emailDomains.length === 0) return;
  const email = verifiedEmailIn(claims);
  if (email === null || !emailDomains.includes(email.slice(email.lastIndexOf('@') + 1)))
    throw new AppError(
      'PERMISSION_DENIED',
      'Only verified addresses of our own domains are let in: sign in with one of those.',
    );
}
