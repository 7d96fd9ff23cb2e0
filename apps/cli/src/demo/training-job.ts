import type { submitJobRequest } from '@assay/contracts';
import type { z } from 'zod';
import type { Demo } from './demo.js';
import { story } from './story.js';

interface Training {
  readonly dataset: { name: string; version: number };
  readonly runName: string;
  readonly seed: number;
  readonly register?: string;
  readonly epochs?: number;
  readonly learningRate?: number;
}

/** A training job of the pilot: the same recipe and inputs each time; what differs is the data, the seed and how long it learns. */
export function trainingJob(demo: Demo, { dataset, ...rest }: Training): z.input<typeof submitJobRequest> {
  return {
    recipe: 'tabular',
    inputs: { dataset },
    // Attempts are lost with every kill, and the story must survive many.
    maxAttempts: 10,
    params: {
      experiment: demo.names.experiment,
      target: story.target,
      positive: story.positive,
      exclude: [...story.notInputs],
      epochs: story.epochs,
      patience: story.patience,
      ...rest,
    },
  };
}
