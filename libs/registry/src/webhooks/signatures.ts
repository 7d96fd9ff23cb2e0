import { createHmac } from 'node:crypto';

const standardPrefix = 'whsec_';

export interface SignedMessage {
  readonly id: string;
  /** When this attempt is made, in whole seconds. */
  readonly seconds: number;
  readonly body: string;
}

/**
 * The headers of a delivery, in MLflow's form and in that of Standard Webhooks 1.0 (standardwebhooks.com), which sign the same text:
 * `id.timestamp.body`, HMAC-SHA256. MLflow's key is the secret's text; the standard's is what stands in base64 behind `whsec_`, or the secret's
 * text where it has no such prefix. Without a secret nothing is signed. While a secret is being replaced the standard's header holds a
 * signature by each; MLflow's has room for one.
 */
export function deliveryHeaders(
  { id, seconds, body }: SignedMessage,
  secret: string | null,
  previous: string | null = null,
): Record<string, string> {
  const timestamp = String(seconds);
  const text = `${id}.${timestamp}.${body}`;
  const headers = {
    'X-MLflow-Delivery-Id': id,
    'X-MLflow-Timestamp': timestamp,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
  };
  if (secret === null) return headers;
  return {
    ...headers,
    'X-MLflow-Signature': sign(Buffer.from(secret), text),
    'webhook-signature': [secret, ...(previous === null ? [] : [previous])]
      .map((each) => sign(standardKey(each), text))
      .join(' '),
  };
}

function standardKey(secret: string): Buffer {
  return secret.startsWith(standardPrefix)
    ? Buffer.from(secret.slice(standardPrefix.length), 'base64')
    : Buffer.from(secret);
}

/** Whether a secret that says it is of Standard Webhooks is one: base64 of 24 to 64 bytes. */
export function isUsableSecret(secret: string): boolean {
  if (!secret.startsWith(standardPrefix)) return true;
  const encoded = secret.slice(standardPrefix.length);
  const { length } = standardKey(secret);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && length >= 24 && length <= 64;
}

function sign(key: Buffer, text: string): string {
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}
