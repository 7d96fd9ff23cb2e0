import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deliveryHeaders, isUsableSecret } from './signatures.js';

const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1_614_265_330, body: '{"test": 2432232314}' };

describe('the headers of a delivery', () => {
  it('carry the signature of the published test vector of Standard Webhooks', () => {
    const headers = deliveryHeaders(message, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    expect(headers).toMatchObject({ 'webhook-id': message.id, 'webhook-timestamp': '1614265330' });
  });

  it('carry MLflow’s signature of the same text, under the secret as it is written', () => {
    const headers = deliveryHeaders(message, 'my secret');
    const text = `${message.id}.1614265330.${message.body}`;
    const expected = `v1,${createHmac('sha256', 'my secret').update(text).digest('base64')}`;
    expect(headers['X-MLflow-Signature']).toBe(expected);
    expect(headers['webhook-signature']).toBe(expected);
    expect(headers).toMatchObject({ 'X-MLflow-Delivery-Id': message.id, 'X-MLflow-Timestamp': '1614265330' });
  });

  it('carry no signature without a secret', () => {
    const headers = deliveryHeaders(message, null);
    expect(Object.keys(headers).filter((name) => /signature/i.test(name))).toEqual([]);
  });
});

describe('a secret is usable', () => {
  it.each([
    ['anything', true],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', true],
    ['whsec_', false],
    ['whsec_short', false],
    ['whsec_not base64 at all, but long enough', false],
    [`whsec_${Buffer.alloc(65, 1).toString('base64')}`, false],
  ])('%s: %s', (secret, usable) => expect(isUsableSecret(secret)).toBe(usable));
});
