import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's Postgres, as the role that owns the tables. */
    postgresUrl: string;
  }
}
