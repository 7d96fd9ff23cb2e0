/** What `assay` ends with; documented in `assay --help`, so scripts may rely on it. */
export const exitCodes = {
  ok: 0,
  /** A fault of the command line or of the server that nobody expected. */
  failure: 1,
  /** The command was typed wrong. */
  usage: 2,
  /** The server refused: a value is not acceptable, or its state forbids it. */
  refused: 3,
  /** A credential is missing, or it does not allow this. */
  denied: 4,
  notFound: 5,
  /** The question was answered with no: a job failed, a verification found a damage, a gate did not pass. */
  negative: 6,
  /** The server does not answer (EX_UNAVAILABLE). */
  unavailable: 69,
  interrupted: 130,
} as const;

export const exitCodeHelp = `
Exit codes:
  0 done   1 unexpected failure   2 typed wrong   3 refused by the server   4 not signed in, or not allowed
  5 not found   6 the answer is no (a job failed, a log is damaged, a gate did not pass)   69 the server does not answer`;

/** An end with one sentence for the reader and a code for scripts. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failure,
  ) {
    super(message);
  }
}
