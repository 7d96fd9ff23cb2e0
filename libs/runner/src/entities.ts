import { AttemptEntity, AttemptStatusEntity } from './attempts/attempt.entity.js';
import { JobLogEntity } from './jobs/job-log.entity.js';
import { JobEntity } from './jobs/job.entity.js';
import { RunnerEventCursor, TriggerEntity } from './triggers/trigger.entity.js';

/** Every table of the runner's schema. */
export const runnerEntities = [
  JobEntity,
  JobLogEntity,
  AttemptEntity,
  AttemptStatusEntity,
  TriggerEntity,
  RunnerEventCursor,
] as const;
