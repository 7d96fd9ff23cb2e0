import { AppError } from '@assay/platform/http';

/** What a webhook may be sent to. */
export interface TargetRules {
  /** Plain http and private addresses too: for tests and closed networks. */
  readonly allowPrivate: boolean;
}

/**
 * Parses a webhook's URL, with MLflow's sentences for what its clients know.
 * @throws {AppError} INVALID_PARAMETER_VALUE for another scheme, credentials, or no host.
 */
export function parseTarget(text: string, { allowPrivate }: TargetRules): URL {
  if (text.trim() === '') throw refused(`Webhook URL cannot be empty or just whitespace: '${text}'`);
  const schemes = allowPrivate ? ['http', 'https'] : ['https'];
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (!schemes.includes(scheme))
    throw refused(`Invalid webhook URL scheme: '${scheme}'. Allowed schemes are: ${schemes.join(', ')}.`);
  if (!/^[a-z]+:\/\/[^/?#]/i.test(text)) throw refused(`Webhook URL must include a hostname: '${text}'`);
  if (/[\p{Cc}\s\\]/u.test(text) || !URL.canParse(text))
    throw refused(`Invalid webhook URL '${text}': it is no address of the form https://host/path.`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw refused('A webhook URL must not hold a user name or password: use a secret, and check the signature.');
  if (url.hash !== '') throw refused('A webhook URL must not hold a fragment (#): it would never be sent.');
  if (url.port === '0') throw refused(`Invalid webhook URL '${text}': there is no port 0.`);
  return url;
}

/** A URL's host as it is connected to: without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function refused(sentence: string): AppError {
  return new AppError('INVALID_PARAMETER_VALUE', sentence);
}
