import { readEnvironment } from './config.js';
import { exitCodes } from './exit-codes.js';
import { processContext, runProgram } from './program.js';

process.once('SIGINT', () => {
  process.stderr.write('\n');
  process.exit(exitCodes.interrupted);
});
// `assay … | head` closes the pipe: that is no error of ours.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(exitCodes.ok);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), processContext(readEnvironment()));
