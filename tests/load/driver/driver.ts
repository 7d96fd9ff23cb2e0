import type { DriverMessage, Plan } from './plan.js';
import { Window } from './window.js';

// The process that makes the load, so that its CPU time is not the servers'. One window at a time; it ends with its parent.
function tell(message: DriverMessage): void {
  process.send?.(message);
}

process.on('message', (plan: Plan) => {
  new Window(plan)
    .run(() => tell({ type: 'opened' }))
    .then(
      (outcome) => tell({ type: 'done', outcome }),
      (error: unknown) =>
        tell({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined); // the bench says when
