import { z } from 'zod';

const base64url = /^[A-Za-z0-9_-]+$/;

/** Where a command line on the person's own machine listens (RFC 8252, 7.3): an address, not a name, and one path. */
const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}\/callback$/;

const code = z.string().min(1).max(200).describe('The one-time code that came back to the loopback address.');
const codeVerifier = z
  .string()
  .min(43)
  .max(128)
  .regex(/^[A-Za-z0-9._~-]+$/, 'it has letters that no PKCE verifier has')
  .describe('What the challenge was made of (RFC 7636).');

export const oidcStartRequest = z
  .object({
    purpose: z
      .enum(['session', 'proof'])
      .default('session')
      .describe('`session` signs you in; `proof` has you sign in anew, to sign a decision with.'),
    redirectUri: z
      .string()
      .max(64)
      .regex(loopback, 'only http://127.0.0.1:PORT/callback or http://[::1]:PORT/callback is sent back to')
      .optional()
      .describe('Where the command line listens. Without it the callback answers the token itself.'),
    codeChallenge: z
      .string()
      .length(43)
      .regex(base64url, 'it is no base64url')
      .optional()
      .describe('SHA-256 of the code verifier in base64url, with `redirectUri` (RFC 7636, S256).'),
    state: z
      .string()
      .min(1)
      .max(200)
      .regex(base64url, 'it is no base64url')
      .optional()
      .describe('Given back to the loopback address, so that it knows its own.'),
  })
  .refine((start) => (start.redirectUri === undefined) === (start.codeChallenge === undefined), {
    path: ['codeChallenge'],
    message: 'redirectUri and codeChallenge go together',
  })
  .refine((start) => start.purpose === 'session' || start.redirectUri !== undefined, {
    path: ['redirectUri'],
    message: 'a proof is sent to a loopback address only',
  })
  .meta({ id: 'OidcStartRequest' });

export const oidcCallbackRequest = z
  .looseObject({
    state: z.string().min(1).max(200).describe('The state that the provider was given.'),
    code: z.string().min(1).max(4000).optional().describe('The authorization code.'),
    error: z.string().max(200).optional().describe('Why the provider refused.'),
  })
  .meta({ id: 'OidcCallbackRequest' });

export const oidcExchangeRequest = z.object({ code, codeVerifier }).meta({ id: 'OidcExchangeRequest' });

export const signingProof = z
  .object({
    proof: z.string().describe('Signs one decision, as `credential: { proof }`.'),
    expiresAt: z.iso.datetime().describe('From then on it is refused.'),
  })
  .meta({ id: 'SigningProof' });

export type OidcStartRequest = z.infer<typeof oidcStartRequest>;
export type OidcExchangeRequest = z.infer<typeof oidcExchangeRequest>;
export type SigningProof = z.infer<typeof signingProof>;
