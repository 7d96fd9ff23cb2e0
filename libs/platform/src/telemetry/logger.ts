import { type LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import { requestContext } from './request-context.js';

const secrets = ['password', 'token', 'secret', 'authorization'];
/** What a statement of the database was given, and the row that it failed on: texts of people, hashes of passwords. */
const rowsInErrors = ['parameters', 'detail', 'driverError'];

/** The process's log: JSON lines on stderr, each with the id of the request it belongs to. Never logs a header or a body. */
export function createLogger(level: string, service: string): Logger {
  return pino(
    {
      level,
      base: { service },
      redact: [...secrets, ...secrets.map((name) => `*.${name}`), ...rowsInErrors.map((name) => `err.${name}`)],
      mixin: () => {
        const context = requestContext.getStore();
        return context ? { requestId: context.requestId } : {};
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Nest's own lines in the same log. Its start-up chatter goes to `debug`. */
export function nestLogger(log: Logger): LoggerService {
  const text = (value: unknown): string =>
    value instanceof Error ? (value.stack ?? value.message) : typeof value === 'string' ? value : JSON.stringify(value);
  return {
    log: (message: unknown) => log.debug(text(message)),
    warn: (message: unknown) => log.warn(text(message)),
    error: (message: unknown, detail?: unknown) =>
      log.error({ detail: detail === undefined ? undefined : text(detail) }, text(message)),
    fatal: (message: unknown) => log.fatal(text(message)),
    debug: (message: unknown) => log.debug(text(message)),
    verbose: (message: unknown) => log.trace(text(message)),
  };
}
