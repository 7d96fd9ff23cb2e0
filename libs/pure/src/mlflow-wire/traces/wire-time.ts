import { z } from 'zod';
import { parameterError, ruleError } from '../parameter-error.js';

const timeForm = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;
const durationForm = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** Milliseconds since 1970 of protobuf's JSON form of a time, cut below the millisecond; null for any other text. */
export function readWireTime(text: string): number | null {
  const match = timeForm.exec(text);
  if (match === null) return null;
  const [, seconds = '', fraction = '', zone = ''] = match;
  const time = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(time) ? null : time + Number(fraction.padEnd(3, '0').slice(0, 3));
}

/** A time in protobuf's JSON form: `2026-01-02T03:04:05.678Z`, without a fraction where there is none. */
export function writeWireTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** Milliseconds of protobuf's JSON form of a duration, such as `1.5s`; null for any other text. */
export function readWireDuration(text: string): number | null {
  const match = durationForm.exec(text);
  if (match === null) return null;
  const [, sign, seconds = '', fraction = ''] = match;
  const ms = Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return sign === '-' ? -ms : ms;
}

/** A duration in protobuf's JSON form: `0.105s`, `9s`. */
export function writeWireDuration(ms: number): string {
  const whole = Math.abs(ms);
  const fraction = whole % 1000 === 0 ? '' : `.${String(whole % 1000).padStart(3, '0')}`;
  return `${ms < 0 ? '-' : ''}${Math.floor(whole / 1000)}${fraction}s`;
}

/** A time given as protobuf's JSON does. */
export const wireTime = z
  .string({ error: parameterError })
  .refine((text) => readWireTime(text) !== null, {
    error: ruleError('it must be a time such as "2026-01-02T03:04:05.678Z".'),
  })
  .transform((text) => readWireTime(text) ?? 0);

/** A duration given as protobuf's JSON does. */
export const wireDuration = z
  .string({ error: parameterError })
  .refine((text) => readWireDuration(text) !== null, {
    error: ruleError('it must be a number of seconds such as "1.5s".'),
  })
  .transform((text) => readWireDuration(text) ?? 0);
