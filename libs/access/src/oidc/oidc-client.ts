import { Config, type OidcConfig } from '@assay/platform/config';
import { AppError, ListeningAddress } from '@assay/platform/http';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Configuration } from 'openid-client';
import { asRefusal, unreachable } from './oidc-refusals.js';

/** What keeps one sign-in together: sent to the provider now, compared with what it answers later. */
export interface OidcChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** What the provider says of somebody, after every check that OpenID Connect asks for. */
export type OidcClaims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

const timeoutSeconds = 10;
const callbackPath = '/api/v1/oidc/callback';
const rediscoverMs = 3_600_000;

/** The provider of OpenID Connect, spoken to by `openid-client`: authorization code flow with PKCE, state and nonce. */
@Injectable()
export class OidcClient {
  private discovered: { configuration: Configuration; until: number } | null = null;

  constructor(
    private readonly config: Config,
    private readonly address: ListeningAddress,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  /** @throws {AppError} where people sign in by password only. */
  settings(): OidcConfig {
    const { oidc } = this.config;
    if (oidc !== null) return oidc;
    throw new AppError(
      'RESOURCE_DOES_NOT_EXIST',
      'No provider to sign in at is set up here: sign in with a password, or have ASSAY_OIDC_ISSUER set.',
    );
  }

  /** Where the provider sends people back to. */
  redirectUrl(): URL {
    const { redirectUrl } = this.settings();
    const url = redirectUrl ?? (this.address.url === null ? null : `${this.address.url}${callbackPath}`);
    if (url !== null) return new URL(url);
    throw new AppError('TEMPORARILY_UNAVAILABLE', 'The server is starting: try again in a moment.');
  }

  /** The provider's page for a sign-in. `fresh` has the person authenticate anew, however recently they did. */
  async authorizationUrl(checks: OidcChecks, fresh: boolean): Promise<URL> {
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import('openid-client');
    const configuration = await this.configuration();
    return buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUrl().href,
      scope: this.settings().scopes,
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await calculatePKCECodeChallenge(checks.codeVerifier),
      code_challenge_method: 'S256',
      ...(fresh ? { max_age: '0', prompt: 'login' } : {}),
    });
  }

  /**
   * Redeems what the provider sent a person back with. Signature, issuer, audience, times, nonce, state and PKCE are checked.
   * @param query of the callback, as it came.
   * @throws {AppError} in a sentence for the person, whatever is wrong.
   */
  async claims(query: URLSearchParams, checks: OidcChecks): Promise<OidcClaims> {
    const { authorizationCodeGrant } = await import('openid-client');
    const configuration = await this.configuration();
    const url = this.redirectUrl();
    url.search = query.toString();
    try {
      const answer = await authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: checks.codeVerifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
      });
      const claims = answer.claims();
      if (claims === undefined) throw new Error('an answer without an ID token got through');
      return claims;
    } catch (error) {
      throw this.noted(await asRefusal(error), error);
    }
  }

  /** What the provider said stays with the operator: it may name what lies behind it. */
  private noted(refusal: AppError, cause: unknown): AppError {
    if (refusal.code === 'TEMPORARILY_UNAVAILABLE')
      this.log.warn({ err: cause }, 'the OpenID Connect provider does not answer');
    return refusal;
  }

  private async configuration(): Promise<Configuration> {
    const now = performance.now();
    if (this.discovered !== null && this.discovered.until > now) return this.discovered.configuration;
    const { allowInsecureRequests, discovery, enableNonRepudiationChecks } = await import('openid-client');
    const { issuer, clientId, clientSecret } = this.settings();
    const server = new URL(issuer);
    try {
      const configuration = await discovery(server, clientId, clientSecret, undefined, {
        timeout: timeoutSeconds,
        // The settings let http through for this machine only.
        execute: [enableNonRepudiationChecks, ...(server.protocol === 'http:' ? [allowInsecureRequests] : [])],
      });
      this.discovered = { configuration, until: now + rediscoverMs };
      return configuration;
    } catch (error) {
      throw this.noted(unreachable(), error);
    }
  }
}
