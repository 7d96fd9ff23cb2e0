import { spawnSync } from 'node:child_process';
import { jobMachine } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { gpuNames, thisMachine } from './machine.js';

describe('the machine of an attempt', () => {
  it('is described in the form that a job records', () => {
    expect(jobMachine.parse(thisMachine())).toMatchObject({ node: process.version });
  });

  it('names exactly the GPUs that the driver lists, none where there is no driver', () => {
    const listed = spawnSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { encoding: 'utf8' });
    const count = listed.status === 0 ? listed.stdout.trim().split('\n').length : 0;
    expect(gpuNames()).toHaveLength(count);
  });
});
