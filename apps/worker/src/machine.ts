import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, hostname, totalmem } from 'node:os';
import type { JobMachine } from '@assay/contracts';

/** What this attempt runs on, as the operating system and the GPU driver tell it. */
export function thisMachine(): JobMachine {
  const processors = cpus();
  return {
    host: hostname(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: Math.max(1, processors.length),
    memoryBytes: totalmem(),
    gpus: gpuNames(),
    node: process.version,
  };
}

/** Names of the NVIDIA GPUs, from the driver's own files, else from its command; none where neither is there. */
export function gpuNames(): string[] {
  const folder = '/proc/driver/nvidia/gpus';
  if (existsSync(folder)) {
    const names = readdirSync(folder).map((gpu) =>
      /^Model:\s*(.+)$/m.exec(readFileSync(`${folder}/${gpu}/information`, 'utf8'))?.[1]?.trim(),
    );
    const known = names.filter((name) => name !== undefined);
    if (known.length > 0) return known;
  }
  try {
    const listed = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return listed
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch {
    return []; // no driver on this machine
  }
}
