/**
 * What the queue carries ids for, named after the service that works on them. A message is only a wake-up: the truth lies in
 * that service's tables, and its reconciler enqueues again whatever a lost message leaves waiting.
 */
export const queueTopics = [
  /** Id of a job that may be admitted now. */
  'runner.dispatch',
  /** New audit records were sequenced: the runner's triggers look at them. */
  'runner.events',
  /** New audit records were sequenced: gates and webhooks of the registry look at them. */
  'registry.events',
  /** Id of a promotion request whose gates may be evaluated now. */
  'registry.checks',
  /** New audit records were sequenced: the drift monitor looks at them. */
  'drift.events',
  /** Id of a monitor that may have a complete window. */
  'drift.windows',
  /** The inbox holds records that wait to be sequenced. */
  'audit.sequence',
] as const;

export type QueueTopic = (typeof queueTopics)[number];
