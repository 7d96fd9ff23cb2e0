import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

export interface ProviderAccount {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** Changes the claims of the ID token that the provider is about to answer; it is signed again, with the provider's own key unless said. */
export type Tamper = (claims: JWTPayload) => JWTPayload | Promise<JWTPayload>;

const clientSecret = 'a-secret-of-the-test-client-that-is-long-enough';

/** A certified OpenID provider on loopback, which signs in whoever is said to sit at the browser. */
export class TestProvider {
  readonly clientId = 'assay';
  readonly clientSecret = clientSecret;
  account: ProviderAccount = { sub: 'nobody' };
  /** Seconds that the person's authentication lies back. */
  authenticatedAgo = 0;
  tamper: Tamper | null = null;
  /** Sign tampered tokens with a key that the provider doesn't publish. */
  foreignKey = false;
  /** Answer the token endpoint with 503. */
  failing = false;
  private server: Server | null = null;
  private issuerUrl = '';

  get issuer(): string {
    return this.issuerUrl;
  }

  /** @param redirectUri of the platform under test. */
  async listen(redirectUri: () => string): Promise<this> {
    const server = createServer((request, response) => {
      void this.handle(request, response, redirectUri).catch(() => response.writeHead(500).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the provider has no port');
    this.server = server;
    this.issuerUrl = `http://127.0.0.1:${(address satisfies AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private provider: Promise<Provider> | null = null;

  private async handle(request: IncomingMessage, response: ServerResponse, redirectUri: () => string): Promise<void> {
    this.provider ??= this.build(redirectUri());
    const provider = await this.provider;
    if (!request.url?.startsWith('/interaction/')) {
      await provider.callback()(request, response);
      return;
    }
    const login = {
      accountId: this.account.sub,
      ts: Math.floor(Date.now() / 1000) - this.authenticatedAgo,
    };
    await provider.interactionFinished(request, response, { login });
  }

  private async build(redirectUri: string): Promise<Provider> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const foreign = await generateKeyPair('RS256', { extractable: true });
    const provider = new Provider(this.issuerUrl, {
      clients: [
        {
          client_id: this.clientId,
          client_secret: clientSecret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'test', alg: 'RS256', use: 'sig' }] },
      cookies: { keys: ['a key of the test'] },
      claims: { openid: ['sub', 'groups', 'tid'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => this.account }),
      loadExistingGrant: async (context) => {
        const { client, session } = context.oidc;
        if (client === undefined || session?.accountId === undefined) return undefined;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
    });
    provider.use(async (context, next) => {
      if (context.path === '/token' && this.failing) {
        context.status = 503;
        return;
      }
      await next();
      const body: unknown = context.body;
      if (context.path !== '/token' || this.tamper === null || typeof body !== 'object' || body === null) return;
      const { id_token: idToken }: { id_token?: unknown } = body;
      if (typeof idToken !== 'string') return;
      const claims: JWTPayload = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
      const signed = await new SignJWT(await this.tamper(claims))
        .setProtectedHeader({ alg: 'RS256', kid: 'test' })
        .sign(this.foreignKey ? foreign.privateKey : privateKey);
      context.body = { ...body, id_token: signed };
    });
    return provider;
  }
}
