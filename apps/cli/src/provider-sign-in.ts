import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type IssuedToken, type SigningProof, issuedToken, signingProof } from '@assay/contracts';
import { ApiClient } from './api-client.js';
import { type CommandContext, remark } from './command-context.js';
import { CliError, exitCodes } from './exit-codes.js';

const waitMs = 600_000;

/** Signs in at the server's OpenID Connect provider, in the browser; the token comes in an answer, never in an address. */
export async function sessionAtProvider(context: CommandContext, server: string): Promise<IssuedToken> {
  const redeemed = await codeFromBrowser(context, server, 'session');
  return (await new ApiClient(server, null, context.request).post('/api/v1/oidc/sessions', issuedToken, redeemed)).body;
}

/** Has the person sign in anew: the proof signs one decision, within minutes. */
export async function proofAtProvider(context: CommandContext, server: string): Promise<SigningProof> {
  const redeemed = await codeFromBrowser(context, server, 'proof');
  return (await new ApiClient(server, null, context.request).post('/api/v1/oidc/proofs', signingProof, redeemed)).body;
}

interface Redeemable {
  readonly code: string;
  readonly codeVerifier: string;
}

/** Native apps' way (RFC 8252): a free port of this machine, a state that the browser brings back, and a verifier that never leaves here. */
async function codeFromBrowser(
  context: CommandContext,
  server: string,
  purpose: 'session' | 'proof',
): Promise<Redeemable> {
  const state = randomBytes(32).toString('base64url');
  const codeVerifier = randomBytes(48).toString('base64url');
  const answered = Promise.withResolvers<string>();
  const listener = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    // Any page can ask this address: only what carries our state is an answer.
    const ours = url.pathname === '/callback' && url.searchParams.get('state') === state;
    const code = ours ? url.searchParams.get('code') : null;
    response.writeHead(ours ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(code === null ? 'This is no sign-in.\n' : 'Signed in: you can close this page.\n');
    if (code !== null) answered.resolve(code);
    else if (ours) answered.reject(new CliError(refusalIn(url), exitCodes.failure));
  });
  const timer = setTimeout(
    () => answered.reject(new CliError('Nobody signed in within ten minutes: start again.', exitCodes.failure)),
    waitMs,
  );
  try {
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('the loopback listener has no port');
    const start = new URL('/api/v1/oidc/start', server);
    start.search = new URLSearchParams({
      purpose,
      redirectUri: `http://127.0.0.1:${address.port}/callback`,
      codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      state,
    }).toString();
    remark(context, `Open this page in a browser on this machine:\n  ${start.href}`);
    return { code: await answered.promise, codeVerifier };
  } finally {
    clearTimeout(timer);
    listener.close();
  }
}

function refusalIn({ searchParams }: URL): string {
  return searchParams.get('error_description') ?? 'The server let nobody in, and gave no reason: start again.';
}
