import {
  type IssuedToken,
  type OidcExchangeRequest,
  type OidcStartRequest,
  type SigningProof,
  issuedToken,
  oidcCallbackRequest,
  oidcExchangeRequest,
  oidcStartRequest,
  signingProof,
} from '@assay/contracts';
import { acrossWorkspaces } from '@assay/platform/database';
import { Endpoint, Input, RawReply, RawRequest } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FinishSignIn } from './finish-sign-in.js';
import { OidcClient } from './oidc-client.js';
import { RedeemCode } from './redeem-code.js';
import { StartSignIn } from './start-sign-in.js';

/** Signing in at a provider of OpenID Connect. */
@Controller()
export class OidcController {
  constructor(
    private readonly client: OidcClient,
    private readonly start: StartSignIn,
    private readonly finish: FinishSignIn,
    private readonly redeem: RedeemCode,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/oidc/start',
    permission: 'public',
    summary: 'Go to the provider to sign in (302)',
    request: oidcStartRequest,
    produces: 'text/plain',
  })
  async begin(@Input() input: OidcStartRequest, @RawReply() reply: FastifyReply): Promise<void> {
    const { location, browserSecret, seconds } = await acrossWorkspaces(() => this.start.execute(input));
    await reply
      .header('set-cookie', this.cookie(browserSecret, seconds))
      .header('cache-control', 'no-store')
      .redirect(location, 302);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/oidc/callback',
    permission: 'public',
    summary: 'Come back from the provider: a token, or the way back to the command line (302)',
    request: oidcCallbackRequest,
  })
  async end(
    @Input() input: { state: string },
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const secret = cookieIn(request.headers.cookie, this.cookieName()) ?? '';
    const finished = await acrossWorkspaces(() => this.finish.execute(queryOf(request.url), input.state, secret));
    void reply.header('set-cookie', this.cookie('', 0)).header('cache-control', 'no-store');
    if ('location' in finished) await reply.redirect(finished.location, 302);
    else await reply.status(200).send(issuedToken.parse(finished.session));
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/oidc/sessions',
    permission: 'public',
    summary: 'Redeem the code of a sign-in that a command line started',
    request: oidcExchangeRequest,
    response: issuedToken,
    status: 201,
  })
  session(@Input() input: OidcExchangeRequest): Promise<IssuedToken> {
    return acrossWorkspaces(() => this.redeem.session(input));
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/oidc/proofs',
    permission: 'public',
    summary: 'Redeem the code of a fresh sign-in for a proof that signs one decision',
    request: oidcExchangeRequest,
    response: signingProof,
    status: 201,
  })
  proof(@Input() input: OidcExchangeRequest): Promise<SigningProof> {
    return acrossWorkspaces(() => this.redeem.proof(input));
  }

  /** `__Host-` where the browser takes it: over https, for the whole of this host and no other. */
  private cookieName(): string {
    return this.client.redirectUrl().protocol === 'https:' ? '__Host-assay-oidc' : 'assay-oidc';
  }

  private cookie(value: string, seconds: number): string {
    const name = this.cookieName();
    return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${name.startsWith('__Host-') ? '; Secure' : ''}`;
  }
}

function cookieIn(header: string | undefined, name: string): string | null {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
}
