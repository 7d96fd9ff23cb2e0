import { type Role, roles } from '@assay/contracts';
import { z } from 'zod';

const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');
const text = z.string().default('');
const list = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const roleMap = z.record(z.string().min(1), z.array(z.enum(roles)));

/** Settings of signing in at a provider of OpenID Connect. None of them counts without an issuer. */
export const oidcSettings = {
  ASSAY_OIDC_ISSUER: text
    .refine((url) => url === '' || isIssuer(url), 'it is no https address, nor http on this machine')
    .describe('Issuer of the OpenID Connect provider that people sign in at, https://… Empty: passwords only.'),
  ASSAY_OIDC_CLIENT_ID: text.describe('Client id that the provider knows this installation by.'),
  ASSAY_OIDC_CLIENT_SECRET: text.describe('Client secret for it.'),
  ASSAY_OIDC_REDIRECT_URL: text.describe(
    'Where the provider sends people back to, https://HOST/api/v1/oidc/callback. Empty: the address that this process listens on.',
  ),
  ASSAY_OIDC_SCOPES: z.string().default('openid profile email').describe('Scopes asked of the provider.'),
  ASSAY_OIDC_GROUPS_CLAIM: z.string().min(1).default('groups').describe('Claim that lists the groups of a person.'),
  ASSAY_OIDC_EMAIL_DOMAINS: text.describe(
    'Comma-separated domains of verified addresses that are let in. Empty: any that the provider lets in.',
  ),
  ASSAY_OIDC_TENANT: text.describe('Tenant (claim "tid") that is let in. Empty: any.'),
  ASSAY_OIDC_WORKSPACE: z.string().min(1).default('default').describe('Workspace of the groups and roles from claims.'),
  ASSAY_OIDC_GROUP_ROLES: text
    .transform((value, context) => {
      const parsed = roleMap.safeParse(value === '' ? {} : json(value));
      if (parsed.success) return parsed.data;
      context.addIssue('it is no JSON object of lists of roles, as {"risk":["approver"]}');
      return z.NEVER;
    })
    .describe('JSON object from group to roles that its members hold while they are in it, {"risk":["approver"]}.'),
  ASSAY_OIDC_PROVISION: flag
    .default(false)
    .describe('1: whom the provider vouches for and nobody added gets an account at the first sign-in.'),
  ASSAY_OIDC_LINK_VERIFIED_EMAIL: flag
    .default(false)
    .describe('1: a verified address of the provider stands for the account with that address.'),
};

type Values = { [Name in keyof typeof oidcSettings]: z.infer<(typeof oidcSettings)[Name]> };

export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUrl: string | null;
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly emailDomains: readonly string[];
  readonly tenant: string | null;
  readonly workspace: string;
  readonly groupRoles: Readonly<Record<string, readonly Role[]>>;
  readonly provision: boolean;
  readonly linkVerifiedEmail: boolean;
}

/** Null where nobody signs in at a provider. */
export function oidcConfig(v: Values): OidcConfig | null {
  if (v.ASSAY_OIDC_ISSUER === '') return null;
  return {
    issuer: v.ASSAY_OIDC_ISSUER,
    clientId: v.ASSAY_OIDC_CLIENT_ID,
    clientSecret: v.ASSAY_OIDC_CLIENT_SECRET,
    redirectUrl: v.ASSAY_OIDC_REDIRECT_URL || null,
    scopes: v.ASSAY_OIDC_SCOPES,
    groupsClaim: v.ASSAY_OIDC_GROUPS_CLAIM,
    emailDomains: list(v.ASSAY_OIDC_EMAIL_DOMAINS.toLowerCase()),
    tenant: v.ASSAY_OIDC_TENANT || null,
    workspace: v.ASSAY_OIDC_WORKSPACE,
    groupRoles: v.ASSAY_OIDC_GROUP_ROLES,
    provision: v.ASSAY_OIDC_PROVISION,
    linkVerifiedEmail: v.ASSAY_OIDC_LINK_VERIFIED_EMAIL,
  };
}

function isIssuer(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return null; // refused by the schema, which says what it wants
  }
}
