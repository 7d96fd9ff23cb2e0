import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** The one source of the current time; tests bind their own. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

/** A new id: UUIDv7 (RFC 9562), so ids made later sort later. */
export function newId(): string {
  return v7();
}
