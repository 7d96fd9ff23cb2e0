export { defaultQueueTiming, JobQueue, type QueueHandler, type QueueTiming, type WorkOptions } from './job-queue.js';
export { queueSchema } from './pg-boss-job-queue.js';
export { QueueModule, type QueueSettings } from './queue.module.js';
