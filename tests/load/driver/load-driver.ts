import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { DriverMessage, Outcome, Plan } from './plan.js';

/** The bench's end of the driver process. */
export class LoadDriver {
  private readonly child: ChildProcess;

  constructor() {
    this.child = fork(join(import.meta.dirname, 'driver.js'), [], { serialization: 'advanced' });
  }

  /** Runs one window of load. `opened` is called when its measured part begins. */
  async run(plan: Plan, opened: () => void = () => undefined): Promise<Outcome> {
    return new Promise<Outcome>((done, failed) => {
      const finish = (): void => {
        this.child.off('message', hear);
        this.child.off('exit', die);
      };
      const hear = (message: DriverMessage): void => {
        if (message.type === 'opened') return opened();
        finish();
        if (message.type === 'done') done(message.outcome);
        else failed(new Error(`the load driver failed: ${message.reason}`));
      };
      const die = (): void => {
        finish();
        failed(new Error('the load driver ended'));
      };
      this.child.on('message', hear);
      this.child.once('exit', die);
      this.child.send(plan);
    });
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
